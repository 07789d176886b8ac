"""Tables as people hold them (frames, files, downloaded folders) as a catalogue and its events."""

from pathlib import Path
from typing import NamedTuple

from sensorium.catalog.catalog import Catalog, read_catalog
from sensorium.catalog.datasets import find_layout
from sensorium.catalog.events import Events, ReadEvents, no_events, read_events
from sensorium.catalog.guess import guess_roles
from sensorium.catalog.guess_events import guess_events, refuse_events_as_items
from sensorium.catalog.problems import undated_problems, why_none
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.errors import DataError
from sensorium.core.progress import LOG


class CatalogAndEvents(NamedTuple):
    """What `sensorium.fit` takes."""

    catalog: Catalog
    events: Events


def read_tables(items: object, events: object | None = None) -> CatalogAndEvents:
    """Return the catalogue and the events of two tables, or of a folder with a known layout.

    What each column is for is guessed as `sensorium init` does; rows that cannot be used are set aside. Both
    are logged to `sensorium`, at `INFO` and `WARNING`. For another choice: `Catalog.from_frame` and
    `Events.from_frame`.

    Parameters
    ----------
    items
        A polars, pandas or Arrow frame; a CSV, TSV, JSON, Parquet or Excel file; or a folder: MovieLens,
        RecBole, one with `items.*` and `events.*`, or one of media with `events.*`.
    events
        A frame or a file; not needed where `items` is a folder that has them. Where there are none, the
        catalogue stands alone: `sensorium.fit` takes it, too.

    Raises
    ------
    DataError
        If a table cannot be read.
    """
    if isinstance(items, str | Path) and Path(items).is_dir():
        layout = find_layout(Path(items))
        items, events = layout.items, layout.events if events is None else events
    catalog = given_catalog(items)
    return CatalogAndEvents(catalog, given_events(events, catalog))


def given_catalog(given: object) -> Catalog:
    """Return `given`, if it is a catalogue, or that of a table, whose columns are guessed."""
    if isinstance(given, Catalog):
        return given
    table = _table(given, "items")
    guess = guess_roles(table.frame)
    refuse_events_as_items(table.frame, guess.id, table.where)
    for column in guess.columns:
        role = "left out" if column.role is None else column.role.value
        LOG.info("items: column %r is %s: %s", column.column, role, column.reason)
    read = read_catalog(table, id=guess.id, roles=guess.roles)
    _warn_of(read.rejected)
    return read.catalog


def given_events(given: object, catalog: Catalog) -> Events:
    """Return `given`, if it is events, or those of a table, whose columns are guessed; none for None."""
    if isinstance(given, Events):
        return given
    if given is None:
        LOG.info("events: there are none; items are compared by their content alone")
        return no_events(catalog.items)
    table = _table(given, "events")
    guess = guess_events(table.frame, items=catalog.items, item_id=catalog.id_column)
    for column, reason in guess.reasons.items():
        LOG.info("events: %s: %s", column, reason)
    read = read_events(table, guess.columns, items=catalog.items, rules=guess.rules)
    _warn_of(read.rejected)
    warn_of_undated(read)
    refuse_no_events(read)
    return read.events


def warn_of_undated(read: ReadEvents) -> None:
    """Log at `WARNING` if events are used without their time, which cannot be read."""
    for problem in undated_problems(read.undated, read.columns.time):
        LOG.warning("%s: %s (%s)", problem.where, problem.message, "; ".join(problem.samples[:3]))


def refuse_no_events(read: ReadEvents) -> None:
    """Raise `DataError` with the first cause if rows were set aside and none is left."""
    if len(read.events) or not len(read.rejected):
        return
    n_rows = read.table.frame.height + len(read.table.rejected)
    message, remedy = why_none(read.rejected, n_rows, read.events.items.ids)
    raise DataError(message, where=read.rejected.where, remedy=remedy)


def _table(given: object, name: str) -> Table:
    if isinstance(given, str | Path):
        return read_table(Path(given))
    return Table(as_polars(given), name)


def _warn_of(rejected: Rejected) -> None:
    if len(rejected):
        LOG.warning(
            "%s: %s rows cannot be used and were set aside: %s",
            rejected.where,
            f"{len(rejected):,}",
            _kinds(rejected),
        )


def _kinds(rejected: Rejected) -> str:
    return ", ".join(f"{kind} ({n:,})" for kind, n in rejected.counts().items())
