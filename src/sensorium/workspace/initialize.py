"""A new workspace: guess what the columns are for, say why, write `sensorium.toml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.catalog.datasets import Layout, find_layout
from sensorium.catalog.guess import CatalogGuess, ColumnGuess, guess_roles
from sensorium.catalog.guess_events import NOTHING_GIVEN, YOUR_CHOICE, refuse_events_as_items
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.catalog.repeats import propose_seen
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary
from sensorium.workspace.event_files import all_events, read_event_files
from sensorium.workspace.initialize_again import added_to, seen_columns
from sensorium.workspace.initialize_events import GuessedEvents, initialize_events
from sensorium.workspace.initialize_users import GuessedUsers, initialize_users
from sensorium.workspace.relative_path import relative_path
from sensorium.workspace.settings import CatalogSettings, RankingSettings, Settings
from sensorium.workspace.settings_before import (
    LEFT_OUT_BEFORE,
    NOTHING_BEFORE,
    SET_BEFORE,
    Before,
    record_columns,
)
from sensorium.workspace.workspace import SETTINGS_FILE

HEADER = """\
# What the columns mean, what counts as liked, which model to fit.
# Every setting: docs/workspace.md. Guessed by `sensorium init`; correct what it got wrong.

"""


@dataclass(frozen=True)
class NewWorkspace:
    """A workspace and what was guessed for it."""

    file: Path
    settings: Settings
    items: CatalogGuess
    events: GuessedEvents
    """Without tables where there is a catalogue alone."""
    n_items: int
    news: tuple[str, ...] | None = None
    """What was added to settings that were there, in words; None where they were written anew."""
    people: GuessedUsers = field(default_factory=GuessedUsers)

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium init --json` prints."""
        columns = [
            {"column": c.column, "role": None if c.role is None else c.role.value, "reason": c.reason}
            for c in self.items.columns
        ]
        settings = self.settings.model_dump(mode="json")
        found = {"file": str(self.file), "id": self.items.id, "columns": columns, **self.events.to_json()}
        return {**found, "settings": settings, "news": None if self.news is None else list(self.news)}


def initialize_workspace(
    folder: Path,
    *,
    items: Path | None = None,
    events: Path | Sequence[Path] | None = None,
    source: Path | None = None,
    users: Path | None = None,
    follows: Path | None = None,
    id: str | None = None,  # noqa: A002
    roles: Mapping[str, Role | None] | None = None,
    event_columns: Mapping[str, str] = NOTHING_GIVEN,
    time_format: str | None = None,
    positive: Sequence[str] | None = None,
    strength: Mapping[str, float] | None = None,
    overwrite: bool = False,
) -> NewWorkspace:
    """Write `sensorium.toml` into `folder` and return what was guessed.

    In a workspace that is there, what is set stays as it is, and what its tables have gained is added.

    Parameters
    ----------
    items, events
        The tables; of events there may be several, or none for a catalogue alone. Or
    source
        a folder whose layout is known (MovieLens, RecBole, items.csv and events.csv, media). Without any of
        the three it is `folder` itself.
    users, follows
        Who the users are, and whom they follow, if that is known; found in a `source` by themselves.
    id
        The column with the item ids, if the guess is wrong.
    roles
        Column -> role for columns whose guess is wrong; None: leave the column out.
    event_columns
        `user`, `item`, `value`, `time`, `type`, `count` or `portion` -> the column of the events, if the
        guess is wrong.
    time_format
        How the times of the events are written, if that cannot be seen; see `EventSettings.time_format`.
    positive
        Rules for what counts as liked, if the guess is wrong.
    strength
        Type of event -> what it says, if the guess is wrong.
    overwrite
        Replace a file that is there, rather than add to it.

    Raises
    ------
    DataError
        If a table is missing or empty, or a named column is not in it.
    ConfigError
        If a rule or a strength cannot be understood, or no table of items is given.
    """
    file = folder / SETTINGS_FILE
    again = file.exists() and not overwrite
    before = Before.read(file) if again else NOTHING_BEFORE
    looked_into = source or (folder if items is None and not events and not again else None)
    layout = None if looked_into is None else find_layout(looked_into)
    people = initialize_users(users, follows, layout, folder=folder, before=before)
    items, logs = _find_tables(folder, items, events, layout, before.settings if again else None)
    table, name = _read_rows(items), relative_path(items, folder)
    _require([*([] if id is None else [id]), *(roles or {})], table.frame.columns, str(items))
    item_id = id or (before.settings.catalog.id if again else None)
    guess = _guessed_items(table.frame, item_id, roles or {}, before, name)
    refuse_events_as_items(table.frame, guess.id, str(items))
    known = Vocabulary(as_text(table.frame[guess.id]).drop_nulls().unique(maintain_order=True))
    guessed = initialize_events(
        logs,
        folder,
        items=known,
        item_id=guess.id,
        event_columns=event_columns,
        time_format=time_format,
        positive=positive,
        strength=strength,
        before=before,
    )
    ranking, why = (RankingSettings(), {}) if again else _ranking(guessed, known)
    catalog = _catalog_settings(guess, name, where=str(file))
    settings = Settings(catalog=catalog, events=guessed.settings, users=people.settings, ranking=ranking)
    news = tuple(added_to(file, before, guess, guessed, people, settings)) if again else None
    if again:
        settings = Settings.read(file)
    else:
        write_text(file, HEADER + settings.toml(_reasons(guess) | guessed.reasons() | people.reasons() | why))
    record_columns(folder, seen_columns(name, table.frame.columns, guessed, people))
    return NewWorkspace(file, settings, guess, guessed, table.frame.height, news, people)


