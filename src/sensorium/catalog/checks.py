"""Every problem of the tables at once. Which rows of events are set aside, and why, is in `event_rows`."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import polars as pl

from sensorium.catalog.availability import as_available
from sensorium.catalog.catalog import Catalog, ReadCatalog
from sensorium.catalog.columns import (
    as_flags,
    as_text,
    is_blank,
    is_blank_number,
    is_blank_time,
)
from sensorium.catalog.event_rows import UNREAD_TIME
from sensorium.catalog.events import Events, ReadEvents
from sensorium.catalog.number_text import Decimal
from sensorium.catalog.problems import (
    REMEDIES,
    Problem,
    Severity,
    encoding_problems,
    numbered,
    rejected_problems,
    undated_problems,
    why_none,
)
from sensorium.catalog.reading_problems import (
    DATES_REMEDY,
    EVENT_TIMES_REMEDY,
    number_problems,
    time_problems,
)
from sensorium.catalog.rejected import ROW
from sensorium.catalog.strength_checks import strength_problems
from sensorium.catalog.times import read_times
from sensorium.core.roles import Role
from sensorium.core.units import DAY_S

FEWEST_ITEMS = 2


def check_catalog(read: ReadCatalog) -> list[Problem]:
    """Return every problem of an item table, the gravest first; media are checked by `check_media`."""
    catalog, where = read.catalog, read.table.where
    found = [*rejected_problems(read.rejected), *encoding_problems(read.table)]
    if len(catalog) < FEWEST_ITEMS:
        message = "there is only one item" if len(catalog) else "there are no items"
        remedy = "Give at least two items, so that there is something to choose from"
        found.append(Problem(Severity.ERROR, "too few items", where, message, remedy))
        return sort_by_severity(found)
    if not any(role.makes_features for role in catalog.roles.values()):
        message = "no column has a role from which features are made"
        remedy = "Name at least one column of text, media, categories or numbers"
        found.append(Problem(Severity.WARNING, "no features", where, message, remedy))
    for column, role in catalog.roles.items():
        found += _column_problems(read, column, role)
    return sort_by_severity([*found, *_items_without_features(read), *_spaced_id_problems(read)])


def check_events(
    read: ReadEvents,
    *,
    later: Sequence[ReadEvents] = (),
    whole: Events | None = None,
    now: float | None = None,
) -> list[Problem]:
    """Return every problem of an event table, the gravest first.

    Parameters
    ----------
    read
        The events as read, with the rows that were set aside.
    later
        Tables that came after it.
    whole
        The events of all tables, each once; those of `read` if not given.
    now
        Seconds since 1970; times more than a day later lie in the future. The clock if not given.
    """
    now = time.time() if now is None else now
    events, where = read.events if whole is None else whole, read.table.where
    found = list[Problem]()
    for table in (read, *later):
        found += rejected_problems(table.rejected)
        found += encoding_problems(table.table)
    if not len(events):
        n_rows = read.table.frame.height + len(read.table.rejected)
        message, remedy = why_none(read.rejected, n_rows, events.items.ids)
        found.append(Problem(Severity.ERROR, "no events", where, message, remedy))
        return sort_by_severity(found)
    if not events.positive.any():
        remedy = "Change the rules under `positive`, or the strengths"
        found.append(Problem(Severity.ERROR, "no positive events", where, "no event is positive", remedy))
    found += strength_problems(events, where)
    found += _missing_time_problems(events, where, read.columns.time)
    for table in (read, *later):
        found += undated_problems(table.undated, table.columns.time)
        found += _time_problems(table, now) if events.has_times else []
        found += _ambiguous_cells(table)
    return sort_by_severity([*found, *_sparse_data_problems(events, where)])


def sort_by_severity(problems: list[Problem]) -> list[Problem]:
    """Return the problems, the gravest first, otherwise in their order."""
    order = list(Severity)
    return sorted(problems, key=lambda problem: order.index(problem.severity))


def _column_problems(read: ReadCatalog, column: str, role: Role) -> list[Problem]:
    series, where = read.catalog.frame[column], read.table.where
    if bool(is_blank(series).all()):
        message = f"the column {column!r} is empty"
        remedy = "Fill it, or take it out of the catalogue's columns"
        return [Problem(Severity.WARNING, "empty column", where, message, remedy, column, len(series))]
    parsed = _PARSERS[role](read.catalog, column) if role in _PARSERS else None
    if parsed is None:
        return []
    return [*_unread_problems(read, column, role, parsed), *_doubtful_problems(read, column, role)]


def _doubtful_problems(read: ReadCatalog, column: str, role: Role) -> list[Problem]:
    """Return what cells of a column could be read in another way."""
    series, where = read.catalog.frame[column], read.table.where
    if role is Role.PUBLISHED:
        return time_problems(read_times(series, years=True).doubt, series.name, where, DATES_REMEDY)
    decimal = cast("Decimal | None", read.catalog.spelling.get(column))
    return number_problems(series, where, decimal) if role is Role.NUMBER else []


def _unread_problems(read: ReadCatalog, column: str, role: Role, parsed: pl.Series) -> list[Problem]:
    series, where = read.catalog.frame[column], read.table.where
    unread = parsed.is_null() & ~(is_blank_time if role is Role.PUBLISHED else is_blank_number)(series)
    if not unread.any():
        return []
    what = _EXPECTED[role]
    message = numbered(
        int(unread.sum()),
        f"value of {column!r} is no {what} and counts as missing",
        f"values of {column!r} are no {what} and count as missing",
    )
    return [
        Problem.at(
            Severity.WARNING,
            "unreadable value",
            where,
            message,
            remedy=f"Write each as a {_EXPECTED[role]}, or leave the cell empty",
            column=column,
            rows=read.rows.filter(unread),
            samples=as_text(series.filter(unread)).head(100),
        )
    ]


_PARSERS: Mapping[Role, Callable[[Catalog, str], pl.Series]] = {
    Role.NUMBER: Catalog.number_cells,
    Role.PUBLISHED: Catalog.time_cells,
    Role.HIDDEN: lambda catalog, column: as_flags(catalog.frame[column]),
    Role.AVAILABLE: lambda catalog, column: as_available(catalog.frame[column]),
}
_EXPECTED: Mapping[Role, str] = {
    Role.NUMBER: "number",
    Role.PUBLISHED: "time",
    Role.HIDDEN: "yes or no",
    Role.AVAILABLE: "yes or no",
}


def _items_without_features(read: ReadCatalog) -> list[Problem]:
    catalog = read.catalog
    columns = [column for column, role in catalog.roles.items() if role.makes_features]
    if not columns:
        return []
    empty = pl.DataFrame({c: is_blank(catalog.frame[c]) for c in columns}).select(pl.all_horizontal(pl.all()))
    bare = empty.to_series()
    if not bare.any():
        return []
    return [
        Problem.at(
            Severity.WARNING,
            "item without content",
            read.table.where,
            numbered(int(bare.sum()), "item has", "items have") + " neither text nor media nor attributes",
            remedy="Describe them; until then only behaviour can recommend them",
            rows=read.rows.filter(bare),
            samples=catalog.items.ids.filter(bare).head(100),
        )
    ]


def _spaced_id_problems(read: ReadCatalog) -> list[Problem]:
    ids = read.catalog.items.ids
    spaced = ids != ids.str.strip_chars()
    if not spaced.any():
        return []
    return [
        Problem.at(
            Severity.WARNING,
            "spaces around id",
            read.table.where,
            numbered(int(spaced.sum()), "item id begins or ends", "item ids begin or end")
            + " with white space, which counts as part of the id",
            remedy="Take it away, in the events too",
            column=read.catalog.id_column,
            rows=read.rows.filter(spaced),
            samples=(repr(value) for value in ids.filter(spaced).head(100)),
        )
    ]


NO_TIMES_REMEDY = "Add a column timestamp, or name the column that has it as time under [events]"


def _missing_time_problems(events: Events, where: str, column: str | None) -> list[Problem]:
    """Return a note if times tell events apart nowhere."""
    if not events.has_times:
        message = "no event has a time, so that nothing can be split or weighted by time"
        remedy = NO_TIMES_REMEDY if column is None else REMEDIES[UNREAD_TIME]
        return [Problem(Severity.NOTE, "no times", where, message, remedy, column)]
    if len(events) > 1 and np.nanmin(events.time) == np.nanmax(events.time):
        message = "all events have the same time, so that nothing can be split or weighted by time"
        return [Problem(Severity.NOTE, "one time", where, message, column=column)]
    return []


def _ambiguous_cells(read: ReadEvents) -> list[Problem]:
    """Return what numbers and times could be read in another way."""
    columns, where = read.columns, read.table.where
    found = time_problems(read.doubt, columns.time, where, EVENT_TIMES_REMEDY)
    if columns.value is not None:
        found += number_problems(read.table.frame[columns.value], where)
    return found


def _time_problems(read: ReadEvents, now: float) -> list[Problem]:
    events, found = read.events, list[Problem]()
    undated = np.isnan(events.time)
    if len(read.undated) and undated.any():
        every = pl.repeat(value=True, n=len(events), dtype=pl.Boolean, eager=True).to_numpy()
        undated &= ~read.rows_of(every).is_in(read.undated.frame[ROW].implode()).to_numpy()
    in_future = events.time > now + DAY_S
    older = "no time and {} as older than all others"
    for kind, mask, one, many, remedy in (
        (
            "time in the future",
            in_future,
            "event lies in the future",
            "events lie in the future",
            "Check unit and time zone",
        ),
        (
            "no time",
            undated,
            f"event has {older.format('counts')}",
            f"events have {older.format('count')}",
            "Fill them in",
        ),
    ):
        if mask.any():
            message = numbered(int(mask.sum()), one, many)
            found.append(
                Problem.at(
                    Severity.WARNING,
                    kind,
                    read.table.where,
                    message,
                    remedy=remedy,
                    column=read.columns.time,
                    rows=read.rows_of(mask),
                )
            )
    return found


def _sparse_data_problems(events: Events, where: str) -> list[Problem]:
    found = list[Problem]()
    per_user = np.bincount(events.user, minlength=len(events.users))
    n_single = int((per_user == 1).sum())
    if n_single:
        message = (
            f"{n_single:,} of {numbered(len(events.users), 'user has', 'users have')} a single event, "
            "which cannot be held back"
        )
        found.append(Problem(Severity.NOTE, "user with one event", where, message, count=n_single))
    n_unseen = len(events.items) - pl.Series(events.item).n_unique()
    if n_unseen:
        message = f"{n_unseen:,} of {len(events.items):,} items without an event; their content has to do"
        found.append(Problem(Severity.NOTE, "item without events", where, message, count=n_unseen))
    n_repeated = len(events) - pl.Series(events.user * max(1, len(events.items)) + events.item).n_unique()
    if n_repeated:
        said = numbered(n_repeated, "event repeats", "events repeat")
        counted = "what they say adds up" if events.is_weighted else "each pair counts once"
        message = f"{said} an earlier user and item; {counted}"
        found.append(Problem(Severity.NOTE, "repeated event", where, message, count=n_repeated))
    return found
