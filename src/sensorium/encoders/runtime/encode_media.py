"""Encodes one column of media: reads ahead, skips what is known, shares the rest among processes."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.errors import MediaError, UserError
from sensorium.core.hashing import hash_bytes, hash_json
from sensorium.core.progress import Progress, Stage
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, InputT
from sensorium.encoders.runtime.worker_pool import WorkerPool
from sensorium.features.block import FeatureBlock
from sensorium.features.file_hashes import FileHashes, FileStamp
from sensorium.features.rows import RowStore
from sensorium.features.store import FeatureStore
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.media.reference import MediaRef

BATCH_ITEMS = 16
BATCH_BYTES = 4 << 20
READ_AHEAD = 16
READ_AHEAD_VIDEO = 3
"""Clips are large: what is read ahead stands in memory."""
_READERS = 4
_AHEAD_BYTES = 256 << 20
"""Nothing more is read ahead while so much waits."""


class EncodedMedia(NamedTuple):
    """One block of media, and how its items came by their rows."""

    block: FeatureBlock
    fresh: set[int]
    """Items encoded in this run."""
    failures: dict[int, str]
    """Item -> reason."""


class _Medium(NamedTuple):
    """One distinct place, and the items that point to it."""

    ref: MediaRef
    items: list[int]
    stamp: FileStamp | None


class _Read(NamedTuple):
    medium: _Medium
    content: bytes
    key: str
    reason: str | None


def encode_media(
    name: str,
    encoder: Encoder[Any, bytes],
    refs: Sequence[MediaRef | None],
    store: FeatureStore,
    progress: Progress,
    workers: int | None = None,
) -> EncodedMedia:
    """Return the block of a column of media; only content that the store does not know is encoded.

    Interrupted at any moment, it keeps what is done.
    """
    rows = rows_of(encoder, store)
    hashes = store.file_hashes()
    media = _distinct(refs)
    with progress.stage(name, total=sum(len(medium.items) for medium in media)) as stage:
        run = _MediaRun(encoder, rows, hashes, stage, len(refs))
        try:
            run.encode(run.unknown(media), workers)
        finally:
            rows.flush()
            hashes.close()
    rows.merge()
    block = gathered_block(name, encoder, run.keys, rows, store)
    return EncodedMedia(block, run.fresh, run.failures)


def rows_of(encoder: Encoder[Any, Any], store: FeatureStore) -> RowStore:
    """Return the rows that the encoder has made; a model that made some need not be loaded for that."""
    spec = encoder.spec()
    return store.rows(spec, store.dimension(spec) or encoder.dimension)


class _MediaRun:
    """The state of one run over one column."""

    def __init__(
        self, encoder: Encoder[Any, bytes], rows: RowStore, hashes: FileHashes, stage: Stage, n_items: int
    ) -> None:
        self._encoder, self._rows, self._hashes, self._stage = encoder, rows, hashes, stage
        self.keys: list[str | None] = [None] * n_items
        self.fresh: set[int] = set()
        self.failures: dict[int, str] = {}
        self._underway: dict[str, list[int]] = {}

    def unknown(self, media: Sequence[_Medium]) -> list[_Medium]:
        """Settle the media whose files are unchanged since they were encoded; return the others."""
        stamped = [(medium, medium.stamp) for medium in media if medium.stamp is not None]
        others = [medium for medium in media if medium.stamp is None]
        keys = self._hashes.known([(_address(medium.ref), stamp) for medium, stamp in stamped])
        for (medium, _), key in zip(stamped, keys, strict=True):
            if key is None or not self._is_known(key):
                others.append(medium)
            else:
                self._settle(key, medium.items)
        return others

    def encode(self, media: Sequence[_Medium], workers: int | None) -> None:
        """Read and encode `media` in worker processes, that a hostile one costs itself alone."""
        if not media:
            return
        n_workers = max(1, min(workers or _cores(), len(media) // BATCH_ITEMS + 1))
        is_video = self._encoder.traits.modality is Role.VIDEO
        ahead = READ_AHEAD_VIDEO if is_video else READ_AHEAD
        fresh = self._fresh(_read_ahead(media, ahead, MAX_BYTES_OF[self._encoder.traits.modality]))
        if self._encoder.traits.in_process:
            self._in_process(fresh)
            return
        if not WorkerPool.can_run(self._encoder):
            for read in fresh:
                with quiet_decoders():
                    encoded = encode_or_note(self._encoder, [read.content])
                self._keep([read.key], encoded)
            return
        with WorkerPool(self._encoder, n_workers) as pool:
            self._share(fresh, lambda contents: pool.submit(contents), 2 * n_workers)

    def _in_process(self, fresh: Iterator[_Read]) -> None:
        """Encode in this process, by two threads: the model has one batch while the next is decoded."""
        _ = self._encoder.dimension  # a model that cannot be used says so before any thread has started
        with ThreadPoolExecutor(2, thread_name_prefix="encode") as threads:
            self._share(fresh, lambda contents: threads.submit(encode_or_note, self._encoder, contents), 2)

    def _fresh(self, reads: Iterator[_Read]) -> Iterator[_Read]:
        """Yield what has to be encoded, once for each content; settle the rest."""
        for read in reads:
            if read.reason is not None:
                self._fail(read.medium.items, read.reason)
                continue
            if read.medium.stamp is not None:
                self._hashes.remember(_address(read.medium.ref), read.medium.stamp, read.key)
            if self._is_known(read.key):
                self._settle(read.key, read.medium.items)
            elif read.key in self._underway:
                self._underway[read.key].extend(read.medium.items)
            else:
                self._underway[read.key] = list(read.medium.items)
                self.fresh.add(read.medium.items[0])
                yield read

    def _share(
        self, fresh: Iterator[_Read], submit: Callable[[Sequence[bytes]], "Future[Encoded]"], n_pending: int
    ) -> None:
        pending: dict[Future[Encoded], list[str]] = {}
        for batch in _batches(fresh):
            while len(pending) >= n_pending:
                self._collect(pending)
            pending[submit([read.content for read in batch])] = [read.key for read in batch]
        while pending:
            self._collect(pending)

    def _collect(self, pending: dict["Future[Encoded]", list[str]]) -> None:
        done, _ = wait_for(pending, return_when="FIRST_COMPLETED")
        for future in done:
            self._keep(pending.pop(future), future.result())

    def _keep(self, keys: Sequence[str], encoded: Encoded) -> None:
        for row, key in enumerate(keys):
            items, reason = self._underway.pop(key), encoded.failures.get(row)
            if reason is not None and row in encoded.retry:
                self._fail(items, reason)
                continue
            if reason is None:
                self._rows.add(key, encoded.values[row])
            else:
                self._rows.add_failure(key, reason)
            self._settle(key, items)

    def _is_known(self, key: str) -> bool:
        return key in self._rows or self._rows.failure(key) is not None

    def _settle(self, key: str, items: Sequence[int]) -> None:
        reason = None if key in self._rows else self._rows.failure(key)
        if reason is not None:
            self._fail(items, reason)
            return
        for item in items:
            self.keys[item] = key
        self._stage.advance(len(items))

    def _fail(self, items: Sequence[int], reason: str) -> None:
        self.failures.update(dict.fromkeys(items, reason))
        self._stage.advance(len(items))


def _distinct(refs: Sequence[MediaRef | None]) -> list[_Medium]:
    places: dict[MediaRef, list[int]] = {}
    for item, ref in enumerate(refs):
        if ref is not None:
            places.setdefault(ref, []).append(item)
    return [_Medium(ref, items, _stamp(ref)) for ref, items in places.items()]


def _address(ref: MediaRef) -> str:
    return ref.location if ref.is_url else os.path.abspath(_place(ref))


def _place(ref: MediaRef) -> str:
    """Return the path as text: this is all that an unchanged item costs, so it has to be cheap."""
    return ref.location if ref.base is None else os.path.join(ref.base, ref.location)


def _stamp(ref: MediaRef) -> FileStamp | None:
    """Return the stamp of the file, or of the archive it is in; what a URL gave is taken to stay the same."""
    if ref.is_url:
        return FileStamp(0, 0)
    place = _place(ref)
    end = -1
    while (stamp := FileStamp.of(place if end < 0 else place[:end])) is None:
        end = place.lower().find(".zip", max(end, 0)) + 4
        if end < 4:
            return None
    return stamp


def _read(medium: _Medium, max_bytes: int) -> _Read:
    try:
        content = medium.ref.read(max_bytes)
    except MediaError as error:
        return _Read(medium, b"", "", error.reason)
    return _Read(medium, content, hash_bytes(content), None)


def _read_ahead(media: Sequence[_Medium], window: int, max_bytes: int) -> Iterator[_Read]:
    """Yield the contents in order, with up to `window` of them read ahead, fewer if they are large."""
    with ThreadPoolExecutor(min(_READERS, window), thread_name_prefix="read") as threads:
        reading: deque[Future[_Read]] = deque()
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


def _bytes_waiting(reading: "deque[Future[_Read]]") -> int:
    return sum(len(future.result().content) for future in reading if future.done())


def _batches(reads: Iterator[_Read]) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    size = 0
    for read in reads:
        batch.append(read)
        size += len(read.content)
        if len(batch) >= BATCH_ITEMS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def encode_or_note(encoder: Encoder[Any, InputT], inputs: Sequence[InputT]) -> Encoded:
    """Return the rows of a batch; if it fails as a whole, one by one, so that only the culprit is lost."""
    try:
        return encoder.encode(inputs)
    except UserError:  # a missing model is no fault of the input
        raise
    except Exception as error:  # one input must not end the run; the reason is reported
        if len(inputs) == 1:
            values = np.zeros((1, encoder.dimension), dtype=np.float32)
            return Encoded(values, {0: f"{type(error).__name__}: {error}"}, retry=frozenset({0}))
    singles = [encode_or_note(encoder, [one]) for one in inputs]
    return Encoded(
        np.concatenate([single.values for single in singles]),
        {row: single.failures[0] for row, single in enumerate(singles) if 0 in single.failures},
        frozenset(row for row, single in enumerate(singles) if 0 in single.retry),
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gathered_block(
    name: str,
    encoder: Encoder[Any, Any],
    keys: Sequence[str | None],
    rows: RowStore,
    store: FeatureStore,
) -> FeatureBlock:
    """Return the block of the rows that `keys` name, one for each item; None has none."""
    spec = encoder.spec()
    address = hash_json([name, spec, keys])
    block = store.block(address)
    if block is None:
        present = np.array([key is not None for key in keys], dtype=np.bool_)
        shape = np.broadcast_to(np.float32(0), (len(keys), rows.dimension))
        described = FeatureBlock(name, shape, present, spec, dict(encoder.parts))
        block = store.write_block(address, described, lambda out: rows.gather(keys, out))
    store.keep_only(name, address)
    return block
