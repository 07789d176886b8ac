"""Everything of a tenant written to a folder."""

import shutil
from pathlib import Path

from sensorium.core.files import written_aside
from sensorium.core.progress import Progress
from sensorium.service.catalogue.media_files import file_of
from sensorium.service.catalogue.models import Media
from sensorium.service.moving.files import Format, write_rows
from sensorium.service.moving.tables import MOVED, TABLES
from sensorium.service.tenants.models import Tenant

MEDIA = "media"
"""The folder of an export that holds the bytes of media, each file named after them."""


def export_everything(tenant: Tenant, folder: Path, form: Format, progress: Progress) -> dict[str, int]:
    """Write items, media, users and events to `folder`; return how many of each.

    Each table is one file, whole or absent; what others write meanwhile may be in it or not. Bytes of media
    that the folder holds already are not written again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for table in TABLES:
        with progress.stage(f"exporting {table}", unit=table) as stage:
            moved = MOVED[table]
            counts[table] = write_rows(folder / f"{table}.{form}", moved.rows(tenant), moved.schema)
            stage.advance(counts[table])
    _copy_media(tenant, folder / MEDIA, progress)
    return counts


def media_file(folder: Path, sha256: str) -> Path:
    """Return where an export holds the bytes with this hash."""
    return folder / MEDIA / sha256[:2] / sha256


def _copy_media(tenant: Tenant, folder: Path, progress: Progress) -> None:
    hashes = (
        Media.objects.of(tenant)
        .exclude(sha256="")
        .order_by("sha256")
        .values_list("sha256", flat=True)
        .distinct()
    )
    missing = 0
    with progress.stage("copying media", hashes.count(), unit="media") as stage:
        for sha256 in hashes.iterator():
            to = media_file(folder.parent, sha256)
            if not to.exists():
                missing += not _copied(file_of(sha256), to)
            stage.advance()
    if missing:
        progress.say(f"{missing:,} media have no file under .service/media; their rows are there alone")


def _copied(source: Path, to: Path) -> bool:
    """Copy a file; return whether there was one."""
    if not source.exists():
        return False
    with written_aside(to) as aside:
        shutil.copyfile(source, aside)
    return True
