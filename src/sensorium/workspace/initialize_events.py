"""The events of a new workspace: what the columns of each table are for, and what events say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sensorium.catalog.columns import as_text, as_times, is_blank_time
from sensorium.catalog.guess_events import NOTHING_GIVEN, YOUR_CHOICE, EventsGuess, guess_events
from sensorium.catalog.positive import positive_mask
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.catalog.type_strengths import UNTOLD, guess_strengths, meaning_of, type_of_file
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.vocabulary import Vocabulary
from sensorium.workspace.relative_path import relative_path
from sensorium.workspace.settings import STRENGTH, EventFiles, EventSettings
from sensorium.workspace.settings_before import LEFT_OUT_BEFORE, NOTHING_BEFORE, SET_BEFORE, Before


@dataclass(frozen=True)
class GuessedTable:
    """A table of events and what its columns seem to be for."""

    path: Path
    table: Table = field(repr=False, compare=False)
    """Its rows as read."""
    guess: EventsGuess
    settings: EventFiles

    @property
    def n_events(self) -> int:
        """Its rows."""
        return self.table.frame.height

    @property
    def says_searches(self) -> bool:
        """Whether it says what was searched for, and nothing of items."""
        return "item" not in self.guess.roles.values()

    @property
    def names(self) -> list[str]:
        """Its columns."""
        return self.table.frame.columns

    def columns(self) -> list[dict[str, str | None]]:
        """Return each `column` in its order, its `role`, None if it has no part, and the `reason`."""
        known = EventFiles.model_fields
        return [
            {
                "column": column,
                "role": role if (role := self.guess.roles.get(column)) in known else None,
                "reason": self.guess.reasons[column],
            }
            for column in self.names
        ]


@dataclass(frozen=True)
class GuessedEvents:
    """What is known of the events of a new workspace; nothing where there is a catalogue alone."""

    settings: EventSettings = field(default=EventSettings())
    tables: tuple[GuessedTable, ...] = ()
    why_liked: str = ""
    """Why the rules of `positive` are what they are."""
    why_strength: Mapping[str, str] = field(default_factory=dict[str, str])
    """Type of event -> why it says so much."""

    def reasons(self) -> dict[str, list[str]]:
        """Return setting -> the lines that stand above it."""
        found: dict[str, list[str]] = {}
        places = [] if not self.tables else ["events", *(f"events.{n}" for n in range(1, len(self.tables)))]
        for place, table in zip(places, self.tables, strict=True):
            for column in table.columns():
                if column["role"] is None:
                    found.setdefault(f"{place}.file", []).append(
                        f"left out: {column['column']}: {column['reason']}"
                    )
                else:
                    found.setdefault(f"{place}.{column['role']}", []).append(str(column["reason"]))
            if table.settings.time_format is not None:
                found[f"{place}.time_format"] = [YOUR_CHOICE]
            if table.settings.every is not None:
                found[f"{place}.every"] = ["by the name of the file"]
        found["events.positive"] = [self.why_liked]
        for kind, why in self.why_strength.items():
            found[f"events.{STRENGTH}.{kind}"] = [why]
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the tables with their columns, and what events say, with reasons."""
        strength = {
            kind: {"strength": value, "reason": self.why_strength.get(kind, "")}
            for kind, value in self.settings.strength.items()
        }
        tables = [
            {"file": str(table.path), "events": table.n_events, "columns": table.columns()}
            for table in self.tables
        ]
        return {"events": tables, "strength": strength}


def initialize_events(
    paths: Sequence[Path],
    folder: Path,
    *,
    items: Vocabulary,
    item_id: str,
    event_columns: Mapping[str, str] = NOTHING_GIVEN,
    time_format: str | None = None,
    positive: Sequence[str] | None = None,
    strength: Mapping[str, float] | None = None,
    before: Before = NOTHING_BEFORE,
) -> GuessedEvents:
    """Return what the tables of events at `paths` hold; the other parameters as in `initialize_workspace`.

    What is set `before` stays.
    """
    alone = len(paths) == 1
    tables = [_guessed(path, folder, items, item_id, event_columns, before, alone=alone) for path in paths]
    _require_anywhere(event_columns, tables)
    if not tables:
        return GuessedEvents()
    if time_format is not None:
        tables = _written(tables, time_format)
    return _with_meanings(tables, positive, strength, before)


def _with_meanings(
    tables: Sequence[GuessedTable],
    positive: Sequence[str] | None,
    strength: Mapping[str, float] | None,
    before: Before,
) -> GuessedEvents:
    """Return what the events of `tables` say: as given, else as it was set, else by a guess."""
    counts: dict[str, int] = {}
    for table in (one for one in tables if not one.says_searches):
        kinds = {table.settings.every: table.n_events} if table.settings.every else table.guess.types
        for kind, n in kinds.items():
            counts[kind] = counts.get(kind, 0) + n
    if positive is not None:
        columns, head = tables[0].guess.columns, tables[0].table.frame.head(1)
        positive_mask(head, positive, kind=columns.type, value=columns.value)
    known = before.settings.events
    said, why, rules, liked = dict[str, float](), dict[str, str](), tuple[str, ...](), "every event counts"
    if strength:
        values = [table.guess.columns.value for table in tables]
        said, why = _as_given(strength, counts, values, known.strength)
    elif positive is not None:
        rules, liked = tuple(positive), YOUR_CHOICE
    elif known.strength:
        said, why = _with_new_types(known.strength, counts)
    elif known.positive:
        rules, liked = known.positive, SET_BEFORE
    elif not known.tables or (known.columns.type is None and counts):
        rules = _rules_of_all(tables)
        liked = next((t.guess.reasons["positive"] for t in tables if t.guess.positive), liked)
        guessed = guess_strengths(counts)
        said, why = ({}, {}) if rules else (dict(guessed.strength), dict(guessed.reasons))
    return GuessedEvents(_settings(tables, rules, said), tuple(tables), liked, why)


