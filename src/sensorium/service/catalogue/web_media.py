"""Media that items name by an address on the web: a row for each, and a job that fetches it."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from sensorium.media.reference import MediaRef
from sensorium.service.catalogue.media_files import media_columns
from sensorium.service.catalogue.models import Item, Media
from sensorium.service.jobs.queue import enqueue_all
from sensorium.service.tenants.models import Tenant

FETCH = "fetch-medium"
Change = tuple[Mapping[str, Any], Item]
"""What the attributes of an item were, and the item as it is."""


def url_in(value: object) -> str | None:
    """Return the address that an attribute holds, None if it holds something else, such as a path."""
    return value.strip() if isinstance(value, str) and MediaRef(value.strip()).is_url else None


def follow_urls(tenant: Tenant, changes: Iterable[Change]) -> None:
    """Let items have the media that their attributes name by address, where these have changed.

    A new address takes the place of whatever medium was there; one that is gone takes its medium with it. In
    the transaction that changes the items.
    """
    columns = media_columns()
    named, gone = list[Media](), set[tuple[str, str, str]]()
    for before, item in changes:
        for column in columns:
            was, now = url_in(before.get(column)), url_in(item.attributes.get(column))
            if now is not None and now != was:
                named.append(_to_be_fetched(tenant, item.item_id, column, now))
            elif was is not None and now is None:
                gone.add((item.item_id, column, was))
    if gone:
        rows = Media.objects.of(tenant).filter(item_id__in={item_id for item_id, _, _ in gone})
        old = [row.pk for row in rows if (row.item_id, row.column, row.url) in gone]
        Media.objects.of(tenant).filter(pk__in=old).delete()
    if named:
        enqueue_fetches(tenant, named)
        replace_media(tenant, named)


def replace_media(tenant: Tenant, rows: list[Media]) -> None:
    """Let each of `rows` be what its item has in its column.

    Its job is to be made before, since who holds a job writes media: so all lock in one order.
    """
    names = [field.name for field in Media._meta.concrete_fields]
    Media.objects.of(tenant).bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "item_id", "column"],
        update_fields=[name for name in names if name not in ("id", "tenant", "item_id", "column")],
    )


def enqueue_fetches(tenant: Tenant, rows: Iterable[Media]) -> None:
    """Let workers fetch media."""
    jobs = {fetch_key(row): {"item_id": row.item_id, "column": row.column, "url": row.url} for row in rows}
    enqueue_all(tenant, FETCH, jobs)


def fetch_key(row: Media) -> str:
    """Return what the job that fetches this medium is called, so that there is one."""
    cell = "\x00".join([row.item_id, row.column, row.url])
    return f"{FETCH}:{hashlib.sha256(cell.encode()).hexdigest()}"


def is_to_be_fetched(row: Media) -> bool:
    """Return whether the bytes of a medium are still on the web alone."""
    return bool(row.url) and not row.sha256


def _to_be_fetched(tenant: Tenant, item_id: str, column: str, url: str) -> Media:
    return Media(
        tenant=tenant,
        item_id=item_id,
        column=column,
        url=url,
        sha256="",
        bytes=0,
        type="",
        status="pending",
        updated=timezone.now(),
    )
