"""Where media lie: files named after their content, and beside each what was made of it."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings

from sensorium.core.files import sync
from sensorium.core.roles import Role

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


def remove_unused_files(tenants_media: set[str], unused_s: float = UNUSED_S) -> int:
    """Remove files whose hash is not among `tenants_media` and which are as old as that; return how many.

    What was made of a medium is called by its hash, a dot, and what it is: it goes with it.
    """
    folder: Path = settings.SENSORIUM_PLACE.media
    oldest = time.time() - unused_s
    removed = 0
    for file in [*folder.glob("??/*"), *folder.glob("*.part")]:
        if file.name.partition(".")[0] not in tenants_media and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
            removed += 1
    return removed
