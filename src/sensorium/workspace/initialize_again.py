"""`init` in a workspace that is there: what was set stays, and what the tables have gained is added."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.catalog.guess import CatalogGuess
from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.workspace.initialize_events import GuessedEvents, GuessedTable
from sensorium.workspace.initialize_users import GuessedUsers, added_users
from sensorium.workspace.settings import STRENGTH, EventFiles, Settings
from sensorium.workspace.settings_before import Before
from sensorium.workspace.toml_values import as_list, set_value


def added_to(
    file: Path,
    before: Before,
    items: CatalogGuess,
    events: GuessedEvents,
    people: GuessedUsers,
    wanted: Settings,
) -> list[str]:
    """Write into `file` what is new, beside what stands there, and return it in words.

    Parameters
    ----------
    file
        The `sensorium.toml`; its order and comments stay.
    before
        What is set in it.
    items, events, people, wanted
        What the tables now seem to be, where columns that were set have the roles that they had.
    """
    import tomlkit

    document: Any = tomlkit.parse(file.read_text(encoding="utf-8"))
    news = [
        *_added_items(document, before, items, wanted),
        *_added_events(document, before, events),
        *_added_strengths(document, before, events, wanted),
        *added_users(document, before, people),
    ]
    if news:
        write_text(file, tomlkit.dumps(document))
    return news


def _added_items(document: Any, before: Before, items: CatalogGuess, wanted: Settings) -> Iterator[str]:
    catalog, old = document["catalog"], before.settings.catalog
    if wanted.catalog.items != old.items:
        set_value(catalog, "items", wanted.catalog.items, "")
        yield f"items are read from {wanted.catalog.items}"
    if wanted.catalog.id != old.id:
        set_value(catalog, "id", wanted.catalog.id, "")
        yield f"{wanted.catalog.id} identifies the item"
    reasons = {guess.column: guess.reason for guess in items.columns}
    now = {guess.column: guess.role for guess in items.columns}
    for role in Role:
        had = [one for one in old.columns(role) if one != items.id and now.get(one, role) is role]
        new = [column for column in items.columns_of(role) if column not in had]
        if not new and len(had) == len(old.columns(role)):
            continue
        why = "; ".join(f"{column}: {reasons[column]}" for column in new)
        if [*had, *new]:
            set_value(catalog, role.value, new[0] if role.is_single and new else [*had, *new], why)
        else:
            catalog.pop(role.value)
        yield from (f"{column} is {role.value}: {reasons[column]}" for column in new)
        yield from (f"{column} is left out" for column in old.columns(role) if now.get(column, role) is None)
    for column in before.roles:
        if column not in reasons and column not in (old.id, items.id):
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
        yield from _added_columns(_table_of(document, name), known[name], table)


def _added_columns(place: Any, known: EventFiles, table: GuessedTable) -> Iterator[str]:
    """Write what is new of the columns of one table into its settings, which it may share with others."""
    for column in table.columns():
        role, told, why = column["role"], str(column["column"]), str(column["reason"])
        context = as_list(place.get("context", ()))
        if role is None or told in (getattr(known, role), place.get(role)):
            continue
        if role == "context" and told in context:
            continue
        if role != "context" and told in context:
            set_value(place, "context", [one for one in context if one != told], "")
        set_value(place, role, [*context, told] if role == "context" else told, why)
        yield f"{told} is the {role} of events: {why}"
    written = table.settings.time_format
    if written not in (None, known.time_format, place.get("time_format")):
        set_value(place, "time_format", written, "")
        yield f"times in {table.settings.file[0]} are written as {written}"


def _added_strengths(document: Any, before: Before, events: GuessedEvents, wanted: Settings) -> Iterator[str]:
    old, new = before.settings.events, wanted.events
    if (old.positive, dict(old.strength)) == (new.positive, dict(new.strength)):
        return
    parts = _event_tables(document)
    if not new.strength:
        for part in parts:
            part.pop(STRENGTH, None)
        set_value(parts[0], "positive", list(new.positive), events.why_liked)
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
            set_value(place[STRENGTH], kind, value, why)
            yield f"{kind} says {value:g}: {why}"


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
            set_value(_event_tables(document)[0], key, value, "")
    else:
        inline = tomlkit.inline_table()
        inline.update(dict(values))
        others = [*found.get("others", ()), inline]
        set_value(found, "others", others, "")


def seen_columns(
    items: str, columns: Sequence[str], events: GuessedEvents, people: GuessedUsers
) -> dict[str, list[str]]:
    """Return which columns the tables have, by the tables' names in the settings."""
    tables = {table.settings.file[0]: table.names for table in events.tables}
    users = {} if people.settings.file is None else {people.settings.file: list(people.names)}
    return {items: list(columns), **tables, **users}
