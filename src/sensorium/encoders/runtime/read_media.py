"""Reads the media of a column: each place once, some ahead, in batches."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from sensorium.core.errors import MediaError
from sensorium.core.hashing import hash_bytes
from sensorium.core.roles import Role
from sensorium.features.file_hashes import FileStamp
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.reference import MediaRef

BATCH_ITEMS = 16
BATCH_BYTES = 4 << 20
READ_AHEAD = 16
READ_AHEAD_VIDEO = 3
"""Clips are large: what is read ahead stands in memory."""
_READERS = 4
_AHEAD_BYTES = 256 << 20
"""Nothing more is read ahead while so much waits."""


class Medium(NamedTuple):
    """One distinct place, and the items that point to it."""

    ref: MediaRef
    items: list[int]
    stamp: FileStamp | None


class ReadMedium(NamedTuple):
    """The content of a medium and its hash, or the reason why it cannot be read."""

    medium: Medium
    content: bytes
    key: str
    reason: str | None


def distinct_media(refs: Sequence[MediaRef | None]) -> list[Medium]:
    """Return each place that `refs` point to once, in their order."""
    places: dict[MediaRef, list[int]] = {}
    for item, ref in enumerate(refs):
        if ref is not None:
            places.setdefault(ref, []).append(item)
    return [Medium(ref, items, _stamp_of(ref)) for ref, items in places.items()]


def address_of(ref: MediaRef) -> str:
    """Return the URL or the absolute path, which is what the hash of its content is remembered by."""
    return ref.location if ref.is_url else os.path.abspath(_path(ref))


def _path(ref: MediaRef) -> str:
    """Return the path as text: this is all that an unchanged item costs, so it has to be cheap."""
    return ref.location if ref.base is None else os.path.join(ref.base, ref.location)


def _stamp_of(ref: MediaRef) -> FileStamp | None:
    """Return the stamp of the file, or of the archive it is in; what a URL gave is taken to stay the same."""
    if ref.is_url:
        return FileStamp(0, 0)
    path = _path(ref)
    end = -1
    while (stamp := FileStamp.of(path if end < 0 else path[:end])) is None:
        end = path.lower().find(".zip", max(end, 0)) + 4
        if end < 4:
            return None
    return stamp


def _read(medium: Medium, max_bytes: int) -> ReadMedium:
    try:
        content = medium.ref.read(max_bytes)
    except MediaError as error:
        return ReadMedium(medium, b"", "", error.reason)
    return ReadMedium(medium, content, hash_bytes(content), None)


def read_ahead(media: Sequence[Medium], modality: Role) -> Iterator[ReadMedium]:
    """Yield the contents in order, with some of them read ahead, fewer if they are large."""
    window = READ_AHEAD_VIDEO if modality is Role.VIDEO else READ_AHEAD
    max_bytes = MAX_BYTES_OF[modality]
    with ThreadPoolExecutor(min(_READERS, window), thread_name_prefix="read") as threads:
        reading: deque[Future[ReadMedium]] = deque()
        try:
            for medium in media:
                reading.append(threads.submit(_read, medium, max_bytes))
                while len(reading) >= window or _bytes_waiting(reading) > _AHEAD_BYTES:
                    yield reading.popleft().result()
            while reading:
                yield reading.popleft().result()
        finally:
            for future in reading:
                future.cancel()


def _bytes_waiting(reading: "deque[Future[ReadMedium]]") -> int:
    return sum(len(future.result().content) for future in reading if future.done())


def batch_media(reads: Iterator[ReadMedium]) -> Iterator[list[ReadMedium]]:
    """Yield the contents in batches of not too many items and bytes."""
    batch: list[ReadMedium] = []
    size = 0
    for read in reads:
        batch.append(read)
        size += len(read.content)
        if len(batch) >= BATCH_ITEMS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