def _guessed(
    path: Path,
    folder: Path,
    items: Vocabulary,
    item_id: str,
    event_columns: Mapping[str, str],
    before: Before,
    *,
    alone: bool,
) -> GuessedTable:
    table, name = read_table(path), relative_path(path, folder)
    frame = table.frame
    known = before.columns_of(name)
    given = {role: column for role, column in {**known, **event_columns}.items() if column in frame.columns}
    context = [column for column in before.context_of(name) if column in frame.columns]
    context = [column for column in context if column not in given.values()]
    taken_out = before.taken_out(name, [*given.values(), *context])
    rest = frame.drop([*taken_out, *context], strict=False)
    guess = guess_events(rest, items=items, item_id=item_id, given=given)
    guess = replace(guess, roles={**dict.fromkeys(context, "context"), **guess.roles})
    guess.reasons.update(dict.fromkeys(taken_out, LEFT_OUT_BEFORE) | dict.fromkeys(context, SET_BEFORE))
    as_set = [column for role, column in known.items() if given.get(role) == column]
    guess.reasons.update(dict.fromkeys(as_set, SET_BEFORE))
    every = before.every(name)
    if not known and not alone and guess.columns.type is None:
        every = type_of_file(path.name.split(".")[0])
    named: dict[str, Any] = {
        role: column for column, role in guess.roles.items() if role in EventFiles.model_fields
    }
    if "context" in named:
        named["context"] = tuple(column for column, role in guess.roles.items() if role == "context")
    settings = EventFiles.model_validate({"file": name, **named, "every": every})
    return GuessedTable(path, table, guess, settings)


def _written(tables: Sequence[GuessedTable], time_format: str) -> list[GuessedTable]:
    """Return the tables, of which those that have times have them written so."""
    timed = [table for table in tables if table.guess.columns.time is not None] or tables[:1]
    for table in timed:
        _require_written(table.table, table.guess.columns.time, time_format)
    spelt = {"time_format": time_format}
    return [
        replace(table, settings=table.settings.model_copy(update=spelt)) if table in timed else table
        for table in tables
    ]


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


def _require_anywhere(event_columns: Mapping[str, str], tables: Sequence[GuessedTable]) -> None:
    """Refuse a column that was named and that no table has."""
    for column in event_columns.values():
        if tables and not any(column in table.names for table in tables):
            known = tables[0].names
            raise DataError(
                f"there is no column {column!r}",
                where=str(tables[0].path),
                remedy=f"Columns are: {', '.join(known)}",
            )


def _rules_of_all(tables: Sequence[GuessedTable]) -> tuple[str, ...]:
    """Return rules of `positive` where a table has ratings, with the types of others that are for items."""
    if not any(table.guess.positive for table in tables):
        return ()
    rules: dict[str, None] = {}
    for table in tables:
        kinds = [table.settings.every] if table.settings.every else list(table.guess.types)
        speaking = [kind for kind in kinds if (found := meaning_of(kind)) is None or found.strength > 0]
        rules |= dict.fromkeys(table.guess.positive or speaking)
    return tuple(rules)


def _with_new_types(
    known: Mapping[str, float], counts: Mapping[str, int]
) -> tuple[dict[str, float], dict[str, str]]:
    """Return the `known` strengths with those that types not among them have by their names, and why."""
    guessed = guess_strengths(counts)
    names = {kind.strip().lower() for kind in known}
    new = {kind: value for kind, value in guessed.strength.items() if kind.lower() not in names}
    why = dict.fromkeys(known, SET_BEFORE) | {kind: guessed.reasons[kind] for kind in new}
    return {**known, **new}, why


def _as_given(
    given: Mapping[str, float],
    counts: Mapping[str, int],
    values: Sequence[str | None],
    known: Mapping[str, float],
) -> tuple[dict[str, float], dict[str, str]]:
    """Return the strengths of all types, and why, with those that were `given`."""
    guessed = guess_strengths(counts)
    said = dict(guessed.strength or dict.fromkeys(counts, UNTOLD))
    why = {kind: guessed.reasons.get(kind, "as nothing else was said") for kind in said}
    if known:
        said, why = _with_new_types(known, counts)
    named = {name.lower(): name for name in (*counts, *filter(None, values), *known)}
    for name, value in given.items():
        kind = named.get(name.strip().lower())
        if kind is None:
            raise ConfigError(
                f"no event is of type {name!r}",
                where="strength",
                remedy=f"Types are: {', '.join(counts) or 'there are none'}",
            )
        said[kind], why[kind] = value, YOUR_CHOICE
    return said, why


def _settings(
    tables: Sequence[GuessedTable], rules: Sequence[str], strength: Mapping[str, float]
) -> EventSettings:
    """Return one table, several that are alike as one, or several."""
    parts = [table.settings.model_dump() for table in tables]
    shared = [{name: value for name, value in part.items() if name != "file"} for part in parts]
    if all(part == shared[0] for part in shared):
        parts = [{**parts[0], "file": tuple(file for part in parts for file in part["file"])}]
    said = {"positive": tuple(rules), "strength": dict(strength)}
    return EventSettings.model_validate({**parts[0], **said, "others": parts[1:]})
