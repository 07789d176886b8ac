"""Several worker processes behind one `submit`; a medium that kills a worker is found and noted."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, Self

import numpy as np

from sensorium.encoders.base import Encoded, Encoder
from sensorium.encoders.wire import receive, send

BATCH_TIMEOUT_S = 120.0
"""After this a worker is taken for hung: a batch is then tried one by one, a single medium has failed."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class WorkerPool:
    """`n_workers` processes that encode batches; leaving the context ends them."""

    def __init__(
        self, encoder: Encoder[Any, bytes], n_workers: int, *, timeout_s: float = BATCH_TIMEOUT_S
    ) -> None:
        self._encoder = encoder
        self._timeout_s = timeout_s
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers = [_Worker(encoder, timeout_s) for _ in range(n_workers)]
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

    def submit(self, contents: Sequence[bytes]) -> Future[Encoded]:
        """Start encoding a batch."""
        return self._threads.submit(self._encode, contents)

    def _encode(self, contents: Sequence[bytes]) -> Encoded:
        worker = self._idle.get()
        try:
            return self._encode_with(worker, contents)
        finally:
            self._idle.put(worker)

    def _encode_with(self, worker: "_Worker", contents: Sequence[bytes]) -> Encoded:
        """Encode a batch; if it fails as a whole, one by one, so that only the culprit is lost."""
        try:
            return worker.encode(contents)
        except _BatchFailedError as failed:
            if len(contents) == 1 or worker.is_stopped:
                values = np.zeros((len(contents), self._encoder.dimension), dtype=np.float32)
                every = range(len(contents))
                return Encoded(values, dict.fromkeys(every, str(failed)), retry=frozenset(every))
        singles = [self._encode_with(worker, [content]) for content in contents]
        values = np.concatenate([single.values for single in singles])
        failures = {row: single.failures[0] for row, single in enumerate(singles) if 0 in single.failures}
        return Encoded(values, failures, frozenset(row for row, s in enumerate(singles) if 0 in s.retry))


class _BatchFailedError(Exception):
    """A batch got no rows; the text says why."""


class _Worker:
    """One process, started again when it has died."""

    def __init__(self, encoder: Encoder[Any, bytes], timeout_s: float) -> None:
        self._encoder, self._timeout_s = encoder, timeout_s
        self._lock = threading.Lock()
        self.is_stopped = False
        self._process = self._started()

    def encode(self, contents: Sequence[bytes]) -> Encoded:
        """Return the rows of a batch, or raise `_BatchFailedError`."""
        with self._lock:
            if self._process.poll() is not None and not self.is_stopped:
                _ended(self._process)
                self._process = self._started()
            process = self._process
        self._await_ready(process)
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            process.kill()

        timer = threading.Timer(self._timeout_s, give_up)
        timer.start()
        try:
            send(_pipe(process.stdin), {"n": len(contents)}, contents)
            header, blobs = receive(_pipe(process.stdout))
        except (EOFError, OSError, ValueError) as error:
            process.wait()
            slow = f"took longer than {self._timeout_s:g} s"
            raise _BatchFailedError(slow if timed_out.is_set() else "the decoder crashed on it") from error
        finally:
            timer.cancel()
        if "error" in header:
            raise _BatchFailedError(header["error"])
        values = np.frombuffer(blobs[0], dtype=np.float32).reshape(header["shape"])
        return Encoded(values, {int(row): reason for row, reason in header["failures"].items()})

    def _await_ready(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for a new process to have its encoder; however long that takes, no medium is to blame."""
        if self._is_ready:
            return
        try:
            header, _ = receive(_pipe(process.stdout))
        except (EOFError, OSError, ValueError) as error:
            raise RuntimeError("an encoding process ended while it started") from error
        if "error" in header:
            raise RuntimeError(f"an encoding process could not start: {header['error']}")
        self._is_ready = True

    def stop(self) -> None:
        """End the process at once; it holds nothing that would be lost."""
        with self._lock:
            self.is_stopped = True
            _ended(self._process)

    def _started(self) -> "subprocess.Popen[bytes]":
        self._is_ready = False
        cls = type(self._encoder)
        paths = [path or os.getcwd() for path in sys.path]
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONPATH": os.pathsep.join(paths)}
        process = subprocess.Popen(
            [sys.executable, "-m", "sensorium.encoders.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        config = self._encoder.config.model_dump(mode="json")
        send(_pipe(process.stdin), {"module": cls.__module__, "class": cls.__name__, "config": config})
        return process


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(BrokenPipeError, ValueError):  # a write that nobody reads any more
            _pipe(stream).close()


def _pipe(stream: IO[bytes] | None) -> Any:
    assert stream is not None, "the process was started with pipes"  # noqa: S101
    return stream
