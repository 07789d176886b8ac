"""A process for work on media that are not trusted: `python -m sensorium.media.worker`, over pipes.

A process of its own, and not `multiprocessing`, because then a script needs no `__main__` guard, a
decoder that crashes takes only this process with it, and what it writes to stderr goes nowhere.
"""

import importlib
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from sensorium.media.wire import read_message, write_message

Answer = tuple[Mapping[str, Any], list[bytes]]
Task = Callable[[Mapping[str, Any], list[bytes]], Answer]
"""What a worker does with a header and blobs."""
ORPHAN_S = 10.0
"""How much longer than its parent's patience a worker lives that hangs while its parent is gone."""


def main() -> None:
    """Answer until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it closes the pipe
    requests, answers = sys.stdin.buffer, _private_stdout()
    try:
        start, _ = read_message(requests)
        try:
            task = _task(start)
        except Exception as error:  # told to the parent, which has the user's ear
            write_message(answers, {"error": f"{type(error).__name__}: {error}"})
            return
        limit_memory(start["memory_bytes"])
        write_message(answers, {"ready": True})
        while True:
            header, blobs = read_message(requests)
            _limit_time(header["within_s"])
            try:
                answer = task(header, blobs)
            except MemoryError:
                answer = {"error": f"needs more than {start['memory_bytes'] >> 20:,} MiB of memory"}, []
            except Exception as error:  # one request must not end the worker; the parent finds the culprit
                answer = {"error": f"{type(error).__name__}: {error}"}, []
            _limit_time(0)
            write_message(answers, *answer)
    except (EOFError, BrokenPipeError):
        return


def limit_memory(more_bytes: int) -> None:
    """Refuse this process more than `more_bytes` beyond what it has; nothing where the system cannot."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            now_bytes = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # only Linux tells, and only there the limit is kept
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = now_bytes + more_bytes
    if most == resource.RLIM_INFINITY or limit < most:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _limit_time(within_s: float) -> None:
    """Let the system end this process should its parent not be there to do it; 0: no longer."""
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(within_s + ORPHAN_S) if within_s else 0)


def _private_stdout() -> BinaryIO:
    """Return the pipe to the parent, and point the usual descriptors at nothing."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _task(start: Mapping[str, Any]) -> Task:
    module, _, name = start["task"].partition(":")
    return getattr(importlib.import_module(module), name)(start["argument"])


if __name__ == "__main__":
    main()
