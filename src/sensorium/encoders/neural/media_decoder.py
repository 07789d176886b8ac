"""Reads media for networks in processes of their own: a hostile file costs itself, not the run."""

import queue
import sys
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.side_by_side import n_cores
from sensorium.encoders.neural.model_inputs import Reading
from sensorium.encoders.runtime.worker_pool import MEDIUM_TIMEOUT_S
from sensorium.media.isolated_process import MEMORY_BYTES, IsolatedProcess, IsolationError

IDLE_S = 15.0
"""Processes that have nothing to do for so long are ended; the next medium starts new ones."""
_TASK = "sensorium.encoders.neural.model_inputs:read_task"


class Read(NamedTuple):
    """One medium, or why there is none."""

    array: Any = None
    """Pixels, frames or samples, as `read_medium` returns them; None where `reason` says why."""
    sample_rate_hz: int = 0
    reason: str | None = None
    may_pass: bool = False
    """Whether the reason may be gone in the next run: a process died, or memory ran out."""


class MediaDecoder:
    """Up to `n_processes` processes that read media; started on first use, ended when idle."""

    def __init__(
        self,
        n_processes: int,
        *,
        idle_s: float = IDLE_S,
        timeout_s: float = MEDIUM_TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._n_processes, self._idle_s = n_processes, idle_s
        self._timeout_s, self._memory_bytes = timeout_s, memory_bytes
        self._lock = threading.Lock()
        self._processes: list[IsolatedProcess] = []
        self._timer: threading.Timer | None = None
        weakref.finalize(self, _stop_all, self._processes)

    @property
    def n_running(self) -> int:
        """How many processes there are now."""
        return len(self._processes)

    def read(self, contents: Sequence[bytes], reading: Reading) -> list[Read]:
        """Return what was read of each file, in order; a call waits for the one before."""
        if not contents:
            return []
        with self._lock:
            self._wait_no_longer()
            wanted = min(self._n_processes, len(contents))
            while len(self._processes) < wanted:
                self._processes.append(IsolatedProcess(_TASK, {}, memory_bytes=self._memory_bytes))
            try:
                return self._share_out(contents, reading)
            finally:
                self._timer = threading.Timer(self._idle_s, self.stop)
                self._timer.daemon = True
                self._timer.start()

    def stop(self) -> None:
        """End the processes; the next file starts new ones."""
        with self._lock:
            self._wait_no_longer()
            _stop_all(self._processes)

    def _wait_no_longer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _share_out(self, contents: Sequence[bytes], reading: Reading) -> list[Read]:
        free: queue.SimpleQueue[IsolatedProcess] = queue.SimpleQueue()
        for process in self._processes:
            free.put(process)
        header = reading._asdict() | {"modality": reading.modality.value}

        def read(content: bytes) -> Read:
            process = free.get()
            try:
                answer, blobs = process.ask(header, [content], within_s=self._timeout_s)
            except IsolationError as error:
                return Read(reason=str(error), may_pass=True)
            finally:
                free.put(process)
            if "reason" in answer:
                return Read(reason=answer["reason"])
            array = np.frombuffer(blobs[0], dtype=answer["kind"]).reshape(answer["shape"])
            return Read(array, answer["sample_rate_hz"])

        with ThreadPoolExecutor(len(self._processes), thread_name_prefix="decode") as threads:
            try:
                return list(threads.map(read, contents))
            except BaseException:  # Ctrl-C among others: threads that wait for an answer are let go
                _stop_all(self._processes)
                threads.shutdown(wait=False, cancel_futures=True)
                raise


@lru_cache(maxsize=1)
def shared_decoder() -> MediaDecoder:
    """Return the decoder of this process, one process a core: all neural encoders use it."""
    if not sys.executable:
        raise RuntimeError("media are decoded by another Python, and this one does not know where it is")
    return MediaDecoder(n_cores())


def _stop_all(processes: list[IsolatedProcess]) -> None:
    for process in processes:
        process.stop()
    processes.clear()
