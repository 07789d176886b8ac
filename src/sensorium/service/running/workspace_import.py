"""A workspace's tables taken over into the database, in short transactions; stopped, it goes on next time.

What the database holds wins: a row of the table is taken where its id is not known, and never changes an item
that is there, or was deleted over HTTP; with `sync`, it changes one that nobody has changed since.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.utils import timezone

from sensorium.catalog.events import ReadEvents
from sensorium.core.progress import Progress
from sensorium.service.catalogue.cells import ROWS_AT_ONCE, attribute_rows
from sensorium.service.catalogue.items import NewItem, add_items
from sensorium.service.engine.models import Import
from sensorium.service.events.store import NewEvent, store_events
from sensorium.service.events.users import add_users
from sensorium.service.place import Place
from sensorium.service.running.table_rows import can_be_an_id, event_rows, item_rows
from sensorium.service.running.table_sync import Synced, read_prints, sync_items, write_prints
from sensorium.service.tenants.models import Tenant
from sensorium.workspace.event_batches import read_updates, update_files
from sensorium.workspace.item_batches import item_files
from sensorium.workspace.workspace import Tables, Workspace

Row = TypeVar("Row")


@dataclass(frozen=True)
class Imported:
    """What became of a table."""

    table: str
    rows: int
    """Rows of the table that can be used."""
    new: int
    """Those that the database did not hold."""
    unusable: int
    """Those whose ids the service cannot take: empty, longer than 256 letters, `.` or `..`."""
    synced: Synced | None = None
    """With `sync`, of items: what became of those that were there."""


def import_workspace(
    tenant: Tenant, workspace: Workspace, progress: Progress, *, sync: bool = False
) -> list[Imported]:
    """Take over what is new in the workspace's tables; nothing is read of tables that are as they were.

    With `sync` the items' table is read in any case, and items follow it that nobody changed over HTTP.
    """
    prints = {"items": fingerprint(item_sources(workspace)), "users": fingerprint(user_sources(workspace))}
    prints["events"] = fingerprint([*item_sources(workspace), *event_sources(workspace)])
    before = dict(Import.objects.of(tenant).values_list("table", "fingerprint"))
    changed = [
        table for table, found in prints.items() if before.get(table) != found or (sync and table == "items")
    ]
    if not changed:
        return []
    done: list[Imported] = []
    tables = workspace.tables() if {"items", "events"} & set(changed) else None
    if tables is not None and "items" in changed:
        done.append(_items(tenant, workspace, tables, progress, sync=sync))
    if tables is not None and "events" in changed:
        done.append(_events(tenant, workspace, tables, progress))
    if "users" in changed and workspace.settings.users.file is not None:
        done.append(_users(tenant, workspace, progress))
    for table in changed:
        rows = next((one.rows for one in done if one.table == table), 0)
        Import.objects.of(tenant).bulk_create(
            [
                Import(
                    tenant=tenant,
                    table=table,
                    fingerprint=prints[table],
                    rows=rows,
                    finished=timezone.now(),
                )
            ],
            update_conflicts=True,
            unique_fields=["tenant", "table"],
            update_fields=["fingerprint", "rows", "finished"],
        )
    return done


def item_sources(workspace: Workspace) -> list[Path]:
    """Return the files that items are read from."""
    return [
        workspace.folder / "sensorium.toml",
        workspace.folder / workspace.settings.catalog.items,
        *item_files(workspace.folder),
    ]


def event_sources(workspace: Workspace) -> list[Path]:
    """Return the files that events are read from."""
    named = [name for table in workspace.settings.events.tables for name in table.file]
    return [*(workspace.folder / name for name in named), *update_files(workspace)]


def user_sources(workspace: Workspace) -> list[Path]:
    """Return the files that users are read from."""
    users = workspace.settings.users
    return [workspace.folder / name for name in (users.file, users.follows) if name is not None]


def fingerprint(sources: Sequence[Path]) -> str:
    """Return what changes when any of the files or folders is written."""
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(source).parts):
                stat = file.stat()
                digest.update(f"{file}\x00{stat.st_size}\x00{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _items(
    tenant: Tenant, workspace: Workspace, tables: Tables, progress: Progress, *, sync: bool
) -> Imported:
    catalog, place = tables.items.catalog, Place(workspace.folder.resolve())
    before, synced = read_prints(place), Synced()

    def add(rows: list[NewItem]) -> int:
        return sync_items(tenant, rows, before, synced) if sync else add_items(tenant, rows)

    done = _in_batches("items", len(catalog), item_rows(catalog), lambda row: [row.item_id], add, progress)
    # Without `sync`, what was taken over of a row before is what an item may still be by.
    write_prints(place, item_rows(catalog), {} if sync else before)
    return replace(done, synced=synced) if sync else done


def _events(tenant: Tenant, workspace: Workspace, tables: Tables, progress: Progress) -> Imported:
    updates = read_updates(workspace, tables.all_events)
    read: list[tuple[str, ReadEvents]] = [(str(n) if n else "", one) for n, one in enumerate(tables.events)]
    # A batch of `sensorium update` that the first table has by now is the same events.
    read += [("", one) for one in updates]
    rows = (row for name, one in read for row in event_rows(one, name))

    def add(some: list[NewEvent]) -> int:
        return len(store_events(tenant, some))

    n_rows = sum(len(one.events) for _, one in read)
    return _in_batches("events", n_rows, rows, lambda row: [row.user_id, row.item_id], add, progress)


def _users(tenant: Tenant, workspace: Workspace, progress: Progress) -> Imported:
    users = workspace.users_table()
    if users is None:
        return Imported("users", 0, 0, 0)
    follows = None if users.follows is None else users.follows.tocsr()

    def rows() -> Iterator[tuple[str, dict[str, object], list[str]]]:
        for row, (user_id, attributes) in enumerate(attribute_rows(users.table)):
            followed = (
                [] if follows is None else follows.indices[follows.indptr[row] : follows.indptr[row + 1]]
            )
            yield user_id, attributes, users.ids.ids_at(list(followed))

    return _in_batches(
        "users", len(users), rows(), lambda row: [row[0]], lambda some: add_users(tenant, some), progress
    )


def _in_batches(
    table: str,
    n_rows: int,
    rows: Iterable[Row],
    ids: Callable[[Row], list[str]],
    add: Callable[[list[Row]], int],
    progress: Progress,
) -> Imported:
    """Give `add` the rows whose ids can be taken, some at once; it returns how many were new."""
    new = unusable = 0
    coming = iter(rows)
    with progress.stage(f"importing {table}", n_rows, unit=table) as stage:
        while some := list(islice(coming, ROWS_AT_ONCE)):
            usable = [row for row in some if all(map(can_be_an_id, ids(row)))]
            new += add(usable) if usable else 0
            unusable += len(some) - len(usable)
            stage.advance(len(some))
    if unusable:
        progress.say(f"{unusable:,} rows of {table} have ids that the service cannot take; they are left out")
    return Imported(table, n_rows, new, unusable)
