"""Media that came over HTTP: files named after their content, and what became of them."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sensorium.core.files import sync
from sensorium.core.roles import Role
from sensorium.service.catalogue.items import touch_item
from sensorium.service.catalogue.models import Media
from sensorium.service.jobs.queue import enqueue
from sensorium.service.tenants.models import Tenant

CHECK = "check-media"
CHUNK_BYTES = 1 << 20
UNUSED_S = 24 * 3600
"""A file that no row names is kept so long: somebody may be about to name it."""


class Stored(NamedTuple):
    """Bytes that lie in their file."""

    sha256: str
    n_bytes: int


def media_columns() -> dict[str, Role]:
    """Return the columns of the workspace that hold media, and of which kind."""
    return dict(settings.SENSORIUM_MEDIA_COLUMNS)


def file_of(sha256: str) -> Path:
    """Return where the medium with this hash lies; nothing that a caller writes is part of the path."""
    return settings.SENSORIUM_PLACE.media / sha256[:2] / sha256


def store_file(chunks: Iterator[bytes]) -> Stored:
    """Write `chunks` to the file that is named after them, whole or not at all."""
    folder: Path = settings.SENSORIUM_PLACE.media
    folder.mkdir(parents=True, exist_ok=True)
    digest, n_bytes = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        arriving = Path(file.name)
        try:
            for chunk in chunks:
                digest.update(chunk)
                n_bytes += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            final = file_of(digest.hexdigest())
            final.parent.mkdir(exist_ok=True)
            arriving.replace(final)
            sync(final.parent)
        finally:
            arriving.unlink(missing_ok=True)
    return Stored(digest.hexdigest(), n_bytes)


def chunks_of(body: IO[bytes]) -> Iterator[bytes]:
    """Yield what `body` holds."""
    while chunk := body.read(CHUNK_BYTES):
        yield chunk


def put_medium(tenant: Tenant, item_id: str, column: str, stored: Stored, media_type: str) -> Media | None:
    """Let the item have this medium in `column`, to be checked by a worker; None if there is no such item.

    The same bytes again change nothing.
    """
    with transaction.atomic():
        held = Media.objects.of(tenant).filter(item_id=item_id, column=column).first()
        if held is not None and held.sha256 == stored.sha256 and held.type == media_type:
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
        names = [field.name for field in Media._meta.concrete_fields]
        Media.objects.of(tenant).bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["tenant", "item_id", "column"],
            update_fields=[name for name in names if name not in ("id", "tenant", "item_id", "column")],
        )
    return row


def take_out_medium(tenant: Tenant, item_id: str, column: str) -> bool:
    """Let the item have no medium in `column`; return whether it had one."""
    with transaction.atomic():
        touch_item(tenant, item_id)
        return Media.objects.of(tenant).filter(item_id=item_id, column=column).delete()[0] > 0


def check_again(tenant: Tenant, item_id: str, column: str) -> Media | None:
    """Let a worker look at the medium again; None if there is none."""
    with transaction.atomic():
        row = Media.objects.of(tenant).filter(item_id=item_id, column=column).first()
        if row is not None:
            enqueue_check(row)
            row.status, row.why, row.checked, row.updated = "pending", "", False, timezone.now()
            row.save(update_fields=["status", "why", "checked", "updated"])
    return row


def enqueue_check(row: Media) -> None:
    """Let a worker look at the medium."""
    arguments = {"item_id": row.item_id, "column": row.column, "sha256": row.sha256}
    enqueue(row.tenant, CHECK, arguments, dedupe_key=check_key(row))


def check_key(row: Media) -> str:
    """Return what the job for this medium is called, so that there is one."""
    cell = "\x00".join([row.item_id, row.column, row.sha256])
    return f"{CHECK}:{hashlib.sha256(cell.encode()).hexdigest()}"


def remove_unused_files(tenants_media: set[str], unused_s: float = UNUSED_S) -> int:
    """Remove files whose hash is not among `tenants_media` and which are as old as that; return how many."""
    folder: Path = settings.SENSORIUM_PLACE.media
    oldest = time.time() - unused_s
    removed = 0
    for file in [*folder.glob("??/*"), *folder.glob("*.part")]:
        if file.name not in tenants_media and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
            removed += 1
    return removed
