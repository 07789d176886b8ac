"""What users searched for in words: rows of an event log that say a search, and no item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from sensorium.catalog.column_names import plain_name
from sensorium.catalog.columns import as_text, is_blank
from sensorium.catalog.readers.table import Table
from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.core.sparse import csr_from_arrays, csr_to_arrays, row_starts

SEARCHES = "searches"
"""What is known of users by what they searched for: see `TrainingData.about`."""
SEARCH_TYPES = frozenset((
    "search", "searches", "searched", "query", "queries", "search_query", "site_search",
    "view_search_results", "搜索", "检索", "查询", "搜一搜",
))  # fmt: skip
"""What the types of such events are called, in lower case."""
MOST_OF_USER = 20
"""Searches of one user that count: the last."""
FADES = 0.9
"""How much each search counts of what the next one of the same user does."""

Finder = Callable[[str], tuple[IntVector, FloatVector]]
"""Returns the items that some words find, and how well each matches, above 0 and at most 1."""


def is_search(kind: str | None) -> bool:
    """Return whether events of a type are searches, by its name; of `user_search` the last word tells."""
    name = plain_name(kind or "")
    return name in SEARCH_TYPES or name.rsplit("_", 1)[-1] in SEARCH_TYPES


def are_searches(frame: pl.DataFrame, item: str, kind: str | None, text: str | None) -> pl.Series:
    """Return which rows of an event table are searches: of such a type, with words, and without an item [n].

    A row that names an item is an event with that item, whatever its type.
    """
    none = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    if kind is None or text is None:
        return none
    kinds = as_text(frame[kind].unique())
    if not any(is_search(name) for name in kinds):
        return none
    of_kind = as_text(frame[kind]).is_in([name for name in kinds if is_search(name)])
    return of_kind.fill_null(value=False) & is_blank(frame[item]) & ~is_blank(frame[text])


def with_items_column(table: Table, item: str, kind: str | None, text: str | None) -> Table:
    """Return the table with an empty column of items where it has none and says searches alone."""
    frame = table.frame
    if item in frame.columns or kind is None or text is None:
        return table
    if not all(is_search(name) for name in as_text(frame[kind].unique())):
        raise DataError(
            f"there is no column {item!r}",
            where=table.where,
            remedy=f"Columns are: {', '.join(frame.columns)}",
        )
    return table.with_frame(frame.with_columns(pl.lit(None, dtype=pl.String).alias(item)))


@dataclass(frozen=True)
class Searches:
    """Searches as aligned arrays [n_searches], in the order in which they were read."""

    user: IntVector
    """[n_searches] int64: index into the users of the events."""
    text: pl.Series = field(repr=False)
    """[n_searches]: the words."""
    time: NDArray[np.float64] = field(repr=False)
    """[n_searches] float64: seconds since 1970; NaN where unknown."""
    found: SparseMatrix | None = field(default=None, repr=False)
    """[n_searches, n_items] float32: how well each item matches, from 0 to 1; None: nobody has looked yet."""

    def __len__(self) -> int:
        return len(self.user)

    def __repr__(self) -> str:
        return f"Searches({len(self):,} searches; {len(np.unique(self.user)):,} users)"

    def where(self, mask: BoolVector) -> Self:
        """Return the searches where `mask` [n_searches] holds."""
        found = None if self.found is None else sparse.csr_array(self.found[mask])
        return replace(
            self,
            user=self.user[mask],
            text=self.text.filter(pl.Series(mask)),
            time=self.time[mask],
            found=found,
        )

    def by_users(self, rows: IntVector) -> Self:
        """Return the same searches of users who are numbered anew: `rows` [n_users] are their new numbers."""
        return replace(self, user=rows[self.user])

    def finding(self, find: Finder, n_items: int) -> Self:
        """Return the searches that know what they find; the same words are looked for once."""
        words = self.text.str.strip_chars().str.to_lowercase()
        answers = {text: find(text) for text in words.unique(maintain_order=True)}
        parts = [answers[text] for text in words]
        counts = np.asarray([len(items) for items, _ in parts], dtype=np.int64)
        items = np.concatenate([np.zeros(0, dtype=np.int64), *(items for items, _ in parts)])
        scores = np.concatenate([np.zeros(0, dtype=np.float32), *(scores for _, scores in parts)])
        shape = (len(self), n_items)
        return replace(self, found=sparse.csr_array((scores, items, row_starts(counts)), shape=shape))

    def latest(self) -> Self:
        """Return the last `MOST_OF_USER` of each user, by user and then the latest first."""
        order, place = self._latest_first()
        kept = order[place < MOST_OF_USER]
        found = None if self.found is None else sparse.csr_array(self.found[kept])
        texts = self.text.gather(kept)
        return replace(self, user=self.user[kept], text=texts, time=self.time[kept], found=found)

    def parts(self, moments: NDArray[np.float64]) -> IntVector:
        """Return how many of the `moments` [n_moments, n_users] of its user each search [n_searches] reaches.

        Those without a time come before all.
        """
        return (self.time >= moments[:, self.user]).sum(axis=0).astype(np.int64)

    def about(self, n_users: int) -> SparseMatrix:
        """Return what each user's searches find [n_users, n_items] float32.

        The last search counts 1, each one before it `FADES` of that; an item counts as often as it is found.
        """
        assert self.found is not None  # noqa: S101 - `finding` comes first
        order, place = self._latest_first()
        kept = place < MOST_OF_USER
        weights = (FADES ** place[kept]).astype(np.float32)
        shape = (n_users, len(self))
        said = sparse.csr_array((weights, (self.user[order[kept]], order[kept])), shape=shape)
        return sparse.csr_array(said @ self.found, dtype=np.float32)

    def of_user(self, user: int) -> Self:
        """Return the searches of one user, who is user 0 then."""
        mine = self.where(self.user == user)
        return replace(mine, user=np.zeros(len(mine), dtype=np.int64))

    def words_for(self, item: int) -> str:
        """Return the words that find an item best, the later the better; the last words if none find it.

        For the searches of one user, of which there must be some.
        """
        order, place = self._latest_first()
        told = np.zeros(len(self))
        if self.found is not None and item < self.found.shape[1]:
            told = np.asarray(self.found[:, [item]].toarray()).ravel()[order] * FADES**place
        return str(self.text[int(order[int(np.argmax(told))])])

    def distinct(self) -> Self:
        """Return the searches, of which those of one user at one moment with the same words count once."""
        table = pl.DataFrame({"user": self.user, "text": self.text, "time": self.time}).with_row_index("row")
        dated = table.filter(pl.col("time").is_finite()).unique(["user", "text", "time"], keep="first")
        rows = pl.concat([dated["row"], table.filter(~pl.col("time").is_finite())["row"]])
        kept = np.zeros(len(self), dtype=np.bool_)
        kept[rows.to_numpy()] = True
        return self if kept.all() else self.where(kept)

    def state(self) -> State:
        """Return all that `from_state` needs."""
        arrays = {"user": self.user, "time": self.time}
        found = {} if self.found is None else csr_to_arrays(self.found, "found")
        return State(arrays | found, {"texts": self.text.to_list()})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Return the searches that `state` describes."""
        texts = pl.Series("text", state.values["texts"], dtype=pl.String)
        found = csr_from_arrays(state.arrays, "found")
        return cls(state.arrays["user"], texts, state.arrays["time"], found)

    def _latest_first(self) -> tuple[IntVector, IntVector]:
        """Return the searches by user and then the latest first, and their places among their user's own."""
        backwards = np.arange(len(self))[::-1]
        when = np.nan_to_num(self.time, nan=-np.inf)
        order = np.lexsort((backwards, -when, self.user))
        first = np.flatnonzero(np.diff(self.user[order], prepend=-1))
        starts = np.zeros(len(order), dtype=np.int64)
        starts[first] = first
        place = np.arange(len(order)) - np.maximum.accumulate(starts)
        return order.astype(np.int64), place.astype(np.int64)


def joined_searches(parts: Sequence[Searches | None]) -> Searches | None:
    """Return the searches of several lots of events, one after another; None if there are none at all."""
    known = [part for part in parts if part is not None and len(part)]
    if not known:
        return None
    found = [part.found for part in known]
    whole = None
    if all(matrix is not None for matrix in found):
        width = max(matrix.shape[1] for matrix in found if matrix is not None)
        wide = [
            sparse.csr_array((m.data, m.indices, m.indptr), shape=(m.shape[0], width))
            for m in found
            if m is not None
        ]
        whole = sparse.csr_array(sparse.vstack(wide, format="csr"))
    return Searches(
        np.concatenate([part.user for part in known]),
        pl.concat([part.text for part in known]),
        np.concatenate([part.time for part in known]),
        whole,
    ).distinct()
