"""What fitting and judging a model costs, estimated from the size of the data and not from a clock.

Estimates decide how many settings `auto` tries, so that two runs with one seed try the same ones however
busy the machine is. They are meant for two slow cores: most machines are done earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sensorium.models.base import Recommender, TrainingData, ValidationData


@dataclass(frozen=True)
class Size:
    """Everything that costs depend on."""

    n_items: int
    n_users: int
    n_events: int
    n_pairs: int
    """Sum over users of the square of their number of events: products of a sparse item-item matrix."""
    n_met: int
    """Sum over items of the square of their number of events: products of a sparse user-user matrix."""
    n_queries: int
    n_asked: int
    """Events in the histories of all queries."""

    @classmethod
    def of(cls, data: TrainingData, validation: ValidationData | None = None) -> Self:
        """Return the size of `data` and of the queries of `validation`."""
        lengths = np.diff(data.interactions.indptr).astype(np.float64)
        degrees = np.bincount(data.interactions.indices, minlength=1).astype(np.float64)
        asked = 0 if validation is None else validation.queries.history.nnz
        return cls(
            n_items=data.n_items,
            n_users=data.n_users,
            n_events=data.interactions.nnz,
            n_pairs=int((lengths**2).sum()),
            n_met=int((degrees**2).sum()),
            n_queries=0 if validation is None else len(validation),
            n_asked=int(asked),
        )

    def dense_bytes(self) -> int:
        """Return what one dense float32 matrix [n_items, n_items] takes."""
        return 4 * self.n_items**2


def trial_seconds(
    model: type[Recommender[Any]], settings: Mapping[str, Any], size: Size, width: int
) -> float:
    """Return about how long a fit of `model` and its judgement take on two slow cores.

    `width` is the number of columns of its feature block, zero without one.
    """
    return fit_seconds(model, settings, size, width) + _scoring(model, size, width) + JUDGING * _scores(size)


def fit_seconds(model: type[Recommender[Any]], settings: Mapping[str, Any], size: Size, width: int) -> float:
    """Return about how long one fit takes on two slow cores."""
    seconds = FITTING.get(model.name, _by_traits(model))(size)
    if model.traits.block and settings.get("neighbours", 0) is not None:
        seconds += size.n_items**2 * (PRODUCT * width + SELECTING)
    return LEAST + seconds


LEAST = 0.005
"""Seconds that anything takes."""
PRODUCT = 1e-10
"""Seconds of a multiplication in a dense product."""
SPARSE = 1.2e-8
"""Seconds of a multiplication in a product of sparse matrices."""
SPREAD = 1.5e-9
"""Seconds of a multiplication of a sparse with a dense matrix."""
SELECTING = 1.2e-8
"""Seconds for an entry of which the largest are sought."""
JUDGING = 2.5e-8
"""Seconds for a score to be masked and ranked."""
FACTORS = 64
"""Of a low-rank model."""
ROUNDS = 20
"""Of alternating least squares or its like."""

Cost = Callable[[Size], float]


def _dense(size: Size) -> float:
    return SPARSE * min(size.n_pairs, size.n_items**2 * 20) + PRODUCT * size.n_items**3


def _sparse(size: Size) -> float:
    return 2 * SPARSE * size.n_pairs


def _nothing(size: Size) -> float:
    return 2e-8 * size.n_events


def _low_rank(size: Size) -> float:
    return ROUNDS * FACTORS * (SPREAD * size.n_events + PRODUCT * FACTORS * (size.n_items + size.n_users))


FITTING: Mapping[str, Cost] = {
    "popularity": _nothing,
    "recent-popularity": _nothing,
    "user-knn": _nothing,
    "graph-filter": _nothing,
    "item-knn": _sparse,
    "rp3": _sparse,
}
"""How the cost of a fit grows, where the traits do not say it."""


def _by_traits(model: type[Recommender[Any]]) -> Cost:
    if model.traits.dense_items:
        return _dense
    return _nothing if model.traits.block else _low_rank


def _scores(size: Size) -> int:
    return size.n_queries * size.n_items


def _scoring(model: type[Recommender[Any]], size: Size, width: int) -> float:
    """Return about how long the scores of all queries take."""
    if model.name == "user-knn":
        return SPARSE * size.n_asked * size.n_met / max(size.n_events, 1)
    if model.name == "graph-filter":
        return 6 * SPREAD * size.n_events * size.n_queries
    if model.traits.dense_items:
        return SPREAD * size.n_asked * size.n_items
    return PRODUCT * _scores(size) * (width or FACTORS)


def column_counts(data: TrainingData, settings: Mapping[str, Any]) -> int:
    """Return the number of columns of the block that `settings` name; zero without one."""
    block = data.blocks.get(str(settings.get("block", "")))
    return 0 if block is None else block.values.shape[1]
