"""The job that fetches a medium from the web: from public hosts, within limits of size and time."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.media_types import media_type_of
from sensorium.media.web import WebAccess, fetch
from sensorium.service.catalogue.media import enqueue_check
from sensorium.service.catalogue.media_check import NO_COLUMN
from sensorium.service.catalogue.media_files import media_columns, store_file
from sensorium.service.catalogue.models import Media
from sensorium.service.jobs.queue import Lease

SILENCE_S, TOTAL_S = 10.0, 60.0
"""How long a server may be silent, and a medium may take with all attempts."""
ANY_BYTES = "application/octet-stream"
MB = 1_000_000


def fetch_medium(lease: Lease) -> None:
    """Fetch the medium that the job names, and let it be checked; or write why it cannot be fetched.

    Nothing is written where the item has another medium by now.
    """
    cell = lease.job.arguments
    rows = Media.objects.of(lease.job.tenant).filter(**cell, sha256="")
    row, role = rows.first(), media_columns().get(cell["column"])
    if row is None:
        return
    try:
        if role is None:
            raise MediaError(NO_COLUMN, where=cell["column"])
        content = fetch(row.url, _access(), max_bytes=_most_bytes(role))
    except MediaError as error:
        with lease.writing():
            rows.update(status="failed", why=error.reason, updated=timezone.now())
        return
    row.sha256, row.bytes = store_file(iter([content]))
    row.type = media_type_of(content, role) or ANY_BYTES
    with transaction.atomic(), lease.writing():
        enqueue_check(row)
        rows.update(sha256=row.sha256, bytes=row.bytes, type=row.type, updated=timezone.now())


def _access() -> WebAccess:
    """Return whom may be asked: the public web, and the networks that sensorium.toml names."""
    networks = tuple(settings.SENSORIUM_WEB_NETWORKS)
    return WebAccess(networks=networks, silence_s=SILENCE_S, total_s=TOTAL_S)


def _most_bytes(role: Role) -> int:
    return min(MAX_BYTES_OF[role], settings.SENSORIUM_LIMITS.media_mb * MB)
