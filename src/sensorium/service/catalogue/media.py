"""Media of items: put, taken out, looked at again."""

import hashlib

from django.db import transaction
from django.utils import timezone

from sensorium.service.catalogue.items import change_item, live_items, touch_item
from sensorium.service.catalogue.media_files import Stored
from sensorium.service.catalogue.models import Media
from sensorium.service.catalogue.previews import forget_previews
from sensorium.service.catalogue.web_media import (
    enqueue_fetches,
    fetch_key,
    is_to_be_fetched,
    replace_media,
    url_in,
)
from sensorium.service.jobs.queue import enqueue
from sensorium.service.tenants.models import Tenant

CHECK = "check-media"


def put_medium(tenant: Tenant, item_id: str, column: str, stored: Stored, media_type: str) -> Media | None:
    """Let the item have this medium in `column`, to be checked by a worker; None if there is no such item.

    The same bytes again change nothing.
    """
    with transaction.atomic():
        held = Media.objects.of(tenant).filter(item_id=item_id, column=column).first()
        if held is not None and held.sha256 == stored.sha256:
            return held
        if not touch_item(tenant, item_id):
            return None
        row = Media(
            tenant=tenant,
            item_id=item_id,
            column=column,
            sha256=stored.sha256,
            bytes=stored.n_bytes,
            type=media_type,
            status="pending",
            updated=timezone.now(),
        )
        enqueue_check(row)  # the job before the medium, as a worker that holds a job writes the medium
        replace_media(tenant, [row])
    return row


def take_out_medium(tenant: Tenant, item_id: str, column: str) -> bool:
    """Let the item have no medium in `column`, and name none on the web; return whether it had one."""
    with transaction.atomic():
        touch_item(tenant, item_id)
        item = live_items(tenant).filter(item_id=item_id).first()
        if item is not None and url_in(item.attributes.get(column)) is not None:
            change_item(tenant, item_id, {column: None}, None)
            Media.objects.of(tenant).filter(item_id=item_id, column=column).delete()
            return True
        return Media.objects.of(tenant).filter(item_id=item_id, column=column).delete()[0] > 0


def check_again(tenant: Tenant, item_id: str, column: str) -> Media | None:
    """Let a worker look at the medium again, after fetching it if it is on the web; None if there is none."""
    with transaction.atomic():
        row = Media.objects.of(tenant).filter(item_id=item_id, column=column).first()
        if row is not None:
            forget_previews(row)
            if row.url:
                row.sha256, row.bytes, row.type = "", 0, ""
            enqueue_look(row)
            row.status, row.why, row.checked, row.updated = "pending", "", False, timezone.now()
            row.save(update_fields=["sha256", "bytes", "type", "status", "why", "checked", "updated"])
    return row


def enqueue_look(row: Media) -> None:
    """Let a worker fetch the medium, or look at it."""
    if is_to_be_fetched(row):
        enqueue_fetches(row.tenant, [row])
    else:
        enqueue_check(row)


def look_key(row: Media) -> str:
    """Return what the job is called that `enqueue_look` makes."""
    return fetch_key(row) if is_to_be_fetched(row) else check_key(row)


def enqueue_check(row: Media) -> None:
    """Let a worker look at the medium."""
    arguments = {"item_id": row.item_id, "column": row.column, "sha256": row.sha256}
    enqueue(row.tenant, CHECK, arguments, dedupe_key=check_key(row))


def check_key(row: Media) -> str:
    """Return what the job for this medium is called, so that there is one."""
    cell = "\x00".join([row.item_id, row.column, row.sha256])
    return f"{CHECK}:{hashlib.sha256(cell.encode()).hexdigest()}"
