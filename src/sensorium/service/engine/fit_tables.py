"""What a fit learns from: the database's items, events and users as the tables of a workspace.

The workspace is the tenant's own, with the settings of the one that is served. Each table is written aside
and renamed, in parts, so that not all of it is in memory as objects.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from django.db import models

from sensorium.catalog.event_rows import VALUE_NAMES, EventColumns
from sensorium.catalog.positive import Condition, parse_rule
from sensorium.core.errors import NotReadyError
from sensorium.core.files import write_text, written_aside
from sensorium.service.catalogue.indexing import as_text
from sensorium.service.catalogue.items import live_items
from sensorium.service.engine.item_cells import (
    item_cells,
    media_base,
    media_of,
    named_columns,
    own_workspace,
)
from sensorium.service.engine.place import tenant_folder
from sensorium.service.events.models import Event, Profile
from sensorium.service.tenants.models import Tenant
from sensorium.workspace.settings import EventSettings, Settings
from sensorium.workspace.workspace import SETTINGS_FILE

ROWS_AT_ONCE = 5_000
ITEMS, EVENTS, USERS, FOLLOWS = "items.parquet", "events.parquet", "users.parquet", "follows.parquet"
USER, ITEM, TYPE, TIME, COUNT, PORTION = "user_id", "item_id", "type", "timestamp", "count", "portion"
EVENT_FIELDS = ("user_id", "item_id", "type", "value", "time_s", "count", "portion")


def write_fit_tables(tenant: Tenant) -> Path:
    """Write what the database holds of `tenant` as a workspace, and return its folder.

    Raises
    ------
    NotReadyError
        If there is no item.
    """
    folder, served = tenant_folder(tenant), own_workspace()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    n_items = _write_items(tenant, folder / ITEMS)
    if not n_items:
        raise NotReadyError("there are no items to learn from", remedy="Send items with POST /api/items")
    columns = event_columns(served.settings.events)
    has_events = _write_events(tenant, folder / EVENTS, columns)
    users = served.settings.users
    known = (users.id, *users.category, *users.number) if users.file is not None else ()
    follows = _write_users(tenant, folder, known) if known else False
    catalog = served.settings.catalog.model_copy(
        # An item is hidden by its row in the database, which holds at the next request.
        update={"items": ITEMS, "media": str(media_base(served, tenant)), "decimal": ".", "hidden": ()}
    )
    told = {"file": USERS, "follows": FOLLOWS if follows else None}
    settings = served.settings.model_copy(
        update={
            "catalog": catalog,
            "events": _event_settings(served.settings.events, columns, has_events),
            "users": users.model_copy(update=told) if known else users,
        }
    )
    write_text(folder / SETTINGS_FILE, settings.toml())
    Settings.read(folder / SETTINGS_FILE)
    return folder


def event_columns(settings: EventSettings) -> EventColumns:
    """Return what the columns of the table of events are called: so that the settings' rules hold of it."""
    told = settings.columns
    ruled = list(settings.strength)
    for rule in settings.positive:
        condition = parse_rule(rule)
        if isinstance(condition, Condition):
            ruled.append(condition.column)
    guessed = next((name for name in ruled if name in VALUE_NAMES), VALUE_NAMES[0])
    return EventColumns(
        USER,
        ITEM,
        told.value or guessed,
        told.time or TIME,
        told.type or TYPE,
        told.count or COUNT,
        told.portion or PORTION,
        "s",
        ".",
    )


def _event_settings(told: EventSettings, columns: EventColumns, filled: set[str]) -> EventSettings:
    """Return the settings of events with the table of the database in the place of the workspace's."""
    named = {name: getattr(columns, name) for name in ("value", "time", "type", "count", "portion")}
    kept = {name: column if column in filled else None for name, column in named.items()}
    own: dict[str, Any] = {
        "file": (EVENTS,) if filled else (),
        "user": columns.user,
        "item": columns.item,
        "time_format": columns.time_format if kept["time"] else None,
        "decimal": ".",
        "others": (),
        "every": None,
        "text": None,
        "context": (),
    }
    return told.model_copy(update=own | kept)


def _write_items(tenant: Tenant, file: Path) -> int:
    served = own_workspace()
    columns = dict.fromkeys(named_columns(served.settings.catalog))
    rows = live_items(tenant)
    for attributes in rows.values_list("attributes", flat=True).iterator(ROWS_AT_ONCE):
        columns.update(dict.fromkeys(attributes))

    def cells(some: Sequence[Any]) -> list[dict[str, Any]]:
        media = media_of(tenant, [item.item_id for item in some])
        return item_cells(served, tenant, some, media, may_fetch=True)

    return _write(file, rows.order_by("pk"), dict.fromkeys(columns, pl.String()), cells)


def _write_events(tenant: Tenant, file: Path, columns: EventColumns) -> set[str]:
    """Write the events; return the columns in which anything stands, nothing where there are no events."""
    texts = ("user", "item", "type")
    schema: dict[str, Any] = {
        str(getattr(columns, name)): pl.String() if name in texts else pl.Float64()
        for name in (*texts, "value", "time", "count", "portion")
    }
    filled: set[str] = set()

    def cells(some: Sequence[Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for event in some:
            values = [getattr(event, name) for name in EVENT_FIELDS]
            row = {name: None if value == "" else value for name, value in zip(schema, values, strict=True)}
            filled.update(name for name, value in row.items() if value is not None)
            rows.append(row)
        return rows

    _write(file, Event.objects.of(tenant).order_by("pk"), schema, cells)
    return filled


def _write_users(tenant: Tenant, folder: Path, known: Sequence[str]) -> bool:
    """Write the users and whom they follow; return whether anybody follows anybody."""
    follows: list[tuple[str, str]] = []

    def cells(some: Sequence[Any]) -> list[dict[str, Any]]:
        follows.extend((user.user_id, whom) for user in some for whom in user.follows)
        told = [{name: as_text(user.attributes.get(name)) for name in known[1:]} for user in some]
        return [{known[0]: user.user_id, **row} for user, row in zip(some, told, strict=True)]

    rows = Profile.objects.of(tenant).order_by("pk")
    _write(folder / USERS, rows, dict.fromkeys(known, pl.String()), cells)
    pairs = pl.DataFrame(follows, schema={"follower": pl.String, "followed": pl.String}, orient="row")
    with written_aside(folder / FOLLOWS) as aside:
        pairs.write_parquet(aside)
    return bool(follows)


def _write(
    file: Path,
    rows: "models.QuerySet[Any]",
    schema: dict[str, Any],
    cells: Callable[[Sequence[Any]], list[dict[str, Any]]],
) -> int:
    """Write a table of `rows` with the columns of `schema`; return how many rows it has."""
    parts = [pl.DataFrame(cells(some), schema=schema) for some in _batches(rows)]
    table = pl.concat([pl.DataFrame(schema=schema), *parts])
    with written_aside(file) as aside:
        table.write_parquet(aside)
    return table.height


def _batches(rows: "models.QuerySet[Any]") -> Iterator[list[Any]]:
    coming = rows.iterator(ROWS_AT_ONCE)
    while some := list(islice(coming, ROWS_AT_ONCE)):
        yield some
