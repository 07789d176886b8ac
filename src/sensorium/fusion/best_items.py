"""The best items of a query under the fused scores, and what a second level may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntMatrix, IntVector, SparseMatrix
from sensorium.core.sparse import entry_rows, row_counts
from sensorium.fusion.blend import Source
from sensorium.index.largest import largest_per_row

DEPTH = 200
"""Items of each query that a second level orders."""


@dataclass(frozen=True)
class ItemFacts:
    """What is known of items whatever the query is."""

    n_events: IntVector
    """[n_items]: how many events each has; items beyond its end have none."""
    ages: FloatVector
    """[n_items]: days from the first event to the last of all; empty: unknown."""

    def events_of(self, n_items: int) -> FloatVector:
        """Return how many events each of `n_items` items has."""
        return _padded(self.n_events, n_items)

    def of(self, items: IntMatrix, n_items: int) -> tuple[FloatMatrix, FloatMatrix]:
        """Return log(1 + events) and log(1 + age) of `items` [n_queries, depth]."""
        events, ages = self.events_of(n_items), _padded(self.ages, n_items)
        return np.log1p(events[items]), np.log1p(np.maximum(ages[items], 0))


@dataclass(frozen=True)
class BestItems:
    """The best items of some queries under the fused scores, and what the second level may know of them."""

    items: IntMatrix
    """[n_queries, depth]: the best first; -1 where there are no more."""
    scores: FloatMatrix
    """[n_queries, depth]: their fused scores, NaN where there are no more."""
    inputs: NDArray[np.float32]
    """[n_queries, depth, n_inputs]: see `inputs_of`."""

    @property
    def real(self) -> NDArray[np.bool_]:
        """Where there is an item [n_queries, depth]."""
        return self.items >= 0

    @classmethod
    def of(
        cls,
        told: Sequence[Source],
        fused: FloatMatrix,
        history: SparseMatrix,
        items: ItemFacts,
        depth: int = DEPTH,
        columns: IntVector | None = None,
    ) -> Self:
        """Return the best items of a block of queries under the scores `fused` [n_queries, n_items].

        Items of the history and items without events are not among them: nothing there tells how they do.
        Nor is any for a query without a history. `columns` [n], growing, are the items that are scored, where
        these are some: found items are places in them then.
        """
        n_items, free = history.shape[1], fused.copy()
        columns = np.arange(n_items) if columns is None else columns
        place = np.minimum(np.searchsorted(columns, history.indices), len(columns) - 1)
        is_scored = columns[place] == history.indices
        free[entry_rows(history)[is_scored], place[is_scored]] = -np.inf
        free[:, items.events_of(n_items)[columns] == 0] = -np.inf
        lengths = row_counts(history)
        free[lengths == 0] = -np.inf
        found, _ = largest_per_row(free, depth)
        index = np.maximum(found, 0)
        found = np.where(np.isfinite(np.take_along_axis(free, index, axis=1)), found, -1)
        scores = np.where(found >= 0, np.take_along_axis(fused, index, axis=1), np.float32(np.nan))
        values = [np.take_along_axis(source.scores.values, index, axis=1) for source in told]
        return cls(found, scores, inputs_of(values, found >= 0, items.of(columns[index], n_items), lengths))


def n_inputs(n_sources: int) -> int:
    """Return how many inputs a second level of `n_sources` sources has."""
    return 2 * n_sources + 4


def inputs_of(
    values: Sequence[FloatMatrix],
    real: NDArray[np.bool_],
    facts: tuple[FloatMatrix, FloatMatrix],
    lengths: IntVector,
) -> NDArray[np.float32]:
    """Return what the second level knows of each item of a list [n_queries, depth, n_inputs].

    In this order: the z-score of each source (`values`, [n_queries, depth] each); log(1 + rank) in the list
    by each; log(1 + rank) by the fused score; log(1 + events) and log(1 + age) of the item (`facts`);
    log(1 + length) of the history.
    """
    ranks = [_log_rank(np.where(real, z, -np.inf)) for z in values]
    order = np.broadcast_to(np.log1p(np.arange(real.shape[1])), real.shape)
    length = np.broadcast_to(np.log1p(lengths)[:, None], real.shape)
    return np.stack([*values, *ranks, order, *facts, length], axis=-1).astype(np.float32)


def _log_rank(scores: FloatMatrix) -> FloatMatrix:
    """Return log(1 + rank) of each entry in its row; equal ones in the order of the list."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(scores.shape[1]), scores.shape), axis=1)
    return np.log1p(ranks).astype(np.float32)


def _padded(values: NDArray[Any], n_items: int) -> FloatVector:
    padded = np.zeros(n_items, dtype=np.float32)
    padded[: len(values)] = values[:n_items]
    return padded
