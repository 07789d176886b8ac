"""Checked rows written to the database, many at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from sensorium.service.api.events import EventInput
from sensorium.service.api.item_rows import ItemInput
from sensorium.service.api.items import without_nulls
from sensorium.service.catalogue.items import NewItem, put_items
from sensorium.service.catalogue.media import put_medium
from sensorium.service.catalogue.media_files import chunks_of, media_columns, store_file
from sensorium.service.catalogue.models import Media
from sensorium.service.events.models import Profile
from sensorium.service.events.store import NewEvent, hold_users, store_events
from sensorium.service.moving.exporting import media_file
from sensorium.service.tenants.models import Tenant

if TYPE_CHECKING:
    from sensorium.service.moving.importing import MediaRow, UserRow


def store_items(tenant: Tenant, rows: Sequence[ItemInput]) -> int:
    """Let items be as they say, of one id the last; return how many were not."""
    last = {row.id: NewItem(row.id, without_nulls(row.attributes), row.hidden) for row in rows}
    return sum(outcome != "unchanged" for outcome in put_items(tenant, list(last.values())).values())


def store_users(tenant: Tenant, rows: "Sequence[UserRow]") -> int:
    """Let users be as they say, of one id the last; return how many were not."""
    last = {row.id: (without_nulls(row.attributes), list(dict.fromkeys(row.follows))) for row in rows}
    changed: list[Profile] = []
    with transaction.atomic():
        known = set(
            Profile.objects.of(tenant).filter(user_id__in=list(last)).values_list("user_id", flat=True)
        )
        for user_id, held in hold_users(tenant, set(last)).items():
            if (held.attributes, held.follows) != last[user_id]:
                held.attributes, held.follows = last[user_id]
                changed.append(held)
        Profile.objects.of(tenant).bulk_update(changed, ["attributes", "follows"], batch_size=200)
    return len({row.user_id for row in changed} | (set(last) - known))


def store_new_events(tenant: Tenant, rows: Sequence[EventInput]) -> int:
    """Store events that are new; return how many. Where no time is said, none is made up."""
    events = [
        NewEvent(
            event_id=str(row.event_id),
            user_id=row.user_id,
            item_id=row.item_id,
            type=row.type or "",
            value=row.value,
            count=row.count,
            portion=row.portion,
            session_id=row.session_id,
            request_id=row.request_id,
            time_s=row.timestamp,
        )
        for row in rows
    ]
    return len(store_events(tenant, events))


def store_medium(tenant: Tenant, folder: Path, row: "MediaRow") -> int:
    """Let an item have a medium whose bytes lie under `folder`; return whether it had another one, or none.

    A worker looks at it anew.

    Raises
    ------
    ValueError
        If the bytes are not there or are others, or there is no such item or column.
    """
    if row.column not in media_columns():
        raise ValueError(f"{row.column!r} is no column of media in sensorium.toml")
    held = Media.objects.of(tenant).filter(item_id=row.item_id, column=row.column).first()
    if held is not None and held.sha256 == row.sha256:
        return 0
    file = media_file(folder, row.sha256)
    if not file.is_file():
        raise ValueError(f"there is no file {file.relative_to(folder)}")
    with file.open("rb") as opened:
        stored = store_file(chunks_of(opened))
    if stored.sha256 != row.sha256:
        raise ValueError(f"{file.relative_to(folder)} holds other bytes than its name says")
    if put_medium(tenant, row.item_id, row.column, stored, row.type) is None:
        raise ValueError(f"no item has the id {row.item_id!r}")
    return 1
