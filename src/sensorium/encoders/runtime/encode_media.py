"""Encodes one column of media: only content that is not known, shared among processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

from sensorium.core.progress import Progress, Stage
from sensorium.core.side_by_side import n_cores
from sensorium.encoders.base import Encoded, Encoder
from sensorium.encoders.report import EncodedBlock
from sensorium.encoders.runtime.encode_batch import encode_batch
from sensorium.encoders.runtime.read_media import (
    BATCH_ITEMS,
    Medium,
    ReadMedium,
    address_of,
    batch_media,
    distinct_media,
    read_ahead,
)
from sensorium.encoders.runtime.stored_rows import gather_block, open_rows
from sensorium.encoders.runtime.worker_pool import WorkerPool
from sensorium.features.file_hashes import FileHashes
from sensorium.features.rows import RowStore
from sensorium.features.store import FeatureStore
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.media.reference import MediaRef


def encode_media(
    name: str,
    encoder: Encoder[Any, bytes],
    refs: Sequence[MediaRef | None],
    store: FeatureStore,
    progress: Progress,
    workers: int | None = None,
) -> EncodedBlock:
    """Return the block of a column of media; only content that the store does not know is encoded.

    Interrupted at any moment, it keeps what is done.
    """
    rows = open_rows(encoder, store)
    hashes = store.file_hashes()
    media = distinct_media(refs)
    with progress.stage(name, total=sum(len(medium.items) for medium in media)) as stage:
        run = _MediaRun(encoder, rows, hashes, stage, len(refs))
        try:
            run.encode(run.settle_unchanged(media), workers)
        finally:
            rows.flush()
            hashes.close()
    rows.merge()
    block = gather_block(name, encoder, run.keys, rows, store)
    return EncodedBlock(block, encoder, run.fresh - run.failures.keys(), run.failures)


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

    def settle_unchanged(self, media: Sequence[Medium]) -> list[Medium]:
        """Settle the media whose files are unchanged since they were encoded; return the others."""
        stamped = [(medium, medium.stamp) for medium in media if medium.stamp is not None]
        others = [medium for medium in media if medium.stamp is None]
        keys = self._hashes.known([(address_of(medium.ref), stamp) for medium, stamp in stamped])
        for (medium, _), key in zip(stamped, keys, strict=True):
            if key is None or not self._is_known(key):
                others.append(medium)
            else:
                self._settle(key, medium.items)
        return others

    def encode(self, media: Sequence[Medium], workers: int | None) -> None:
        """Read and encode `media` in worker processes, that a hostile one costs itself alone."""
        if not media:
            return
        n_workers = max(1, min(workers or n_cores(), len(media) // BATCH_ITEMS + 1))
        fresh = self._select_fresh(read_ahead(media, self._encoder.traits.modality))
        if self._encoder.traits.in_process:
            self._encode_in_process(fresh)
            return
        if not WorkerPool.can_run(self._encoder):
            for read in fresh:
                with quiet_decoders():
                    encoded = encode_batch(self._encoder, [read.content])
                self._keep([read.key], encoded)
            return
        with WorkerPool(self._encoder, n_workers) as pool:
            self._share(fresh, lambda contents: pool.submit(contents), 2 * n_workers)

    def _encode_in_process(self, fresh: Iterator[ReadMedium]) -> None:
        """Encode in this process, by two threads: the model has one batch while the next is decoded."""
        _ = self._encoder.dimension  # a model that cannot be used says so before any thread has started
        with ThreadPoolExecutor(2, thread_name_prefix="encode") as threads:
            self._share(fresh, lambda contents: threads.submit(encode_batch, self._encoder, contents), 2)

    def _select_fresh(self, reads: Iterator[ReadMedium]) -> Iterator[ReadMedium]:
        """Yield what has to be encoded, once for each content; settle the rest."""
        for read in reads:
            if read.reason is not None:
                self._fail(read.medium.items, read.reason)
                continue
            if read.medium.stamp is not None:
                self._hashes.remember(address_of(read.medium.ref), read.medium.stamp, read.key)
            if self._is_known(read.key):
                self._settle(read.key, read.medium.items)
            elif read.key in self._underway:
                self._underway[read.key].extend(read.medium.items)
            else:
                self._underway[read.key] = list(read.medium.items)
                self.fresh.add(read.medium.items[0])
                yield read

    def _share(
        self,
        fresh: Iterator[ReadMedium],
        submit: Callable[[Sequence[bytes]], "Future[Encoded]"],
        n_pending: int,
    ) -> None:
        pending: dict[Future[Encoded], list[str]] = {}
        for batch in batch_media(fresh):
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
