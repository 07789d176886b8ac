"""Events as matrices [n_users, n_items]: what each user says of each item, when, and how they rate."""

from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from sensorium.catalog.event_pairs import Pairs, combine
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.strength import EventRules
from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import entries_at, keep_entries, row_starts, with_data
from sensorium.core.vocabulary import Vocabulary


class EventMatrices:
    """What `Events` are as matrices; these are their attributes."""

    users: Vocabulary
    items: Vocabulary
    user: IntVector
    item: IntVector
    value: FloatVector
    time: NDArray[np.float64]
    strength: FloatVector
    count: FloatVector
    columns: EventColumns
    rules: EventRules
    types: pl.Series | None

    def __len__(self) -> int:
        return len(self.user)

    @property
    def has_times(self) -> bool:
        """Whether any event has a time."""
        return bool(np.isfinite(self.time).any())

    @property
    def has_values(self) -> bool:
        """Whether any event has a value."""
        return bool(np.isfinite(self.value).any())

    @property
    def shape(self) -> tuple[int, int]:
        """Number of users and of items."""
        return len(self.users), len(self.items)

    @property
    def positive(self) -> BoolVector:
        """[n_events] bool: whether the event speaks for the item."""
        return self.strength > 0

    @property
    def is_weighted(self) -> bool:
        """Whether events say more than for or against: by strengths, counts or shares taken in."""
        columns = self.columns
        return bool(self.rules.strength) or columns.count is not None or columns.portion is not None

    @property
    def says_for_alone(self) -> bool:
        """Whether all that events say is for items, and equally strong: then no event changes another's."""
        return not self.is_weighted and not (self.strength < 0).any()

    def interactions(self) -> SparseMatrix:
        """Return [n_users, n_items] float32: what each user says for each item, if it is for it.

        Where events are not weighted, 1 where the user has any positive event with the item, however many;
        one against it ends what was said before. Weighted events add up: see `event_pairs.combine`; of them,
        `rules.weighting` makes `plain`: 1 wherever it is above zero; `strong`: 1 wherever it is relevant.
        """
        said, weighting = self._said(), self.rules.weighting
        if weighting == "strong":
            return self.relevant()
        kept = keep_entries(said, said.data > 0)
        return with_data(kept, np.ones_like(kept.data)) if weighting == "plain" else kept

    def against(self) -> SparseMatrix:
        """Return [n_users, n_items] float32: how strongly a user's last word is against an item.

        1 where `rules.weighting` is not by strength.
        """
        said = self._said()
        found = keep_entries(said, said.data < 0)
        alike = self.rules.weighting in ("plain", "strong")
        return with_data(found, np.ones_like(found.data) if alike else -found.data)

    def frequency(self, of: SparseMatrix | None = None) -> SparseMatrix:
        """Return how often each user met what he or she is for [n_users, n_items] float32.

        By positive events, each as often as its count says, since the last one against the item; in the
        pattern of `of`: of `interactions()` if not given, or of a choice of them.
        """
        if self.says_for_alone:
            found = self._positive_counts()
        else:
            found = self._pairs.matrix(self._pairs.often, self.shape)
        return entries_at(found, self.interactions() if of is None else of)

    def relevant(self) -> SparseMatrix:
        """Return [n_users, n_items] float32: 1 for what a recommendation should have found.

        That is what the user says for the item at least as strongly as `rules.relevant`.
        """
        said = self._said()
        found = keep_entries(said, said.data >= self.rules.relevant)
        return with_data(found, np.ones_like(found.data))

    def times(self, of: SparseMatrix | None = None) -> SparseMatrix | None:
        """Return when each user last met each item [n_users, n_items] float64; None if no event has a time.

        Seconds since 1970 of the last event that counts, in the pattern of `of`: of `interactions()` if not
        given, or of another choice of them, or of `against()`. An event without a time counts as old as the
        oldest event that has one.
        """
        if not self.has_times:
            return None
        known = np.where(np.isnan(self.time), np.nanmin(self.time), self.time)
        if self.says_for_alone:
            times = self._last(self.positive, known)
            return times if of is None else entries_at(times, of)
        pairs = self._pairs
        times = pairs.matrix(np.where(np.isfinite(pairs.time), pairs.time, np.nanmin(self.time)), self.shape)
        return entries_at(times, self.interactions() if of is None else of)

    def _said(self) -> SparseMatrix:
        """Return what each user says of each item [n_users, n_items] float32, for or against."""
        if self.says_for_alone:
            counts = self._positive_counts()
            return with_data(counts, np.ones_like(counts.data))
        return self._pairs.matrix(self._pairs.strength, self.shape)

    def _positive_counts(self) -> SparseMatrix:
        """Return how many positive events each user has with each item [n_users, n_items] float32."""
        chosen = self.user[self.positive], self.item[self.positive]
        ones = np.ones(len(chosen[0]), dtype=np.float32)
        return sparse.csr_array(sparse.coo_array((ones, chosen), shape=self.shape))

    @cached_property
    def _pairs(self) -> Pairs:
        """What the events of each pair say together."""
        ones = np.ones(len(self), dtype=np.float32)
        each, often, once, kinds = np.sign(self.strength), ones, ones > 0, np.zeros(len(self), dtype=np.int64)
        if self.is_weighted:
            often = np.where(np.isnan(self.count), np.float32(1), self.count)
            each = (self.strength / np.where(often > 0, np.log2(1 + often), 1)).astype(np.float32)
            once = np.isfinite(self.value) & self.rules.counts_ratings(self.columns.value)
            if self.types is not None:
                kinds = self.types.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        n_items = len(self.items)
        return combine(self.user, self.item, each, often, kinds, self.time, once=once, n_items=n_items)

    def ratings(self) -> SparseMatrix | None:
        """Return the last value [n_users, n_items] float32; None if no event has a value.

        Values of events that are not positive count too. Last is by time, then by order in the table; an
        event without a time precedes those with one. Events without a value are passed over. A value of
        0 is stored.
        """
        return self._last(~np.isnan(self.value), self.value) if self.has_values else None

    def rating_times(self) -> SparseMatrix | None:
        """Return when the last value was given [n_users, n_items] float64; None if no event has a value.

        Seconds since 1970, minus infinity where unknown, in the pattern of `ratings`.
        """
        if not self.has_values:
            return None
        return self._last(~np.isnan(self.value), np.where(np.isnan(self.time), -np.inf, self.time))

    def _last(self, mask: BoolVector, data: NDArray[Any]) -> SparseMatrix:
        """Return, for each user and item with an event in `mask`, the `data` of the last one."""
        chosen = np.flatnonzero(mask)
        time = self.time[chosen]
        if not np.isnan(time).all():
            chosen = chosen[np.argsort(np.where(np.isnan(time), -np.inf, time), kind="stable")]
        key = self.user[chosen] * len(self.items) + self.item[chosen]
        order = np.argsort(key, kind="stable")
        last = np.append(np.diff(key[order]) != 0, True)[: len(key)]
        kept = chosen[order[last]]
        starts = row_starts(np.bincount(self.user[kept], minlength=len(self.users)))
        return sparse.csr_array((data[kept], self.item[kept], starts), shape=self.shape)
