"""Several worker processes behind one `submit`; a medium that kills a worker is found and noted."""

import queue
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np

from sensorium.encoders.base import Encoded, Encoder
from sensorium.encoders.runtime.worker import describe_encoder
from sensorium.media.isolated_process import MEMORY_BYTES, IsolatedProcess, IsolationError

MEDIUM_TIMEOUT_S = 60.0
"""After this a worker is taken for hung; a batch has twice the time, and is then tried one by one."""


class WorkerPool:
    """`n_workers` processes that encode batches; leaving the context ends them."""

    def __init__(
        self,
        encoder: Encoder[Any, bytes],
        n_workers: int,
        *,
        timeout_s: float = MEDIUM_TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._encoder = encoder
        self._timeout_s = timeout_s
        self._idle: queue.SimpleQueue[IsolatedProcess] = queue.SimpleQueue()
        self._folder = tempfile.TemporaryDirectory() if encoder.traits.learns else None
        state = None if self._folder is None else Path(self._folder.name)
        if state is not None:
            encoder.state().save(state)
        task, start = "sensorium.encoders.runtime.worker:encode_task", describe_encoder(encoder, state)
        self._workers = [IsolatedProcess(task, start, memory_bytes=memory_bytes) for _ in range(n_workers)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(n_workers, thread_name_prefix="encode")

    @staticmethod
    def can_run(encoder: Encoder[Any, Any]) -> bool:
        """Return whether a worker can import the encoder's class: not one from a script or a function."""
        cls = type(encoder)
        return bool(sys.executable) and cls.__module__ != "__main__" and "." not in cls.__qualname__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:  # one that was starting anew meanwhile
            worker.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def submit(self, contents: Sequence[bytes]) -> Future[Encoded]:
        """Start encoding a batch."""
        return self._threads.submit(self._encode, contents)

    def _encode(self, contents: Sequence[bytes]) -> Encoded:
        worker = self._idle.get()
        try:
            return self._encode_with(worker, contents)
        finally:
            self._idle.put(worker)

    def _encode_with(self, worker: IsolatedProcess, contents: Sequence[bytes]) -> Encoded:
        """Encode a batch; if it fails as a whole, one by one, so that only the culprit is lost."""
        within_s = self._timeout_s * min(len(contents), 2)
        try:
            header, blobs = worker.ask({}, contents, within_s=within_s)
        except IsolationError as failed:
            if len(contents) == 1 or worker.is_stopped:
                values = np.zeros((len(contents), self._encoder.dimension), dtype=np.float32)
                every = range(len(contents))
                return Encoded(values, dict.fromkeys(every, str(failed)), retry=frozenset(every))
        else:
            values = np.frombuffer(blobs[0], dtype=np.float32).reshape(header["shape"])
            return Encoded(values, {int(row): reason for row, reason in header["failures"].items()})
        singles = [self._encode_with(worker, [content]) for content in contents]
        values = np.concatenate([single.values for single in singles])
        failures = {row: single.failures[0] for row, single in enumerate(singles) if 0 in single.failures}
        return Encoded(values, failures, frozenset(row for row, s in enumerate(singles) if 0 in s.retry))
