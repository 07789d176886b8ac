"""`init` in a workspace that is there: what was set stays, and what the tables have gained is added."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.catalog.guess import CatalogGuess
from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.workspace.initialize_events import GuessedEvents
from sensorium.workspace.settings import STRENGTH, Settings
from sensorium.workspace.settings_before import Before


def added_to(
    file: Path, before: Before, items: CatalogGuess, events: GuessedEvents, wanted: Settings
) -> list[str]:
    """Write into `file` what is new, beside what stands there, and return it in words.

    Parameters
    ----------
    file
        The `sensorium.toml`; its order and comments stay.
    before
        What is set in it.
    items, events, wanted
        What the tables now seem to be, where columns that were set have the roles that they had.
    """
    import tomlkit

    document: Any = tomlkit.parse(file.read_text(encoding="utf-8"))
    news = [
        *_added_items(document, before, items, wanted),
        *_added_events(document, before, events),
        *_added_strengths(document, before, events, wanted),
    ]
    if news:
        write_text(file, tomlkit.dumps(document))
    return news


def _added_items(document: Any, before: Before, items: CatalogGuess, wanted: Settings) -> Iterator[str]:
    catalog, old = document["catalog"], before.settings.catalog
    if wanted.catalog.items != old.items:
        _set(catalog, "items", wanted.catalog.items, "")
        yield f"items are read from {wanted.catalog.items}"
    reasons = {guess.column: guess.reason for guess in items.columns}
    for role in Role:
        had = [column for column in old.columns(role) if items.roles.get(column, role) is role]
        new = [column for column in items.columns_of(role) if column not in had]
        if not new and len(had) == len(old.columns(role)):
            continue
        value: Any = new[0] if role.is_single and new else [*had, *new]
        why = "; ".join(f"{column}: {reasons[column]}" for column in new)
        _set(catalog, role.value, value, why)
        yield from (f"{column} is {role.value}: {reasons[column]}" for column in new)
    for column in before.roles:
        if column not in reasons and column != old.id:
            yield f"{column} is set as {before.roles[column].value}, but the table has it no more"


def _added_events(document: Any, before: Before, events: GuessedEvents) -> Iterator[str]:
    known = {part.file[0]: part for part in before.settings.events.tables}
    for table in events.tables:
        name = table.settings.file[0]
        if name not in known:
            values = table.settings.model_dump(mode="json", exclude_defaults=True)
            _append(
                document, {**values, "file": name, "user": table.settings.user, "item": table.settings.item}
            )
            yield f"{name} holds {table.n_events:,} more events"
            continue
        place = _table_of(document, name)
        for column in table.columns():
            role = column["role"]
            if role is not None and getattr(known[name], role) != column["column"]:
                _set(place, role, column["column"], str(column["reason"]))
                yield f"{column['column']} is the {role} of events: {column['reason']}"


def _added_strengths(document: Any, before: Before, events: GuessedEvents, wanted: Settings) -> Iterator[str]:
    old, new = before.settings.events, wanted.events
    if (old.positive, dict(old.strength)) == (new.positive, dict(new.strength)):
        return
    parts = _event_tables(document)
    if not new.strength:
        for part in parts:
            part.pop(STRENGTH, None)
        _set(parts[0], "positive", list(new.positive), events.why_liked)
        yield f"liked is: {' or '.join(new.positive)}"
        return
    for part in parts:
        part.pop("positive", None)
    place = next((part for part in parts if STRENGTH in part), parts[0])
    if STRENGTH not in place:
        import tomlkit

        place.add(STRENGTH, tomlkit.table())
    for kind, value in new.strength.items():
        if old.strength.get(kind) != value:
            why = events.why_strength.get(kind, "")
            _set(place[STRENGTH], kind, value, why)
            yield f"{kind} says {value:g}: {why}"


def _set(table: Any, key: str, value: object, why: str) -> None:
    """Write a setting in its place, the reason behind it; one that is not there, beneath its reason."""
    import tomlkit

    if key in table:
        table[key] = value
        if why:
            table[key].comment(why)
        return
    if why:
        table.add(tomlkit.comment(why))
    table.add(key, value)


def _event_tables(document: Any) -> list[Any]:
    import tomlkit

    if "events" not in document:
        document.add("events", tomlkit.table())
    found = document["events"]
    return list(found) if isinstance(found, list) else [found]


def _table_of(document: Any, name: str) -> Any:
    """Return the table of settings that names a file of events; of several within one, that one."""
    parts = _event_tables(document)
    for part in parts:
        named = part.get("file", ())
        if name == named or name in (named if isinstance(named, list) else ()):
            return part
    others = [other for part in parts for other in part.get("others", ())]
    return next((other for other in others if name in (other["file"], *other["file"])), parts[0])


def _append(document: Any, values: Mapping[str, Any]) -> None:
    """Write the settings of one more table of events, at the end."""
    import tomlkit

    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, value)
    found = document.get("events")
    if isinstance(found, list):
        found.append(table)  # type: ignore[arg-type]
    elif found is None or "file" not in found:
        for key, value in values.items():
            _set(_event_tables(document)[0], key, value, "")
    else:
        inline = tomlkit.inline_table()
        inline.update(dict(values))
        others = [*found.get("others", ()), inline]
        _set(found, "others", others, "")


def seen_columns(items: str, columns: Sequence[str], events: GuessedEvents) -> dict[str, list[str]]:
    """Return which columns the tables have, by the tables' names in the settings."""
    tables = {table.settings.file[0]: table.names for table in events.tables}
    return {items: list(columns), **tables}
