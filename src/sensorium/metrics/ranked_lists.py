"""The best items of each user, and the groups of equal scores that they fall into."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.sparse import entry_rows

NOBODY = -1
"""Fills a list that is shorter than asked."""

IntMatrix = NDArray[np.int64]


@dataclass(frozen=True)
class TopLists:
    """The first positions of rankings in which equal scores share their positions."""

    items: IntMatrix
    """[n_users, k] item indices, best first, equal scores by lower index; `NOBODY` where the list ends."""
    scores: FloatMatrix
    """[n_users, k] their scores, NaN where the list ends."""
    starts: IntMatrix
    """[n_users, k] the position, from 0, at which the group of equal scores begins."""
    sizes: IntMatrix
    """[n_users, k] how many items of the whole catalogue have this score."""

    @property
    def k(self) -> int:
        """The number of positions."""
        return self.items.shape[1]

    def found(self, scores: FloatMatrix, relevant: SparseMatrix) -> IntMatrix:
        """Return [n_users, k]: how many relevant items the group of equal scores at each position holds.

        `scores` [n_users, n_items] are the ones that the lists were made of; `relevant` is CSR of that shape.
        """
        rows = entry_rows(relevant)
        values = scores[rows, relevant.indices]
        counted = np.zeros_like(self.items)
        starts = np.sum(self.scores[rows] > values[:, None], axis=1)
        inside = starts < self.k
        rows, values, starts = rows[inside], values[inside], starts[inside]
        listed = self.scores[rows, starts] == values  # False for NaN: what cannot be ranked is not found
        np.add.at(counted, (rows[listed], starts[listed]), 1)
        return np.take_along_axis(counted, self.starts, axis=1)


def top_lists(scores: FloatMatrix, k: int) -> TopLists:
    """Return the first `k` positions of each row's ranking; NaN is never ranked.

    `scores` is [n_users, n_items] float32. O(n_items) for each user.
    """
    n_users, n_items = scores.shape
    width = min(k, n_items)
    comparable = np.fmax(scores, np.float32(-np.inf))  # fmax takes the number where the other is NaN
    last = np.partition(comparable, n_items - width, axis=1)[:, n_items - width, None]
    chosen = comparable >= last
    crowded = np.flatnonzero(chosen.sum(axis=1) > width)  # equal scores go on behind the list
    tied = comparable[crowded] == last[crowded]
    surplus = chosen[crowded].sum(axis=1, keepdims=True) - width
    n_tied = tied.sum(axis=1, keepdims=True)
    chosen[crowded] &= ~tied | (np.cumsum(tied, axis=1) <= n_tied - surplus)  # the lower indices stay
    items = np.nonzero(chosen)[1].reshape(n_users, width)
    values = np.take_along_axis(comparable, items, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    items, values = np.take_along_axis(items, order, axis=1), np.take_along_axis(values, order, axis=1)
    ranked = values > -np.inf
    padding = ((0, 0), (0, k - width))
    items = np.pad(np.where(ranked, items, NOBODY), padding, constant_values=NOBODY)
    listed = np.pad(np.where(ranked, values, np.nan), padding, constant_values=np.nan)
    starts, sizes = _groups(listed)
    sizes[crowded] = np.where(listed[crowded] == last[crowded], n_tied, sizes[crowded])
    return TopLists(items.astype(np.int64), listed.astype(np.float32), starts, sizes)


def _groups(values: NDArray[Any]) -> tuple[IntMatrix, IntMatrix]:
    """Return, for rows in descending order, where each run of equal values begins and how long it is."""
    n_users, k = values.shape
    positions = np.broadcast_to(np.arange(k), (n_users, k))
    begins = np.ones((n_users, k), dtype=np.bool_)
    begins[:, 1:] = values[:, 1:] != values[:, :-1]  # NaN differs from NaN: empty positions stand alone
    starts = np.maximum.accumulate(np.where(begins, positions, 0), axis=1)
    ends = np.ones((n_users, k), dtype=np.bool_)
    ends[:, :-1] = begins[:, 1:]
    stops = np.minimum.accumulate(np.where(ends, positions, k)[:, ::-1], axis=1)[:, ::-1] + 1
    return starts, stops - starts
