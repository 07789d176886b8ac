"""From the scores of one question to the list that answers it."""

from collections.abc import Sequence

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.item_list import ItemList, Reason
from sensorium.core.vocabulary import Vocabulary
from sensorium.ranking.rank import top_k


def best_items(
    scores: FloatMatrix, k: int, eligible: BoolVector, exclude: SparseMatrix | None = None
) -> tuple[IntVector, FloatVector]:
    """Return the best `k` items of the one row of `scores`, and their scores; fewer if there are fewer."""
    if k < 1:
        raise ConfigError(f"k is {k}", remedy="Ask for at least one item")
    indices, values = top_k(scores, k, exclude=exclude, eligible=eligible)
    found = indices[0][indices[0] >= 0]
    return found, values[0][: len(found)]


def item_list(
    items: Vocabulary,
    found: tuple[IntVector, FloatVector],
    path: str,
    reasons: Sequence[tuple[Reason, ...]] = (),
    paths: tuple[str, ...] = (),
) -> ItemList:
    """Return the list of what was `found`, indices and scores, by the ids of `items`."""
    indices, scores = found
    return ItemList(
        item_ids=tuple(items.ids_at(indices)),
        indices=indices,
        scores=scores,
        path=path,
        reasons=tuple(reasons),
        paths=paths,
    )
