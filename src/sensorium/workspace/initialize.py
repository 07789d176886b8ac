"""A new workspace: guess what the columns are for, say why, write `sensorium.toml`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensorium.catalog.columns import as_text, as_times, is_blank_time
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
from sensorium.workspace.initialize_users import GuessedUsers, initialize_users
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
    events: EventsGuess
    n_items: int
    n_events: int
    people: GuessedUsers = field(default_factory=GuessedUsers)

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
    users: Path | None = None,
    follows: Path | None = None,
    id: str | None = None,  # noqa: A002
    roles: Mapping[str, Role | None] | None = None,
    event_columns: Mapping[str, str] = NOTHING_GIVEN,
    time_format: str | None = None,
    positive: Sequence[str] | None = None,
    overwrite: bool = False,
) -> NewWorkspace:
    """Write `sensorium.toml` into `folder` and return what was guessed.

    Parameters
    ----------
    items, events
        The two tables; or
    source
        a folder whose layout is known (MovieLens, RecBole, items.csv and events.csv, media).
    users, follows
        Who the users are, and whom they follow, if that is known; found in a `source` by themselves.
    id
        The column with the item ids, if the guess is wrong.
    roles
        Column -> role for columns whose guess is wrong; None: leave the column out.
    event_columns
        `user`, `item`, `value`, `time` or `type` -> the column of the events, if the guess is wrong.
    time_format
        How the times of the events are written, if that cannot be seen; see `EventSettings.time_format`.
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
    people = initialize_users(users, follows, source, folder=folder)
    items, events = _find_tables(items, events, source)
    table, log = read_table(items), read_table(events)
    for place, rows in ((items, table.frame.height), (events, log.frame.height)):
        if not rows:
            raise DataError("there are no rows", where=str(place), remedy="Give a file with at least one row")
    _require([*([] if id is None else [id]), *(roles or {})], table.frame.columns, str(items))
    _require(list(event_columns.values()), log.frame.columns, str(events))
    guess = _apply_corrections(guess_roles(table.frame, id=id), roles or {})
    refuse_events_as_items(table.frame, guess.id, str(items))
    ids = as_text(table.frame[guess.id]).drop_nulls().unique(maintain_order=True)
    log_guess = guess_events(log.frame, items=Vocabulary(ids), item_id=guess.id, given=event_columns)
    if time_format is not None:
        _require_written(log, log_guess.columns.time, time_format)
    columns = log_guess.columns
    positive_mask(log.frame.head(1), positive or (), kind=columns.type, value=columns.value)
    settings = Settings(
        catalog=_catalog_settings(guess, _relative(items, folder), where=str(file)),
        events=_event_settings(log_guess, _relative(events, folder), positive, time_format),
        users=people.settings,
    )
    folder.mkdir(parents=True, exist_ok=True)
    reasons = _reasons(guess, log_guess, settings.events, positive) | people.reasons
    write_text(file, HEADER + settings.toml(reasons))
    return NewWorkspace(file, settings, guess, log_guess, table.frame.height, log.frame.height, people)


def _find_tables(items: Path | None, events: Path | None, source: Path | None) -> tuple[Path, Path]:
    if source is not None:
        layout = find_layout(source)
        items, events = items or layout.items, events or layout.events
    if items is None or events is None:
        missing = "items" if items is None else "events"
        raise ConfigError(
            f"no table of {missing} is given",
            remedy="Give both, ITEMS.csv and EVENTS.csv, or a folder that holds both",
        )
    return items, events


def _catalog_settings(guess: CatalogGuess, items: str, *, where: str) -> CatalogSettings:
    several = {role.value: tuple(guess.columns_of(role)) for role in Role if role.makes_features}
    single = {role.value: next(iter(guess.columns_of(role)), None) for role in (Role.HIDDEN, Role.PUBLISHED)}
    return CatalogSettings.parse({"items": items, "id": guess.id, **several, **single}, where=where)


def _event_settings(
    guess: EventsGuess, file: str, positive: Sequence[str] | None, time_format: str | None
) -> EventSettings:
    columns = guess.columns
    return EventSettings(
        file=file,
        user=columns.user,
        item=columns.item,
        type=columns.type,
        value=columns.value,
        time=columns.time,
        time_format=time_format,
        positive=tuple(guess.positive if positive is None else positive),
    )


def _reasons(
    items: CatalogGuess, events: EventsGuess, chosen: EventSettings, positive: Sequence[str] | None
) -> dict[str, list[str]]:
    """Return setting -> why it was guessed, column by column."""
    found: dict[str, list[str]] = {}
    for column in items.columns:
        if column.role is not None:
            found.setdefault(f"catalog.{column.role.value}", []).append(f"{column.column}: {column.reason}")
    for setting in ("user", "item", "type", "value", "time"):
        column = getattr(chosen, setting)
        if column in events.reasons:
            found[f"events.{setting}"] = [events.reasons[column]]
    if chosen.time_format is not None:
        found["events.time_format"] = [YOUR_CHOICE]
    found["events.positive"] = [YOUR_CHOICE if positive is not None else events.reasons["positive"]]
    return found


def _require_written(log: Table, column: str | None, time_format: str) -> None:
    """Refuse a format of times if there is no column of times, or none of them is written so."""
    if column is None:
        raise ConfigError(
            "no column of the events holds times",
            where=log.where,
            remedy=f"Name it as the time; columns are: {', '.join(log.frame.columns)}",
        )
    cells = log.frame[column].filter(~is_blank_time(log.frame[column]))
    if len(cells) and not as_times(cells, written=time_format).count():
        raise ConfigError(
            f"no time of {column!r} is written as {time_format!r}",
            where=log.where,
            remedy=f"They are for example: {', '.join(as_text(cells.head(3)))}",
        )


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
