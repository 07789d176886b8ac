"""Another process that may crash, hang or ask for all the memory; started again when it has."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

from sensorium.media.wire import read_message, write_message

MEMORY_BYTES = 4 << 30
"""How much a process may take beyond its libraries; the largest picture that is allowed needs half of it."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class IsolationError(Exception):
    """A request got no answer; the text says why."""


class IsolatedProcess:
    """One process with limits on memory and on the time for each request.

    Parameters
    ----------
    task
        "module:function" of what makes a `worker.Task` from `argument`, in that process.
    argument
        Anything that JSON can hold.
    memory_bytes
        How much memory it may take beyond what its libraries need.
    """

    def __init__(self, task: str, argument: Mapping[str, Any], *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._start = {"task": task, "argument": dict(argument), "memory_bytes": memory_bytes}
        self._lock = threading.Lock()
        self.is_stopped = False
        self._process = self._started()

    def ask(
        self, header: Mapping[str, Any], blobs: Sequence[bytes], *, within_s: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Return the task's answer.

        Raises
        ------
        IsolationError
            If the task failed, or the process crashed or took longer than `within_s`; the next request
            goes to a new process then.
        """
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

        timer = threading.Timer(within_s, give_up)
        timer.start()
        try:
            write_message(_pipe(process.stdin), dict(header) | {"within_s": within_s}, blobs)
            answer, contents = read_message(_pipe(process.stdout))
        except (EOFError, OSError, ValueError) as error:
            process.kill()
            process.wait()
            slow = f"took longer than {within_s:g} s"
            raise IsolationError(slow if timed_out.is_set() else "the decoder crashed on it") from error
        finally:
            timer.cancel()
        if "error" in answer:
            raise IsolationError(answer["error"])
        return answer, contents

    def stop(self) -> None:
        """End the process at once; it holds nothing that would be lost."""
        with self._lock:
            self.is_stopped = True
            _ended(self._process)

    def _await_ready(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for a new process to be ready; however long that takes, no medium is to blame."""
        if self._is_ready:
            return
        try:
            header, _ = read_message(_pipe(process.stdout))
        except (EOFError, OSError, ValueError) as error:
            raise RuntimeError("a process for media ended while it started") from error
        if "error" in header:
            raise RuntimeError(f"a process for media could not start: {header['error']}")
        self._is_ready = True

    def _started(self) -> "subprocess.Popen[bytes]":
        self._is_ready = False
        paths = [path or os.getcwd() for path in sys.path]
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONPATH": os.pathsep.join(paths)}
        process = subprocess.Popen(
            [sys.executable, "-m", "sensorium.media.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        write_message(_pipe(process.stdin), self._start)
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
