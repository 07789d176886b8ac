"""What the columns of an event table are for, and which events count as positive: guessed, with reasons."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sensorium.catalog.columns import as_numbers, as_text, as_times, is_blank_number, is_blank_time
from sensorium.catalog.event_rows import TIME_NAMES, TYPE_NAMES, VALUE_NAMES, EventColumns, indices_of_ids
from sensorium.catalog.guess import ID_NAMES, MOST, SAMPLE_ROWS
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.strength import EventRules
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary

USER_NAMES = (
    "user_id", "userid", "user", "uid", "customer_id", "customerid", "customer", "member_id", "visitor_id",
    "account_id", "reviewer_id", "reviewerid", "session_id", "用户id", "用户",
)  # fmt: skip
NEGATIVE_TYPES = (
    "dislike",
    "skip",
    "hide",
    "unlike",
    "return",
    "refund",
    "impression",
    "exposure",
    "report",
    "block",
)
_TIME = re.compile(r"time|date|when|_at$|day|unix|epoch")
"""What the name of a column says that holds seconds since 1970; numbers alone do not tell them from ids."""
OTHER_NAMES = frozenset((*VALUE_NAMES, *TIME_NAMES, *TYPE_NAMES))
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
    """Column, or `positive` -> why."""
    left_out: tuple[str, ...]
    """The columns that nothing is known of."""

    @property
    def rules(self) -> EventRules:
        """What the events say by these suggestions."""
        return EventRules(self.positive)


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
    user = given.get("user") or _find_named(free, USER_NAMES)
    item = given.get("item") or _item_column(sample, [name for name in free if name != user], items, item_id)
    reasons[item] = _why_item(sample[item], items)
    if user is None:
        user = _user_column(sample, [name for name in free if name != item])
        reasons[user] = "who, as no column is called user_id or the like"
    else:
        reasons[user] = "who"
    free = [name for name in free if name not in (user, item)]
    time = given.get("time") or _find_readable(sample, free, TIME_NAMES, _reads_as_times)
    time = time or next((name for name in free if _holds_moments(sample[name])), None)
    free = [name for name in free if name != time]
    value = given.get("value") or _find_readable(sample, free, VALUE_NAMES, _reads_as_numbers)
    left = [name for name in free if name != value]
    kind = given.get("type") or _find_readable(sample, left, TYPE_NAMES, _names_few_kinds)
    if time:
        reasons[time] = "when"
    if value:
        reasons[value] = "numbers, such as ratings or counts"
    if kind:
        reasons[kind] = "what happened: " + ", ".join(_event_types(sample[kind])[:6])
    reasons |= dict.fromkeys(given.values(), YOUR_CHOICE)
    positive, reasons["positive"] = _suggest_rules(sample, value, kind)
    left_out = tuple(name for name in left if name != kind)
    return EventsGuess(EventColumns(user, item, value, time, kind), positive, reasons, left_out)


def refuse_events_as_items(frame: pl.DataFrame, item_id: str, where: str) -> None:
    """Raise `DataError` if a table has a column of users, and most of its rows name an item again."""
    user = _find_named(frame.columns, USER_NAMES)
    if user in (None, item_id) or 2 * frame[item_id].n_unique() >= frame.height:
        return
    raise DataError(
        f"these are events, not items: most rows name an item again, and there is a column {user!r}",
        where=where,
        remedy="Exchange the two tables",
    )


def _find_named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in reversed(columns)}
    return next((lower[name] for name in names if name in lower), None)


def _find_readable(
    frame: pl.DataFrame, columns: Sequence[str], names: Sequence[str], fits: Callable[[pl.Series], bool]
) -> str | None:
    fitting = [name for name in columns if name.lower() in names and fits(frame[name])]
    return _find_named(fitting, names)


def _item_column(
    frame: pl.DataFrame, columns: Sequence[str], items: Vocabulary | None, item_id: str | None
) -> str:
    named = item_id if item_id in columns else _find_named(columns, ID_NAMES)
    columns = [name for name in columns if name == named or name.lower() not in OTHER_NAMES] or columns
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
    known = float(np.mean(indices_of_ids(values, items) >= 0))
    return "with which item" if known >= MOST else f"with which item, though only {known:.0%} are known ids"


def _user_column(frame: pl.DataFrame, columns: Sequence[str]) -> str:
    """Return the first of the `columns` that seems to be neither a time nor a value nor a type, if one is."""
    free = [name for name in columns if name.lower() not in OTHER_NAMES and not _holds_moments(frame[name])]
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


def _names_few_kinds(series: pl.Series) -> bool:
    return as_text(series).n_unique() <= MAX_TYPES


def _event_types(series: pl.Series) -> list[str]:
    return as_text(series).drop_nulls().value_counts(sort=True).to_series().to_list()


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
    types = _event_types(frame[kind]) if kind else []
    negative = [name for name in types if name.strip().lower() in NEGATIVE_TYPES]
    if negative or (rules and types):
        unrated = frame.filter(as_numbers(frame[value]).is_null()) if rules and value else frame
        speaking = _event_types(unrated[kind]) if kind else []
        rules += [name for name in speaking if name not in negative]
        reasons.append(f"not {', '.join(negative)}" if negative else "and events without a rating")
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
