"""What colour items of the two-colour catalogue are."""


def colours(answer):
    """Return the colour of each item of `answer`: even items are red (0), odd ones blue (1)."""
    return [int(item_id[1:]) % 2 for item_id in answer.item_ids]
