"""Whether one member of a fusion alone decides its scores, which are then the z-scores of that member."""

from sensorium.fusion.late_fusion import LateFusion


def sole_member(fusion: LateFusion) -> str | None:
    """Return the behaviour model whose z-scores, times its weight, are the scores wherever it can score.

    None if another member counts, or the weight depends on the query or the item. Items that it cannot score
    stand below those that it can.
    """
    heard = [member for member in fusion.config.members if member.is_heard(fusion.kind(member.name))]
    if len(heard) != 1 or fusion.config.second_level is not None:
        return None
    (member,) = heard
    varies = member.weights_by_history or member.factors_by_age or member.weight_without_history is not None
    return member.name if fusion.kind(member.name) == "behaviour" and not varies else None
