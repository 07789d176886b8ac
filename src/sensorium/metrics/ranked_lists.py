"""The best items of each user, and the groups of equal scores that they fall into."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import entry_rows

NOBODY = -1
"""Fills a list that is shorter than asked."""

GROUPS = 8
"""Groups of items for each position: so many that few of the best share one."""
SHALLOWEST = 4
"""Items in a group from which on grouping pays."""

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

    @classmethod
    def of(cls, items: IntMatrix, scores: FloatMatrix, last_sizes: IntVector) -> Self:
        """Return the lists of `items` and `scores`; `last_sizes` [n_users]: how large the last groups are."""
        starts, sizes = _groups(scores)
        sizes = np.where(scores == scores[:, -1:], last_sizes[:, None], sizes)
        return cls(items, scores, starts, sizes)

    @property
    def k(self) -> int:
        """The number of positions."""
        return self.items.shape[1]

    def rows(self, chosen: slice) -> Self:
        """Return the lists of some users."""
        return type(self)(self.items[chosen], self.scores[chosen], self.starts[chosen], self.sizes[chosen])

    def found(self, scores: FloatMatrix, relevant: SparseMatrix) -> IntMatrix:
        """Return [n_users, k]: how many relevant items the group of equal scores at each position holds.

        `scores` [n_users, n_items] are the ones that the lists were made of; `relevant` is CSR of that shape.
        """
        rows = entry_rows(relevant)
        return self.counted(rows, scores[rows, relevant.indices])

    def counted(self, rows: IntVector, values: FloatVector) -> IntMatrix:
        """Return [n_users, k]: how many of the items whose users are `rows` each position's group holds.

        `values` [n_items_given] are their scores; NaN for what is not ranked.
        """
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
    return TopLists.of(*best_of_rows(scores, k))


def best_of_rows(scores: FloatMatrix, k: int) -> tuple[IntMatrix, FloatMatrix, IntVector]:
    """Return items and scores of each row's first `k`, and the last groups' sizes, for `TopLists.of`."""
    n_users, n_items = scores.shape
    width = min(k, n_items)
    comparable = np.fmax(scores, np.float32(-np.inf))  # fmax takes the number where the other is NaN
    found = _Best.none(n_users, width)
    plain = found.take_above(comparable, _thresholds(comparable, width))
    if len(plain):
        found.take_by_partition(comparable, plain)
    ranked = found.values > -np.inf
    padding = ((0, 0), (0, k - width))
    items = np.pad(np.where(ranked, found.items, NOBODY), padding, constant_values=NOBODY)
    listed = np.pad(np.where(ranked, found.values, np.float32(np.nan)), padding, constant_values=np.nan)
    return items, listed, found.n_last


def _thresholds(comparable: FloatMatrix, width: int) -> FloatVector:
    """Return a score for each row [n_users] that `width` items reach at least; minus infinity is always one.

    Entry i is in group i % n_groups; of the largest of each group so many reach the one of that rank.
    """
    n_users, n_items = comparable.shape
    n_groups = GROUPS * width
    depth = n_items // max(n_groups, 1)
    if depth < SHALLOWEST:
        return np.full(n_users, -np.inf, dtype=np.float32)
    maxima = comparable[:, : depth * n_groups].reshape(n_users, depth, n_groups).max(axis=1)
    return np.partition(maxima, n_groups - width, axis=1)[:, n_groups - width]


@dataclass(frozen=True)
class _Best:
    """The best items of each row, which two ways fill in."""

    items: IntMatrix
    """[n_users, width] best first, equal scores by lower index."""
    values: FloatMatrix
    """[n_users, width] float32."""
    n_last: IntVector
    """[n_users] how many items of the row have the last of these scores."""

    @classmethod
    def none(cls, n_users: int, width: int) -> Self:
        """Return room for the best of each row."""
        items = np.full((n_users, width), NOBODY, dtype=np.int64)
        values = np.full((n_users, width), -np.inf, dtype=np.float32)
        return cls(items, values, np.zeros(n_users, dtype=np.int64))

    def take_above(self, comparable: FloatMatrix, thresholds: FloatVector) -> IntVector:
        """Fill in the rows of which few items reach the threshold; return the others."""
        width, n_items = self.items.shape[1], comparable.shape[1]
        chosen = comparable >= thresholds[:, None]
        counts = np.count_nonzero(chosen, axis=1)
        easy = (thresholds > -np.inf) & (counts <= 2 * GROUPS * width)
        rows = np.flatnonzero(easy)
        if len(rows):
            chosen[~easy] = False
            which, columns = np.divmod(np.flatnonzero(chosen.ravel()), n_items)
            starts = np.cumsum(counts * easy) - counts * easy
            places = np.arange(len(which)) - starts[which]
            longest = int(counts[rows].max())
            items = np.zeros((len(comparable), longest), dtype=np.int64)
            values = np.full((len(comparable), longest), -np.inf, dtype=np.float32)
            items[which, places], values[which, places] = columns, comparable[which, columns]
            self._fill_in(rows, items[rows], values[rows])
        return np.flatnonzero(~easy)

    def take_by_partition(self, comparable: FloatMatrix, rows: IntVector) -> None:
        """Fill in `rows`, of which any number of items may be equal."""
        width, n_items = self.items.shape[1], comparable.shape[1]
        here = comparable[rows]
        last = np.partition(here, n_items - width, axis=1)[:, n_items - width, None]
        chosen, tied = here >= last, here == last
        surplus = chosen.sum(axis=1, keepdims=True) - width
        n_tied = tied.sum(axis=1, keepdims=True)
        chosen &= ~tied | (np.cumsum(tied, axis=1) <= n_tied - surplus)  # the lower indices stay
        items = np.nonzero(chosen)[1].reshape(len(rows), width)
        self._fill_in(rows, items, np.take_along_axis(here, items, axis=1))
        self.n_last[rows] = n_tied[:, 0]

    def _fill_in(self, rows: IntVector, items: IntMatrix, values: FloatMatrix) -> None:
        """Sort the candidates of `rows`, given by index, and keep the best."""
        width = self.items.shape[1]
        order = np.argsort(-values, axis=1, kind="stable")[:, :width]
        best = np.take_along_axis(values, order, axis=1)
        self.items[rows], self.values[rows] = np.take_along_axis(items, order, axis=1), best
        self.n_last[rows] = (values == best[:, -1:]).sum(axis=1)


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
