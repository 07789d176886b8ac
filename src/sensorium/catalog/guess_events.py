"""What the columns of an event table are for, and which events count as positive: guessed, with reasons."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import polars as pl

from sensorium.catalog.column_names import find_named, plain_name
from sensorium.catalog.columns import as_numbers, as_text, as_times, is_blank, is_blank_number, is_blank_time
from sensorium.catalog.event_rows import (
    CONTEXT_NAMES,
    COUNT_NAMES,
    PORTION_NAMES,
    SEARCH_NAMES,
    SESSION_NAMES,
    SPELLING,
    TEXT_NAMES,
    TIME_NAMES,
    TYPE_NAMES,
    VALUE_NAMES,
    EventColumns,
    as_shares,
    indices_of_ids,
)
from sensorium.catalog.guess import ID_NAMES, MOST, SAMPLE_ROWS
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.searches import are_searches
from sensorium.catalog.strength import EventRules
from sensorium.catalog.type_strengths import StrengthGuess, guess_strengths, meaning_of
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary

USER_NAMES = (
    "user_id", "userid", "user", "uid", "customer_id", "customerid", "customer", "member_id", "member",
    "visitor_id", "visitor", "account_id", "account", "client_id", "buyer_id", "buyer", "viewer_id", "viewer",
    "listener_id", "listener", "reader_id", "student_id", "student", "reviewer_id", "reviewerid", "user_name",
    "username", "session_id",
    "用户id", "用户", "用户编号", "用户名", "会员id", "会员", "会员编号", "客户id", "客户", "客户编号",
    "顾客", "顾客id", "买家id",
    "买家", "访客id", "访客", "学员", "学生",
)  # fmt: skip
_TIME = re.compile(r"time|date|when|_at$|day|unix|epoch")
"""What the name of a column says that holds seconds since 1970; numbers alone do not tell them from ids."""
OTHER_NAMES = frozenset((*VALUE_NAMES, *TIME_NAMES, *TYPE_NAMES, *COUNT_NAMES, *PORTION_NAMES, *TEXT_NAMES))
"""Columns so called hold neither users nor items, though numbers such as ratings may also be ids of items."""
MAX_TYPES = 50
"""More distinct values than this are no event types."""
SCALES = ((5.0, "4"), (10.0, "7"))
"""The top of a rating scale, and from where on a rating speaks for the item."""


@dataclass(frozen=True)
class EventsGuess:
    """What the columns of an event table seem to be for."""

    columns: EventColumns
    positive: tuple[str, ...]
    """Suggested rules; empty: every event counts."""
    reasons: dict[str, str]
    """Column, or `positive`, or `strength` -> why."""
    left_out: tuple[str, ...]
    """The columns that have no part."""
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    """Column -> what it is: the name of a setting, such as `user`; of all columns that are something."""
    types: Mapping[str, int] = field(default_factory=dict[str, int])
    """Type of event -> how many there are, the most frequent first."""
    strength: StrengthGuess = field(default=StrengthGuess({}, {}))
    """What the types say, where they differ in that."""

    @property
    def rules(self) -> EventRules:
        """What the events say by these suggestions."""
        strengths = {kind.strip().lower(): value for kind, value in self.strength.strength.items()}
        return EventRules(self.positive, strengths)


YOUR_CHOICE = "you said so"
"""The reason for what was not guessed."""
NOTHING_GIVEN: Mapping[str, str] = {}


def guess_events(
    frame: pl.DataFrame,
    *,
    items: Vocabulary | None = None,
    item_id: str | None = None,
    given: Mapping[str, str] = NOTHING_GIVEN,
) -> EventsGuess:
    """Return the guessed columns of an event table and a suggestion for what counts as positive.

    Parameters
    ----------
    frame
        The events.
    items
        The items of the catalogue; the item column is then the one whose values they are.
    item_id
        What the catalogue calls its ids; a column of that name is the item's where the values do not tell.
    given
        `user`, `item`, `value`, `time` or `type` -> the column that it is: not guessed.

    Raises
    ------
    DataError
        If there are fewer than two columns.
    """
    if frame.width < 2:
        raise DataError("an event table needs a column for the user and one for the item", where="events")
    rows = frame.gather_every(max(1, frame.height // SAMPLE_ROWS)) if frame.height else frame
    sample = with_plain_types(rows)
    reasons = dict[str, str]()
    free = [name for name in frame.columns if name not in given.values()]
    user = given.get("user") or find_named(free, USER_NAMES)
    item = given.get("item") or _item_column(sample, [name for name in free if name != user], items, item_id)
    if "item" not in given and _says_searches_alone(sample, item, items, item_id):
        item = None
    else:
        reasons[item] = _why_item(sample[item], items)
    if user is None:
        user = _user_column(sample, [name for name in free if name != item])
        reasons[user] = "who, as no column is called user_id or the like"
    else:
        reasons[user] = "who"
    found: dict[str, str] = {"user": user} | ({} if item is None else {"item": item})
    _find_more(sample, free, found, reasons, given)
    types = _types_of_items(frame, found) if "type" in found else {}
    if types:
        reasons[found["type"]] = "what happened: " + ", ".join(list(types)[:6])
    reasons |= dict.fromkeys(given.values(), YOUR_CHOICE)
    roles = {column: role for role, column in found.items()}
    context = [name for name in free if name not in roles and plain_name(name) in CONTEXT_NAMES]
    roles |= dict.fromkeys(context, "context")
    reasons |= dict.fromkeys(context, "in which circumstances, by its name")
    positive, reasons["positive"] = _suggest_rules(sample, found.get("value"), found.get("type"))
    strength = guess_strengths(types) if not positive else StrengthGuess({}, {})
    if strength.strength:
        reasons["strength"] = "types differ in what they say, by their names"
    left_out = tuple(name for name in frame.columns if name not in roles)
    reasons |= {name: _why_left_out(frame[name]) for name in left_out}
    named: dict[str, Any] = {role: column for role, column in found.items() if role in EVENT_COLUMNS}
    return EventsGuess(EventColumns(**named), positive, reasons, left_out, roles, types, strength)


def _find_more(
    sample: pl.DataFrame,
    free: Sequence[str],
    found: dict[str, str],
    reasons: dict[str, str],
    given: Mapping[str, str],
) -> None:
    """Add to `found`, role -> column, and to `reasons` what is known of the `free` columns by name."""
    for role, names, fits, why in (
        ("time", TIME_NAMES, _reads_as_times, "when"),
        ("count", COUNT_NAMES, _reads_as_numbers, "how often it happened, by its name"),
        ("portion", PORTION_NAMES, _reads_as_shares, "which share of the item was taken in, by its name"),
        ("value", VALUE_NAMES, _reads_as_numbers, "numbers, such as ratings or weights"),
        ("type", TYPE_NAMES, _names_few_kinds, "what happened"),
        ("session", SESSION_NAMES, _says_any, "one visit, by its name"),
        ("text", TEXT_NAMES, _says_any, "what was said, by its name"),
    ):
        left = [name for name in free if name not in found.values()]
        column = given.get(role) or _find_readable(sample, left, names, fits)
        if column is None and role == "time":
            column = next((name for name in left if _holds_moments(sample[name])), None)
        if column is None and role == "type":
            column = next((name for name in left if _holds_known_types(sample[name])), None)
        if column is not None:
            found[role] = column
            searched = role == "text" and plain_name(column) in SEARCH_NAMES
            reasons[column] = "what was searched for, by its name" if searched else why


EVENT_COLUMNS = frozenset(part.name for part in fields(EventColumns)).difference(SPELLING)


def _why_left_out(series: pl.Series) -> str:
    """Return what is known of a column that has no part."""
    filled = series.filter(~is_blank(series))
    if filled.is_empty():
        return "is empty"
    if _flat(filled).n_unique() == 1:
        return "has one value only"
    kind = "numbers" if _reads_as_numbers(series) else "text"
    return f"{kind}; the name does not say of what"


def _flat(series: pl.Series) -> pl.Series:
    return as_text(series) if series.dtype.is_nested() else series


def refuse_events_as_items(frame: pl.DataFrame, item_id: str, where: str) -> None:
    """Raise `DataError` if a table has a column of users, and most of its rows name an item again."""
    user = find_named(frame.columns, USER_NAMES)
    if user in (None, item_id) or 2 * frame[item_id].n_unique() >= frame.height:
        return
    raise DataError(
        f"these are events, not items: most rows name an item again, and there is a column {user!r}",
        where=where,
        remedy="Exchange the two tables",
    )


def _says_searches_alone(
    frame: pl.DataFrame, item: str, items: Vocabulary | None, item_id: str | None
) -> bool:
    """Return whether a table has words that were searched for, and `item` that seems to be one holds none."""
    words = find_named(frame.columns, SEARCH_NAMES)
    if words is None or item == item_id or (plain_name(item) in ID_NAMES and item != words):
        return False
    if items is None or not len(items):
        return item == words
    return float(np.mean(indices_of_ids(frame[item], items) >= 0)) < FEW


FEW = 0.1
"""With fewer known ids, a column holds no items."""


def _types_of_items(frame: pl.DataFrame, found: Mapping[str, str]) -> dict[str, int]:
    """Return the types of events, without rows that are searches rather than events with an item."""
    if "item" in found:
        frame = frame.filter(~are_searches(frame, found["item"], found["type"], found.get("text")))
    return _event_types(frame[found["type"]])


def _find_readable(
    frame: pl.DataFrame, columns: Sequence[str], names: Sequence[str], fits: Callable[[pl.Series], bool]
) -> str | None:
    fitting = [name for name in columns if plain_name(name) in names and fits(frame[name])]
    return find_named(fitting, names)


def _item_column(
    frame: pl.DataFrame, columns: Sequence[str], items: Vocabulary | None, item_id: str | None
) -> str:
    named = item_id if item_id in columns else find_named(columns, ID_NAMES)
    columns = [name for name in columns if name == named or plain_name(name) not in OTHER_NAMES] or columns
    if items is None or not len(items) or frame.is_empty():
        return named or columns[min(1, len(columns) - 1)]
    known = {name: float(np.mean(indices_of_ids(frame[name], items) >= 0)) for name in columns}
    best = max(columns, key=lambda name: (known[name], name == named))
    return named if named is not None and known[named] >= SHARE_OF_BEST * known[best] else best


SHARE_OF_BEST = 0.9
"""How close to the best match with the catalogue a column must come to be taken for its name."""


def _why_item(values: pl.Series, items: Vocabulary | None) -> str:
    if items is None or not len(items) or values.is_empty():
        return "with which item"
    filled = values.filter(~is_blank(values))
    known = float(np.mean(indices_of_ids(filled, items) >= 0)) if len(filled) else 1.0
    return "with which item" if known >= MOST else f"with which item, though only {known:.0%} are known ids"


def _user_column(frame: pl.DataFrame, columns: Sequence[str]) -> str:
    """Return the first of the `columns` that seems to be neither a time nor a value nor a type, if one is."""
    free = [
        name for name in columns if plain_name(name) not in OTHER_NAMES and not _holds_moments(frame[name])
    ]
    return (free or list(columns))[0]


def _holds_moments(series: pl.Series) -> bool:
    """Return whether the values are dates or times: written as such, or seconds that the name speaks of."""
    filled = series.filter(~is_blank_time(series))
    if filled.is_empty() or not _reads_as_times(filled):
        return False
    numbers = as_numbers(filled).drop_nulls()
    if len(numbers) < MOST * len(filled):
        return True
    middle = float(numbers.median() or 0.0)  # type: ignore[arg-type]
    return middle >= OLDEST_S and _TIME.search(series.name.lower()) is not None


OLDEST_S = 1e8
"""Smaller numbers are no seconds since 1970 (this is March 1973)."""


def _reads_as_numbers(series: pl.Series) -> bool:
    filled = series.filter(~is_blank_number(series))
    return as_numbers(filled).null_count() <= (1 - MOST) * len(filled)


def _reads_as_times(series: pl.Series) -> bool:
    filled = series.filter(~is_blank_time(series))
    return as_times(filled).null_count() <= (1 - MOST) * len(filled)


def _holds_known_types(series: pl.Series) -> bool:
    """Return whether the values are few words, most of which are known as what people do."""
    if series.dtype != pl.String or not _names_few_kinds(series):
        return False
    kinds = as_text(series.unique()).drop_nulls().to_list()
    return len(kinds) > 1 and 2 * sum(meaning_of(kind) is not None for kind in kinds) > len(kinds)


def _names_few_kinds(series: pl.Series) -> bool:
    return as_text(series).n_unique() <= MAX_TYPES


def _says_any(series: pl.Series) -> bool:
    return not bool(is_blank(series).all()) or series.is_empty()


def _reads_as_shares(series: pl.Series) -> bool:
    """Return whether nearly all are shares: from 0 to 1, or per cents."""
    filled = series.filter(~is_blank(series))
    shares = as_shares(filled)
    numbers = as_numbers(filled.str.strip_chars_end("%％ ") if filled.dtype == pl.String else filled)
    most_said = float(numbers.max() or 0.0)  # type: ignore[arg-type]
    return shares.null_count() <= (1 - MOST) * len(filled) and most_said <= MOST_PER_CENT


MOST_PER_CENT = 200.0
"""Larger numbers are no shares: seconds, perhaps."""


def _event_types(series: pl.Series) -> dict[str, int]:
    """Return type -> how many events, the most frequent first."""
    counts = as_text(series).str.strip_chars().drop_nulls().alias("type").value_counts(sort=True)
    ordered = counts.sort(["count", "type"], descending=[True, False])
    return dict(ordered.iter_rows())


def _suggest_rules(frame: pl.DataFrame, value: str | None, kind: str | None) -> tuple[tuple[str, ...], str]:
    rules, reasons = list[str](), list[str]()
    numbers = as_numbers(frame[value]).drop_nulls() if value else pl.Series([], dtype=pl.Float64)
    scale = _rating_scale(numbers)
    if value and scale:
        top, threshold = scale
        rules.append(f"{value} >= {threshold}")
        reasons.append(f"ratings up to {top:g}")
    elif value and _has_both_signs(numbers):
        rules.append(f"{value} > 0")
        reasons.append("zero and less say no")
    types = list(_event_types(frame[kind])) if kind else []
    if rules and kind and types:
        unrated = frame.filter(as_numbers(frame[value]).is_null()) if value else frame
        against = [name for name in types if (found := meaning_of(name)) is not None and found.strength <= 0]
        rules += [name for name in _event_types(unrated[kind]) if name not in against]
        reasons.append(f"not {', '.join(against)}" if against else "and events without a rating")
    return tuple(rules), "; ".join(reasons) if rules else "every event counts"


def _has_both_signs(numbers: pl.Series) -> bool:
    """Return whether values such as -1 and 1, or 0 and 1, tell what was liked from what was not."""
    return bool((numbers <= 0).any()) and bool((numbers > 0).any())


def _rating_scale(numbers: pl.Series) -> tuple[float, str] | None:
    """Return the top of the rating scale that the values are on and the least good rating, or None."""
    if numbers.is_empty() or not 3 <= numbers.n_unique() <= 21:
        return None
    low, high = float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]
    halves = bool(((numbers * 2) == (numbers * 2).round()).all())
    if low < 0 or not halves:
        return None
    return next(((top, least) for top, least in SCALES if top - 1 <= high <= top), None)
