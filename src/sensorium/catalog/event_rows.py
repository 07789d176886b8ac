"""Rows of an event table as arrays: which column is what, and which rows cannot be used."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.columns import as_numbers, as_text, as_times, holds_integers, is_blank, is_blank_number
from sensorium.catalog.positive import positive_mask
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.arrays import BoolVector, FloatVector, IntVector
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import MISSING, Vocabulary

VALUE_NAMES = ("rating", "value", "weight", "score", "stars", "评分")
TIME_NAMES = ("timestamp", "time", "date", "datetime", "ts", "event_time", "created_at", "时间")
COUNT_NAMES = (
    "count", "counts", "plays", "play_count", "playcount", "listens", "quantity", "qty", "units", "n_plays",
    "次数", "播放次数", "数量", "购买数量", "件数",
)  # fmt: skip
PORTION_NAMES = (
    "portion", "watched", "completion", "completion_rate", "completed", "watch_ratio", "watch_rate",
    "progress", "percent_watched", "finish_rate", "play_ratio", "read_ratio",
    "完播率", "完成度", "观看比例", "播放进度",
)  # fmt: skip
TYPE_NAMES = ("type", "event", "event_type", "action", "behavior", "behaviour", "类型")

MOST_OF_ONE = 2.0
"""A column of shares with a larger value holds per cents."""


@dataclass(frozen=True)
class EventColumns:
    """Which column of an event table is what; None where there is none."""

    user: str = "user_id"
    item: str = "item_id"
    value: str | None = None
    time: str | None = None
    type: str | None = None
    count: str | None = None
    portion: str | None = None
    text: str | None = None
    context: tuple[str, ...] = ()

    def completed(self, columns: Sequence[str], *, where: str) -> "EventColumns":
        """Return the columns with value, time and type guessed by name where they are not given.

        A count or a share taken in is never guessed here, since it changes what an event says.

        Raises
        ------
        DataError
            If a named column is not there.
        """
        for name in self.used():
            if name not in columns:
                raise DataError(
                    f"there is no column {name!r}", where=where, remedy=f"Columns are: {', '.join(columns)}"
                )
        taken = set(self.used())
        free = {name.lower(): name for name in reversed(columns) if name not in taken}

        def guessed(given: str | None, names: Sequence[str]) -> str | None:
            return given or next((free[name] for name in names if name in free), None)

        return replace(
            self,
            value=guessed(self.value, VALUE_NAMES),
            time=guessed(self.time, TIME_NAMES),
            type=guessed(self.type, TYPE_NAMES),
        )

    def used(self) -> list[str]:
        """Return the names of the columns that there are."""
        single = [getattr(self, part.name) for part in fields(self) if part.name != "context"]
        return [*(name for name in single if name is not None), *self.context]


@dataclass(frozen=True)
class EventRows:
    """The usable rows of an event table as aligned arrays, and the others."""

    users: Vocabulary
    user: IntVector
    item: IntVector
    value: FloatVector
    time: NDArray[np.float64]
    count: FloatVector
    portion: FloatVector
    positive: BoolVector | None
    """Which satisfy any of the rules; None without rules."""
    types: pl.Series | None
    """Of each event what it was, as a category, null where that is not said; None without such a column."""
    rejected: Rejected
    kept: pl.Series | None
    """Which rows of the table these are; None: all."""


def event_rows(
    table: Table,
    columns: EventColumns,
    *,
    items: Vocabulary,
    users: Vocabulary | None,
    positive: Sequence[str],
) -> EventRows:
    """Return the usable rows of `table` as arrays, and the others with what is wrong with them.

    A row with an empty id, an unknown item, a value, count or share that is no number, or a time that is no
    time is rejected. Users that `users` does not hold are appended to it, in their order.
    """
    frame = table.frame
    item = indices_of_ids(frame[columns.item], items)
    value = None if columns.value is None else as_numbers(frame[columns.value])
    time = None if columns.time is None else as_times(frame[columns.time])
    count = None if columns.count is None else as_numbers(frame[columns.count])
    portion = None if columns.portion is None else as_shares(frame[columns.portion])
    faults = [
        ("user id is empty", None, is_blank(frame[columns.user])),
        ("item id is empty", None, is_blank(frame[columns.item])),
        ("unknown item", columns.item, pl.Series(item == MISSING)),
    ]
    for kind, name, parsed in (
        ("value is not a number", columns.value, value),
        ("time cannot be read", columns.time, time),
        ("count is not a number", columns.count, count),
        ("share taken in is no share", columns.portion, portion),
    ):
        if name is not None and parsed is not None and parsed.null_count():
            faults.append((kind, name, parsed.is_null() & ~is_blank_number(frame[name])))
    bad, rejected = _reject_bad_rows(table, faults)
    mask = positive_mask(frame, positive, kind=columns.type, value=columns.value) if positive else None
    if bad is not None:
        kept = ~bad
        frame, item = frame.filter(kept), item[kept.to_numpy()]
        value, time, count, portion, mask = (
            None if column is None else column.filter(kept) for column in (value, time, count, portion, mask)
        )
    known, user = _index_users(frame[columns.user], users)
    return EventRows(
        users=known,
        user=user,
        item=item,
        value=_floats(value, len(item), np.float32),
        time=_floats(time, len(item), np.float64),
        count=_floats(count, len(item), np.float32),
        portion=_floats(portion, len(item), np.float32),
        positive=None if mask is None else mask.to_numpy().astype(np.bool_, copy=False),
        types=None if columns.type is None else _types(frame[columns.type]),
        rejected=rejected,
        kept=None if bad is None else ~bad,
    )


def indices_of_ids(keys: pl.Series, vocabulary: Vocabulary) -> IntVector:
    """Return the index of each key [n], `MISSING` for blanks and what the vocabulary does not hold.

    Every distinct key is looked up once, and numbers are joined as numbers: made for millions of rows.
    """
    plain = as_text(keys) if keys.dtype.is_float() or keys.dtype.is_nested() else keys
    distinct = plain.unique()
    index = vocabulary.lookup(as_text(distinct))
    table = pl.DataFrame({"key": distinct, "index": index})
    asked = pl.DataFrame({"key": plain})
    joined = asked.join(table, on="key", how="left", maintain_order="left", nulls_equal=True)
    return joined["index"].fill_null(MISSING).to_numpy().astype(np.int64, copy=False)


def _index_users(keys: pl.Series, users: Vocabulary | None) -> tuple[Vocabulary, IntVector]:
    ids = as_text(keys.unique(maintain_order=True)).unique(maintain_order=True)
    if users is None:
        known = Vocabulary(ids, name="user", integer=holds_integers(keys))
    else:
        known = users.extended(ids.filter(pl.Series(users.lookup(ids) == MISSING)))
    return known, indices_of_ids(keys, known)


def as_shares(series: pl.Series) -> pl.Series:
    """Return each value as a share from 0 to 1, null where it is none; per cents are told by the largest.

    A `%` is read as such. A little over the whole, as players report it, is the whole.
    """
    text = series.str.strip_chars().str.strip_chars_end("%％") if series.dtype == pl.String else series
    numbers = as_numbers(text)
    largest = numbers.max()
    marked = series.dtype == pl.String and bool(series.str.contains("[%％]").any())
    if marked or (largest is not None and float(largest) > MOST_OF_ONE):  # type: ignore[arg-type]
        numbers = numbers / 100
    return numbers.set(numbers < 0, None).clip(upper_bound=1.0)


def _types(series: pl.Series) -> pl.Series:
    return as_text(series).str.strip_chars().cast(pl.Categorical).alias("type")


def _floats(series: pl.Series | None, n: int, kind: type[np.floating]) -> NDArray:  # type: ignore[type-arg]
    if series is None:
        return np.full(n, np.nan, dtype=kind)
    return series.fill_null(float("nan")).to_numpy().astype(kind, copy=False)


def _reject_bad_rows(
    table: Table, faults: Sequence[tuple[str, str | None, pl.Series]]
) -> tuple[pl.Series | None, Rejected]:
    """Return which rows have a fault (None: no row has) and those rows, each with its first fault."""
    bad = pl.repeat(value=False, n=table.frame.height, dtype=pl.Boolean, eager=True)
    parts = list[Rejected]()
    for kind, column, mask in faults:
        first = mask & ~bad
        if not first.any():
            continue
        bad = bad | first
        values = table.frame.filter(first)
        kinds = pl.repeat(kind, values.height, eager=True)
        shown = kinds if column is None else kinds + ": '" + as_text(values[column]).fill_null("") + "'"
        parts.append(Rejected.of(table.rows(first), kinds, shown, values, table.where))
    return (bad if parts else None), Rejected.together(parts, table.where)