def _ranking(guessed: GuessedEvents, items: Vocabulary) -> tuple[RankingSettings, dict[str, list[str]]]:
    """Return which events should take items off lists, and why where those are not all of them."""
    read = read_event_files(guessed.settings, [one.table for one in guessed.tables], items)
    proposed = propose_seen(all_events(read))
    if proposed is None:
        return RankingSettings(), {}
    return RankingSettings(seen=proposed.seen), {"ranking.seen": [proposed.why]}


def _guessed_items(
    frame: pl.DataFrame, item_id: str | None, roles: Mapping[str, Role | None], before: Before, name: str
) -> CatalogGuess:
    """Return what the columns of the items are for: as `roles` say, else as it was set, else by a guess."""
    taken_out = before.taken_out(name, [*before.roles, *roles, *([] if item_id is None else [item_id])])
    guess = guess_roles(frame.drop(taken_out, strict=False), id=item_id)
    found = {column.column: column for column in guess.columns}
    taken = {role for role in before.roles.values() if role.is_single}
    columns: list[ColumnGuess] = []
    for column in frame.columns:
        if column in taken_out:
            columns.append(ColumnGuess(column, None, LEFT_OUT_BEFORE))
        elif column in found and column not in before.roles and found[column].role in taken:
            columns.append(ColumnGuess(column, None, f"a second column for {found[column].role}"))
        elif column in found:
            columns.append(found[column])
    as_set = _apply_corrections(CatalogGuess(guess.id, tuple(columns)), before.roles, SET_BEFORE)
    return _apply_corrections(as_set, roles, YOUR_CHOICE)


def _find_tables(
    folder: Path,
    items: Path | None,
    events: Path | Sequence[Path] | None,
    layout: Layout | None,
    known: Settings | None,
) -> tuple[Path, Sequence[Path]]:
    """Return the tables that are given or found; of a workspace that is there, those that it has as well."""
    given = [events] if isinstance(events, Path) else list(events or ())
    if layout is None and known is not None:
        had = [folder / name for table in known.events.tables for name in table.file]
        more = [path for path in given if path.resolve() not in {one.resolve() for one in had}]
        return items or folder / known.catalog.items, [*had, *more]
    if layout is not None:
        return items or layout.items, given or list(layout.all_events)
    if items is None:
        raise ConfigError(
            "no table of items is given",
            remedy="Give ITEMS.csv as well, or a folder that holds both",
        )
    return items, given


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


def _reasons(items: CatalogGuess) -> dict[str, list[str]]:
    """Return setting -> why it was guessed, column by column; what is left out stands with the table."""
    found: dict[str, list[str]] = {}
    for column in items.columns:
        setting = "items" if column.role is None else column.role.value
        left_out = "left out: " if column.role is None else ""
        found.setdefault(f"catalog.{setting}", []).append(f"{left_out}{column.column}: {column.reason}")
    return found


def _require(named: Sequence[str], columns: Sequence[str], where: str) -> None:
    unknown = [column for column in named if column not in columns]
    if unknown:
        raise DataError(
            f"there is no column {unknown[0]!r}", where=where, remedy=f"Columns are: {', '.join(columns)}"
        )


def _apply_corrections(guess: CatalogGuess, roles: Mapping[str, Role | None], why: str) -> CatalogGuess:
    corrected = tuple(
        ColumnGuess(column.column, roles[column.column], why) if column.column in roles else column
        for column in guess.columns
    )
    return CatalogGuess(guess.id, corrected)
