"""Silence for the C libraries that write their complaints straight to the process's stderr."""

import contextlib
import os
import sys
import threading
from collections.abc import Generator

_LOCK = threading.RLock()


@contextlib.contextmanager
def quiet_decoders() -> Generator[None]:
    """Send file descriptor 2 to nowhere meanwhile; libpng and libjpeg know no other way to be silent.

    Keep the stretch short: what other threads write to stderr meanwhile is lost. One thread at a
    time, since the descriptor belongs to the process.
    """
    with _LOCK:
        sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:  # a process without stderr has nothing to silence
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
