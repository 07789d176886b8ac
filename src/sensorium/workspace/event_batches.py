"""A workspace's updates: events that came after the table of events, each batch a file of its own.

`DIR/updates` belongs to the user as the table of events does: `fit` learns from both, and a model that was
fitted before serves the batches that it has not learnt from. A batch is written aside and renamed, so a crash
leaves it whole or absent; a batch that comes twice changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from sensorium.catalog.columns import as_numbers, as_text
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events, ReadEvents
from sensorium.catalog.positive import rule_columns
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import KIND, ROW, Rejected, as_text_frame
from sensorium.catalog.searches import with_items_column
from sensorium.catalog.times import read_times
from sensorium.core.files import written_aside
from sensorium.core.hashing import hash_bytes
from sensorium.core.log_clock import date_undated
from sensorium.serving.fit_record import ReadingRules
from sensorium.serving.fold_in_events import UNKNOWN_ITEM, present_columns, read_as_learnt
from sensorium.workspace.workspace import Workspace

UPDATES = "updates"


def update_files(workspace: Workspace) -> list[Path]:
    """Return the batches in the order in which they came."""
    return sorted((workspace.folder / UPDATES).glob("*.csv"))


def keep_update(
    workspace: Workspace, table: Table, rejected: Rejected, learnt: EventColumns | None = None
) -> Path | None:
    """Write the rows of `table` as a batch and return its file; None if no row is worth keeping.

    A batch that is there already is not written again. Rows that can never be used are left out; those of
    items that the catalogue does not hold yet are kept. Numbers and times that could be read in two ways are
    written so that one is left; `learnt` says how those that a model learnt from were read.
    """
    rules = reading_rules(workspace)
    hopeless = rejected.frame.filter(rejected.frame[KIND] != UNKNOWN_ITEM)[ROW] if len(rejected) else []
    numbers = table.rows(pl.repeat(True, table.frame.height, dtype=pl.Boolean, eager=True))
    completed = present_columns(table, rules).completed(table.frame.columns, where=table.where)
    table = with_items_column(table, completed.item, completed.type, completed.text)
    named = dict.fromkeys([*completed.used(), *rule_columns(rules.rules.positive, table.frame.columns)])
    rows = table.frame.filter(~numbers.is_in(hopeless)).select(list(named))
    kept = as_text_frame(_plainly_written(rows, completed if learnt is None else _as_read(completed, learnt)))
    if not kept.height:
        return None
    content = kept.write_csv().encode()
    digest = hash_bytes(content)[:12]
    for known in update_files(workspace):
        if known.stem.endswith(digest):
            return known
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{digest}.csv"
    file = workspace.folder / UPDATES / name
    with written_aside(file) as aside:
        aside.write_bytes(content)
    return file


def read_updates(workspace: Workspace, events: Events) -> list[ReadEvents]:
    """Return the batches as read, in order; users are numbered on from those of `events`."""
    as_learnt = replace(
        reading_rules(workspace), columns=_as_read(reading_rules(workspace).columns, events.columns)
    )
    as_learnt = replace(as_learnt, rules=events.rules)
    read: list[ReadEvents] = []
    users = events.users
    for file in update_files(workspace):
        read.append(read_as_learnt(file, events.items, users, as_learnt))
        users = read[-1].events.users
    return read


def with_updates(events: Events, updates: Sequence[ReadEvents]) -> Events:
    """Return `events` and, after them, those of the `updates` that they do not hold already.

    An event of an update without a time counts as happening when it came, as it did when it was served.
    """
    ends = [len(events)]
    for update in updates:
        new = update.events
        events = Events.concat(events, new.where(_fresh(events, new)))
        ends.append(len(events))
    time = events.time.copy()
    for start, end in pairwise(ends):
        before, batch = (events.user[:start], time[:start]), slice(start, end)
        time[batch] = date_undated(events.user[batch], time[batch], before)
    return replace(events, time=time)


def reading_rules(workspace: Workspace) -> ReadingRules:
    """Return how the workspace's settings say that events are read."""
    settings = workspace.settings.events
    return ReadingRules(settings.columns, settings.rules)


def _fresh(events: Events, new: Events) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return which of the `new` events [n] are not among `events`: the table may have caught up."""
    typed = events.types is not None and new.types is not None
    known, asked = (
        pl.DataFrame(part.arrays() | ({"type": part.types} if typed else {})) for part in (events, new)
    )
    known = known.unique()
    rows = asked.with_row_index("row").join(known, on=asked.columns, how="anti", nulls_equal=True)["row"]
    fresh = np.zeros(len(new), dtype=np.bool_)
    fresh[rows.to_numpy()] = True
    return fresh


def _as_read(columns: EventColumns, learnt: EventColumns) -> EventColumns:
    """Return `columns`, numbers and times written as in those of `learnt`."""
    return replace(columns, time_format=learnt.time_format, decimal=learnt.decimal)


def _plainly_written(frame: pl.DataFrame, columns: EventColumns) -> pl.DataFrame:
    """Return `frame`, values and times written so that they can be read in one way alone.

    Values have a decimal point and never three decimals; times whose `time_format` matters are ISO 8601.
    What cannot be read stays as it is.
    """
    plain = list[pl.Series]()
    if columns.value is not None and (columns.decimal == "," or frame[columns.value].dtype.is_float()):
        numbers = as_text(as_numbers(frame[columns.value], columns.decimal))
        written = numbers.str.replace(r"^(-?\d{1,3}\.\d{3})$", "${1}0")
        plain.append(written.fill_null(as_text(frame[columns.value])).alias(columns.value))
    if columns.time is not None and columns.time_format is not None:
        seconds = read_times(frame[columns.time], written=columns.time_format).seconds
        moments = (seconds * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us"))
        written = moments.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
        plain.append(written.fill_null(as_text(frame[columns.time])).alias(columns.time))
    return frame.with_columns(plain)
