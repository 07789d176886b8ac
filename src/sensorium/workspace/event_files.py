"""A workspace's tables of events: one, several whose columns are called as they like, or none."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import polars as pl

from sensorium.catalog.event_rows import SPELLING, EventColumns, first_of_each
from sensorium.catalog.events import Events, ReadEvents, read_events
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.catalog.searches import is_search
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary
from sensorium.serving.fit_record import ReadingRules
from sensorium.serving.fold_in_events import read_as_learnt
from sensorium.workspace.settings import TYPE_COLUMN, EventFiles, EventSettings

NO_TABLE = "events"
"""What is said to hold the events where there is no table of them."""


def read_event_files(
    settings: EventSettings, sources: Sequence[Path | Table], items: Vocabulary
) -> list[ReadEvents]:
    """Return the events of each table; users are numbered on, and ratings scaled alike.

    Parameters
    ----------
    settings
        What the tables' columns are for.
    sources
        Where the tables are, or what was read there, in the order of `settings.tables`. Without any, one that
        is empty is read.
    items
        The items of the catalogue.

    Raises
    ------
    DataError
        If a table cannot be read, or lacks a column that its settings name.
    """
    if not sources:
        columns = EventColumns(settings.user, settings.item)
        empty = pl.DataFrame(dict.fromkeys(columns.used(), pl.Series([], dtype=pl.String)))
        return [read_events(Table(empty, NO_TABLE), columns, items=items, rules=settings.rules)]
    if len(sources) == 1 and settings.tables[0].every is None:
        return [read_events(sources[0], settings.columns, items=items, rules=settings.rules)]
    tables = [one if isinstance(one, Table) else read_table(one) for one in sources]
    _require_columns(settings, tables)
    read: list[ReadEvents] = []
    rules = settings.rules
    for file, table in zip(settings.tables, tables, strict=True):
        table, columns = _typed(table, file, settings)
        users = read[-1].events.users if read else None
        read.append(read_as_learnt(table, items, users, ReadingRules(columns, rules)))
        rules = read[-1].events.rules
    return read


def all_events(read: Sequence[ReadEvents]) -> Events:
    """Return the events of all tables, one after another."""
    if len(read) == 1:
        return read[0].events
    events = Events.concat(*(one.events for one in read))
    return replace(events, columns=first_of_each([one.columns for one in read]), rules=read[-1].events.rules)


def called_as_first(table: Table, settings: EventSettings) -> Table:
    """Return events that came later, in the columns of any of the workspace's tables, called as in the first.

    The table whose columns they have most of is taken for theirs.
    """
    names = set(table.frame.columns)
    fitting = [file for file in settings.tables if {file.user, *_ids_of(file)} <= names]
    if len(settings.tables) < 2 or not fitting:
        return table
    file = max(fitting, key=lambda one: len(names.intersection(one.columns.used())))
    table, columns = _typed(table, file, settings)
    wanted = settings.columns
    called = {
        old: new
        for part in fields(EventColumns)
        if part.name not in SPELLING
        and (old := getattr(columns, part.name)) != (new := getattr(wanted, part.name))
        and old in table.frame.columns
        and new is not None
    }
    frame = table.frame.drop([name for name in called.values() if name in names], strict=False)
    return table.with_frame(frame.rename(called))


def _typed(table: Table, file: EventFiles, settings: EventSettings) -> tuple[Table, EventColumns]:
    """Return the table with a column of types, where its settings say what every event is; and its columns.

    The type stands only where the table says none.
    """
    columns = file.columns
    name = columns.type or settings.columns.type or TYPE_COLUMN
    if file.every is not None:
        said = pl.lit(file.every)
        cells = pl.col(name).fill_null(said) if name in table.frame.columns else said
        table = table.with_frame(table.frame.with_columns(cells.alias(name)))
    return table, replace(columns, type=name)


def _ids_of(file: EventFiles) -> tuple[str, ...]:
    """Return the column of items that a table must have: none where it says searches alone."""
    return () if is_search(file.every) else (file.item,)


def _require_columns(settings: EventSettings, tables: Sequence[Table]) -> None:
    """Raise `DataError` unless each table has its ids, and one of those alike each other named column."""
    for part in (settings, *settings.others):
        alike = [
            table for file, table in zip(settings.tables, tables, strict=True) if file.columns == part.columns
        ]
        for name in part.columns.used():
            lacking = [table for table in alike if name not in table.frame.columns]
            if lacking and name == part.item and name not in _ids_of(part):
                continue
            if lacking and (name in (part.user, part.item) or len(lacking) == len(alike)):
                raise DataError(
                    f"there is no column {name!r}",
                    where=lacking[0].where,
                    remedy=f"Columns are: {', '.join(lacking[0].frame.columns)}",
                )
