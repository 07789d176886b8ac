"""What fitting and judging a model costs, estimated from the size of the data and not from a clock.

Estimates decide how many settings `auto` tries, so that two runs with one seed try the same ones however
busy the machine is. They are meant for two slow cores: most machines are done earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sensorium.core.sparse import row_counts
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
        lengths = row_counts(data.interactions).astype(np.float64)
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
    scoring = SCORING.get(model.name, _dense_scores if model.traits.dense_items else _products)
    fitting = fit_seconds(model, settings, size, width)
    if "blocks" in model.config_type.model_fields:
        fitting -= _comparing(model, settings, size, width)  # data remembers who is near for the next trial
    return fitting + scoring(size, width) + JUDGING * _scores(size)


def fit_seconds(model: type[Recommender[Any]], settings: Mapping[str, Any], size: Size, width: int) -> float:
    """Return about how long one fit takes on two slow cores."""
    fitting = FITTING.get(model.name)
    if fitting is None:
        fitting = _dense if model.traits.dense_items else _nothing if model.traits.block else _low_rank
    return LEAST + fitting(size, width) + _comparing(model, settings, size, width)


def _comparing(model: type[Recommender[Any]], settings: Mapping[str, Any], size: Size, width: int) -> float:
    if compares_content(model) and settings.get("neighbours", 0) is not None:
        return size.n_items**2 * (PRODUCT * width + SELECTING)
    return 0.0


def compares_content(model: type[Recommender[Any]]) -> bool:
    """Return whether a fit may look for the nearest of each item in content, which costs n_items^2."""
    return "neighbours" in model.config_type.model_fields and (model.traits.block or model.traits.blocks)


def column_counts(model: type[Recommender[Any]], data: TrainingData, settings: Mapping[str, Any]) -> int:
    """Return how many columns of features `model` reads: of the block that `settings` name, or of all."""
    if not (model.traits.block or compares_content(model)):
        return 0
    names = [settings["block"]] if "block" in settings else list(data.blocks)
    return sum(data.blocks[name].values.shape[1] for name in names)


LEAST = 0.01
"""Seconds that anything takes."""
PRODUCT = 1e-10
"""Seconds of a multiplication in a dense product."""
INVERSION = 1.2e-11
"""Seconds for each n^3 of the inversion of a dense matrix."""
SPARSE = 2e-8
"""Seconds of a multiplication in a product of sparse matrices."""
SPREAD = 1.5e-9
"""Seconds of a multiplication of a sparse with a dense matrix."""
SELECTING = 1.2e-8
"""Seconds for an entry of which the largest are sought."""
JUDGING = 2.5e-8
"""Seconds for a score to be masked and ranked."""
FACTORS = 64
"""Of a low-rank model."""
ROUNDS = 40
"""Of alternating least squares or its like."""
NEIGHBOURS = 50
"""Over which the scores of an item are spread."""

Cost = Callable[[Size, int], float]
"""Seconds for a size and a number of columns."""


def _dense(size: Size, width: int) -> float:
    del width
    return SPARSE * min(size.n_pairs, size.n_items**2 * 20) + INVERSION * size.n_items**3


def _sparse(size: Size, width: int) -> float:
    del width
    return 3 * SPARSE * size.n_pairs


def _nothing(size: Size, width: int) -> float:
    del width
    return SPARSE * size.n_events


def _low_rank(size: Size, width: int) -> float:
    del width
    rows = size.n_items + size.n_users
    return ROUNDS * FACTORS * (SPREAD * size.n_events + PRODUCT * FACTORS * rows)


def _decomposed(size: Size, width: int) -> float:
    return _low_rank(size, width) / 4


def _in_windows(size: Size, width: int) -> float:
    del width
    return 10 * SPARSE * size.n_events


def _scores(size: Size) -> int:
    return size.n_queries * size.n_items


def _products(size: Size, width: int) -> float:
    return PRODUCT * _scores(size) * max(width, FACTORS)


def _dense_scores(size: Size, width: int) -> float:
    del width
    return SPREAD * size.n_asked * size.n_items


def _through_users(size: Size, width: int) -> float:
    del width
    return 4 * SPARSE * size.n_asked * size.n_met / max(size.n_events, 1)


def _filtered(size: Size, width: int) -> float:
    del width
    return 6 * SPREAD * size.n_events * size.n_queries


def _smoothed(size: Size, width: int) -> float:
    return _filtered(size, width) + SPREAD * NEIGHBOURS * _scores(size)


FITTING: Mapping[str, Cost] = {
    "popularity": _nothing,
    "recent-popularity": _nothing,
    "user-knn": _nothing,
    "graph-filter": _nothing,
    "smoothed-graph-filter": _nothing,
    "transitions": _in_windows,
    "pure-svd": _decomposed,
    "joint-content": _nothing,
    "item-knn": _sparse,
    "rp3": _sparse,
}
"""What a fit costs, where the traits do not say it."""
SCORING: Mapping[str, Cost] = {
    "user-knn": _through_users,
    "graph-filter": _filtered,
    "smoothed-graph-filter": _smoothed,
}
"""What the scores of all queries cost, likewise."""
