"""A new workspace: guess what the columns are for, say why, write `sensorium.toml`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.catalog.columns import as_text
from sensorium.catalog.datasets import find_layout
from sensorium.catalog.guess import CatalogGuess, ColumnGuess, guess_roles
from sensorium.catalog.guess_events import (
    NOTHING_GIVEN,
    YOUR_CHOICE,
    EventsGuess,
    guess_events,
    refuse_events_as_items,
)
from sensorium.catalog.positive import positive_mask
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary
from sensorium.workspace.settings import CatalogSettings, EventSettings, Settings
from sensorium.workspace.workspace import SETTINGS_FILE

HEADER = """\
# What the columns mean, what counts as liked, which model to fit.
# Every setting: docs/workspace.md. Guessed by `sensorium init`; correct what it got wrong.

"""


@dataclass(frozen=True)
class NewWorkspace:
    """A new workspace and what was guessed for it."""

    file: Path
    settings: Settings
    items: CatalogGuess
    events: EventsGuess | None
    """None where there is a catalogue alone."""
    n_items: int
    n_events: int

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium init --json` prints."""
        columns = [
            {"column": c.column, "role": None if c.role is None else c.role.value, "reason": c.reason}
            for c in self.items.columns
        ]
        settings = self.settings.model_dump(mode="json")
        return {"file": str(self.file), "id": self.items.id, "columns": columns, "settings": settings}


def initialize_workspace(
    folder: Path,
    *,
    items: Path | None = None,
    events: Path | None = None,
    source: Path | None = None,
    id: str | None = None,  # noqa: A002
    roles: Mapping[str, Role | None] | None = None,
    event_columns: Mapping[str, str] = NOTHING_GIVEN,
    positive: Sequence[str] | None = None,
    overwrite: bool = False,
) -> NewWorkspace:
    """Write `sensorium.toml` into `folder` and return what was guessed.

    Parameters
    ----------
    items, events
        The two tables; of a catalogue alone, there are no events. Or
    source
        a folder whose layout is known (MovieLens, RecBole, items.csv and events.csv, media). Without any of
        the three it is `folder` itself.
    id
        The column with the item ids, if the guess is wrong.
    roles
        Column -> role for columns whose guess is wrong; None: leave the column out.
    event_columns
        `user`, `item`, `value`, `time` or `type` -> the column of the events, if the guess is wrong.
    positive
        Rules for what counts as liked, if the guess is wrong.
    overwrite
        Replace a file that is there.

    Raises
    ------
    DataError
        If a table is missing or empty, or a named column is not in it.
    ConfigError
        If there is a `sensorium.toml` already.
    """
    file = folder / SETTINGS_FILE
    if file.exists() and not overwrite:
        raise ConfigError(
            "there is a workspace already",
            where=str(file),
            remedy="Edit it, or replace it: overwrite=True, or sensorium init --force",
        )
    items, events = _find_tables(folder, items, events, source)
    table = _read_rows(items)
    _require([*([] if id is None else [id]), *(roles or {})], table.frame.columns, str(items))
    guess = _apply_corrections(guess_roles(table.frame, id=id), roles or {})
    refuse_events_as_items(table.frame, guess.id, str(items))
    ids = as_text(table.frame[guess.id]).drop_nulls().unique(maintain_order=True)
    log_guess, n_events, said = None, 0, EventSettings()
    if events is not None:
        log = read_table(events)
        _require(list(event_columns.values()), log.frame.columns, str(events))
        log_guess = guess_events(log.frame, items=Vocabulary(ids), item_id=guess.id, given=event_columns)
        columns, n_events = log_guess.columns, log.frame.height
        positive_mask(log.frame.head(1), positive or (), kind=columns.type, value=columns.value)
        said = _event_settings(log_guess, _relative(events, folder), positive)
    catalog = _catalog_settings(guess, _relative(items, folder), where=str(file))
    settings = Settings(catalog=catalog, events=said)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, HEADER + settings.toml(_reasons(guess, log_guess, settings.events, positive)))
    return NewWorkspace(file, settings, guess, log_guess, table.frame.height, n_events)


def _find_tables(
    folder: Path, items: Path | None, events: Path | None, source: Path | None
) -> tuple[Path, Path | None]:
    if source is not None or items is None:
        if source is None and events is not None:
            raise ConfigError(
                "no table of items is given",
                remedy="Give ITEMS.csv as well, or a folder that holds both",
            )
        layout = find_layout(folder if source is None else source)
        items, events = items or layout.items, events or layout.events
    return items, events


def _read_rows(path: Path) -> Table:
    """Return the table in a file; `DataError` if it has no rows."""
    table = read_table(path)
    if not table.frame.height:
        raise DataError("there are no rows", where=str(path), remedy="Give a file with at least one row")
    return table


def _catalog_settings(guess: CatalogGuess, items: str, *, where: str) -> CatalogSettings:
    several = {role.value: tuple(guess.columns_of(role)) for role in Role if not role.is_single}
    single = {role.value: next(iter(guess.columns_of(role)), None) for role in Role if role.is_single}
    return CatalogSettings.parse({"items": items, "id": guess.id, **several, **single}, where=where)


def _event_settings(guess: EventsGuess, file: str, positive: Sequence[str] | None) -> EventSettings:
    columns = guess.columns
    return EventSettings(
        file=(file,),
        user=columns.user,
        item=columns.item,
        type=columns.type,
        value=columns.value,
        time=columns.time,
        positive=tuple(guess.positive if positive is None else positive),
    )


def _reasons(
    items: CatalogGuess, events: EventsGuess | None, chosen: EventSettings, positive: Sequence[str] | None
) -> dict[str, list[str]]:
    """Return setting -> why it was guessed, column by column."""
    found: dict[str, list[str]] = {}
    for column in items.columns:
        if column.role is not None:
            found.setdefault(f"catalog.{column.role.value}", []).append(f"{column.column}: {column.reason}")
    if events is None:
        return found
    for setting in ("user", "item", "type", "value", "time"):
        column = getattr(chosen, setting)
        if column in events.reasons:
            found[f"events.{setting}"] = [events.reasons[column]]
    found["events.positive"] = [YOUR_CHOICE if positive is not None else events.reasons["positive"]]
    return found


def _require(named: Sequence[str], columns: Sequence[str], where: str) -> None:
    unknown = [column for column in named if column not in columns]
    if unknown:
        raise DataError(
            f"there is no column {unknown[0]!r}", where=where, remedy=f"Columns are: {', '.join(columns)}"
        )


def _apply_corrections(guess: CatalogGuess, roles: Mapping[str, Role | None]) -> CatalogGuess:
    corrected = tuple(
        ColumnGuess(column.column, roles[column.column], YOUR_CHOICE) if column.column in roles else column
        for column in guess.columns
    )
    return CatalogGuess(guess.id, corrected)


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(path.resolve())
