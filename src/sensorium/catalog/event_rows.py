"""Rows of an event table as arrays: which column is what, and which rows cannot be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.column_names import find_named
from sensorium.catalog.columns import (
    as_numbers,
    as_text,
    decimal_of,
    holds_integers,
    is_blank,
    is_blank_number,
    is_blank_time,
)
from sensorium.catalog.number_text import Decimal
from sensorium.catalog.positive import positive_mask, rule_columns
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.catalog.searches import Searches, are_searches
from sensorium.catalog.times import Doubt, TimeFormat, read_times
from sensorium.core.arrays import BoolVector, FloatVector, IntVector
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import MISSING, Vocabulary

VALUE_NAMES = (
    "rating", "value", "weight", "score", "stars", "grade", "评分", "打分", "星级", "分数",
)  # fmt: skip
TIME_NAMES = (
    "timestamp", "time", "date", "datetime", "ts", "event_time", "event_timestamp", "event_date",
    "created_at",
    "created", "occurred_at", "played_at", "watched_at", "viewed_at", "clicked_at", "purchased_at",
    "ordered_at", "order_date", "purchase_date", "rated_at", "unixtime", "unix_time",
    "时间", "时间戳", "日期", "下单时间", "购买时间", "播放时间", "观看时间", "点击时间", "行为时间",
    "发生时间", "创建时间",
)  # fmt: skip
UNREAD_TIME = "time cannot be read"
"""Why an event is used without its time."""
COUNT_NAMES = (
    "count", "counts", "plays", "play_count", "playcount", "listens", "quantity", "qty", "units", "n_plays",
    "次数", "播放次数", "数量", "购买数量", "件数",
)  # fmt: skip
PORTION_NAMES = (
    "portion", "watched", "completion", "completion_rate", "completed", "watch_ratio", "watch_rate",
    "progress", "percent_watched", "finish_rate", "play_ratio", "read_ratio",
    "完播率", "完成度", "观看比例", "播放进度",
)  # fmt: skip
TYPE_NAMES = (
    "type", "event", "event_type", "event_name", "action", "action_type", "behavior", "behaviour",
    "behavior_type", "behaviour_type", "interaction", "interaction_type", "activity", "activity_type",
    "feedback", "feedback_type",
    "类型", "行为", "行为类型", "动作", "操作", "操作类型", "事件", "事件类型", "互动类型",
)  # fmt: skip
SEARCH_NAMES = (
    "query", "search_query", "search_term", "search_terms", "search_text", "search_phrase", "searched",
    "keyword", "keywords", "q",
    "搜索词", "搜索内容", "检索词", "查询词", "关键词",
)  # fmt: skip
"""Columns of words that were searched for."""
TEXT_NAMES = (
    "comment", "comments", "review", "reviews", "review_text", "review_body", "text", "message",
    "feedback_text", "danmaku", "bullet_comment",
    "评论", "评论内容", "评价", "评价内容", "弹幕", "弹幕内容", "留言",
    *SEARCH_NAMES,
)  # fmt: skip
SESSION_NAMES = ("session", "session_id", "sessionid", "visit", "visit_id", "会话", "会话id", "访问id")
CONTEXT_NAMES = (
    "device", "device_type", "platform", "os", "channel", "city", "country", "region", "province", "location",
    "place", "weather", "page", "referrer", "network",
    "设备", "平台", "渠道", "城市", "国家", "地区", "省份", "地点", "场景", "天气",
)  # fmt: skip

FROM_TIME: Mapping[str, int] = {"hour": 24, "weekday": 7}
"""Circumstances that are read off the time rather than from a column -> how many there are."""
SPELLING = ("time_format", "decimal")
"""What `EventColumns` holds beside names of columns."""
MOST_OF_ONE = 2.0
"""A column of shares with larger values may hold per cents, if it is not that a few went round again."""


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
    time_format: TimeFormat | None = None
    """How times are written, where that was said or has to be known of later events: see `times.WORDS`."""
    decimal: Decimal | None = None
    """What stands before decimals, alike."""
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
        kind = self.type or find_named(columns, TYPE_NAMES)
        for name in self.used():
            if name == self.item and self.text in columns and kind in columns:
                continue  # searches alone need no items: see `with_items_column`
            if name not in columns:
                raise DataError(
                    f"there is no column {name!r}", where=where, remedy=f"Columns are: {', '.join(columns)}"
                )
        taken = set(self.used())
        free = [name for name in columns if name not in taken]
        return replace(
            self,
            value=self.value or find_named(free, VALUE_NAMES),
            time=self.time or find_named(free, TIME_NAMES),
            type=self.type or find_named(free, TYPE_NAMES),
        )

    def used(self) -> list[str]:
        """Return the names of the columns that there are."""
        single = [
            getattr(self, part.name) for part in fields(self) if part.name not in (*SPELLING, "context")
        ]
        return [*(name for name in single if name is not None), *self.named_context]

    @property
    def named_context(self) -> tuple[str, ...]:
        """The circumstances that have columns: all but those that are read off the time."""
        return tuple(name for name in self.context if name not in FROM_TIME)


def first_of_each(several: Sequence[EventColumns]) -> EventColumns:
    """Return what the columns of several tables are called: as in the first that has one such."""
    first = several[0]
    later = {
        part.name: next((name for one in several if (name := getattr(one, part.name)) is not None), None)
        for part in fields(first)
    }
    return replace(first, **later)


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
    undated: Rejected
    """Rows that are used without their time, which cannot be read."""
    doubt: Doubt | None
    """What other times they might be."""
    columns: EventColumns
    """Which column is what, and how numbers and times were read."""
    kept: pl.Series | None
    """Which rows of the table these are; None: all."""
    searches: Searches | None = None
    """The rows that are searches rather than events with an item; None: there are none."""


def event_rows(
    table: Table,
    columns: EventColumns,
    *,
    items: Vocabulary,
    users: Vocabulary | None,
    positive: Sequence[str],
) -> EventRows:
    """Return the usable rows of `table` as arrays, and the others with what is wrong with them.

    A row with an empty id, an unknown item, or a value, count or share that is no number is rejected; one
    with a time that cannot be read has none. Users that `users` does not hold are appended to it, in order.
    Rows that are searches stand apart.
    """
    frame = table.frame
    searching = are_searches(frame, columns.item, columns.type, columns.text)
    item = indices_of_ids(frame[columns.item], items)
    columns, time, doubt, numbers = _read_cells(frame, columns)
    bad, rejected = _reject_bad_rows(table, _faults(frame, columns, item, numbers, searching))
    undated = _undated_rows(table, columns.time, time, bad)
    mask = None
    if positive:
        cells = _with_read_cells(frame, columns, rule_columns(positive, frame.columns))
        mask = positive_mask(cells, positive, kind=columns.type, value=columns.value)
    asking = None
    if searching.any():
        asking = searching if bad is None else searching & ~bad
        bad = searching if bad is None else searching | bad
    kept, moments = (None if bad is None else ~bad), time
    if kept is not None:
        frame, item = frame.filter(kept), item[kept.to_numpy()]
        numbers = {name: column.filter(kept) for name, column in numbers.items()}
        time, mask = (None if column is None else column.filter(kept) for column in (time, mask))
    known, user = _index_users(frame[columns.user], users)
    known, searches = _searches(table, columns, known, moments, asking)
    return EventRows(
        users=known,
        user=user,
        item=item,
        value=_floats(numbers.get("value"), len(item), np.float32),
        time=_floats(time, len(item), np.float64),
        count=_floats(numbers.get("count"), len(item), np.float32),
        portion=_floats(numbers.get("portion"), len(item), np.float32),
        positive=None if mask is None else mask.to_numpy().astype(np.bool_, copy=False),
        types=None if columns.type is None else _types(frame[columns.type]),
        rejected=rejected,
        undated=undated,
        doubt=doubt,
        columns=columns,
        kept=kept,
        searches=searches,
    )


def _searches(
    table: Table, columns: EventColumns, users: Vocabulary, time: pl.Series | None, asking: pl.Series | None
) -> tuple[Vocabulary, Searches | None]:
    """Return the rows that are searches, None if none is, and the users with those who only search."""
    if asking is None or columns.text is None:
        return users, None
    rows = table.frame.filter(asking)
    known, who = _index_users(rows[columns.user], users)
    when = _floats(None if time is None else time.filter(asking), len(who), np.float64)
    return known, Searches(who, as_text(rows[columns.text]).str.strip_chars().alias("text"), when)


class _Cells(NamedTuple):
    """What the cells of an event table say."""

    columns: EventColumns
    """With how numbers and times were written."""
    time: pl.Series | None
    doubt: Doubt | None
    numbers: Mapping[str, pl.Series]
    """`value`, `count` and `portion`, where there are such columns, with null for what is no number."""


def _read_cells(frame: pl.DataFrame, columns: EventColumns) -> _Cells:
    if columns.decimal is None and columns.value is not None:
        columns = replace(columns, decimal=decimal_of(frame[columns.value]))
    numbers = dict[str, pl.Series]()
    if columns.value is not None:
        numbers["value"] = as_numbers(frame[columns.value], columns.decimal)
    if columns.count is not None:
        numbers["count"] = as_numbers(frame[columns.count], columns.decimal)
    if columns.portion is not None:
        numbers["portion"] = as_shares(frame[columns.portion])
    if columns.time is None:
        return _Cells(columns, None, None, numbers)
    seconds, order, doubt = read_times(frame[columns.time], written=columns.time_format)
    return _Cells(replace(columns, time_format=columns.time_format or order), seconds, doubt, numbers)


def _faults(
    frame: pl.DataFrame,
    columns: EventColumns,
    item: IntVector,
    numbers: Mapping[str, pl.Series],
    searching: pl.Series,
) -> list[tuple[str, str | None, pl.Series]]:
    """Return what may be wrong with rows: kind, column, and of which rows that is true."""
    faults: list[tuple[str, str | None, pl.Series]] = [
        ("user id is empty", None, is_blank(frame[columns.user])),
        ("item id is empty", None, is_blank(frame[columns.item]) & ~searching),
        ("unknown item", columns.item, pl.Series(item == MISSING) & ~searching),
    ]
    for kind, role in (
        ("value is not a number", "value"),
        ("count is not a number", "count"),
        ("share taken in is no share", "portion"),
    ):
        if role in numbers and numbers[role].null_count():
            name = str(getattr(columns, role))
            faults.append((kind, name, numbers[role].is_null() & ~is_blank_number(frame[name])))
    return faults


def _with_read_cells(frame: pl.DataFrame, columns: EventColumns, compared: Sequence[str]) -> pl.DataFrame:
    """Return `frame` with what rules compare as it was read, where its text could be read otherwise."""
    read = list[pl.Series]()
    if columns.value is not None and columns.decimal is not None and frame[columns.value].dtype == pl.String:
        read.append(as_numbers(frame[columns.value], columns.decimal).alias(columns.value))
    if columns.time is not None and columns.time in compared and columns.time_format is not None:
        seconds = read_times(frame[columns.time], written=columns.time_format).seconds
        read.append((seconds * 1e6).cast(pl.Int64).cast(pl.Datetime("us")).alias(columns.time))
    return frame.with_columns(read)


def _undated_rows(
    table: Table, column: str | None, time: pl.Series | None, bad: pl.Series | None
) -> Rejected:
    """Return the usable rows whose time cannot be read, with that as the reason."""
    if column is None or time is None or not time.null_count():
        return Rejected.none(table.where)
    unread = time.is_null() & ~is_blank_time(table.frame[column])
    return _reject_bad_rows(table, [(UNREAD_TIME, column, unread if bad is None else unread & ~bad)])[1]


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
    """Return each value as a share from 0 to 1, null where it is none.

    A column with `%` holds per cents, and so does one with values above `MOST_OF_ONE` if all are whole or at
    least a quarter of those above zero are as large. More than the whole, as players report it, is the whole.
    """
    text = series.str.strip_chars().str.strip_chars_end("%％") if series.dtype == pl.String else series
    numbers = as_numbers(text)
    marked = series.dtype == pl.String and bool(series.str.contains("[%％]").any())
    told = numbers.filter(numbers > 0)
    large = int((told > MOST_OF_ONE).sum())
    if marked or (large and (4 * large >= len(told) or bool((told == told.round()).all()))):
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
