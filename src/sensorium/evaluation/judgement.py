"""What a judge found, as numbers with intervals: of all test interactions, and of parts of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import entry_rows
from sensorium.evaluation.intervals import Interval, bootstrap_each
from sensorium.evaluation.result import SliceResult
from sensorium.metrics.ranked_lists import TopLists
from sensorium.metrics.ranking import Hits, metrics_at

Values = dict[str, NDArray[np.float64]]
"""`name@k` -> [n_users] value of each user, NaN for users without such items."""
ROWS_AT_ONCE = 8_192
"""Users whose metrics are computed at once."""


@dataclass(frozen=True)
class RelevantParts:
    """The relevant items of each user, all and in parts."""

    relevant: SparseMatrix
    """CSR [n_users, n_items]."""
    parts: Mapping[str, BoolVector]
    """Name -> which entries of `relevant` [nnz] belong to it."""

    def counts(self, part: str) -> IntVector:
        """Return how many items of a part each user has [n_users]."""
        chosen = entry_rows(self.relevant)[self.parts[part]]
        return np.bincount(chosen, minlength=self.relevant.shape[0]).astype(np.int64)

    def measured(
        self, rows: IntVector, lists: TopLists, scores: FloatVector, ks: tuple[int, ...]
    ) -> dict[str, Values]:
        """Return the metrics of each part.

        `rows` are the users with anything relevant, growing; `lists` are theirs; `scores` are those of the
        relevant items [nnz].
        """
        n_users = self.relevant.shape[0]
        found: dict[str, Values] = {name: {} for name in self.parts}
        for start in range(0, len(rows), ROWS_AT_ONCE):
            here = slice(start, start + ROWS_AT_ONCE)
            asked = rows[here]
            entries = slice(self.relevant.indptr[asked[0]], self.relevant.indptr[asked[-1] + 1])
            places = np.repeat(np.arange(len(asked)), np.diff(self.relevant.indptr)[asked])
            for name, chosen in self.parts.items():
                own = chosen[entries]
                counts = np.bincount(places[own], minlength=len(asked))
                counted = lists.rows(here).counted(places[own], scores[entries][own])
                hits = Hits(lists.starts[here], lists.sizes[here], counted, np.maximum(counts, 1))
                kept = counts > 0
                for metric, values in metrics_at(hits, ks).items():
                    column = found[name].setdefault(metric, np.full(n_users, np.nan))
                    column[asked[kept]] = values[kept]
        return found


def intervals_of(values: Sequence[Values], rows: IntVector, seed: int) -> list[dict[str, Interval]]:
    """Return, for each of several models, the interval of every metric over the users `rows`.

    All models are resampled with the same draws, so that these are drawn once.
    """
    tables = [np.column_stack([column[rows] for column in one.values()]) for one in values]
    found = bootstrap_each(tables, seed=seed)
    return [dict(zip(one, intervals, strict=True)) for one, intervals in zip(values, found, strict=True)]


def slices_of(
    values: Sequence[Values], counts: NDArray[Any], rows: IntVector, seed: int
) -> list[SliceResult]:
    """Return the part `rows` of the users, of each model; `counts` [n_users] are their relevant items."""
    if not len(rows):
        return [SliceResult(0, 0) for _ in values]
    n_relevant = int(counts[rows].sum())
    return [
        SliceResult(len(rows), n_relevant, {name: one.mean for name, one in intervals.items()}, intervals)
        for intervals in intervals_of(values, rows, seed)
    ]
