"""Processes that end when the one that started them is gone, however it ended."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping

PARENT = "SENSORIUM_PARENT"
"""The variable that holds the process id of the parent."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""The variables that say how many threads libraries start."""
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux."""


def environment_of_child(threads: int) -> Mapping[str, str]:
    """Return the variables of a process that is started here, imports what this one does, and ends with it.

    Arrays are worked on by so many threads of it.
    """
    paths = [path or os.getcwd() for path in sys.path]
    own = {"PYTHONPATH": os.pathsep.join(paths), PARENT: str(os.getpid())}
    return {**os.environ, **dict.fromkeys(THREADS, str(threads)), **own}


def end_with_parent() -> None:
    """Ask the system for SIGTERM when the parent ends; where it cannot, `parent_is_gone` has to be asked."""
    if PARENT in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
        if parent_is_gone():  # it ended before it was asked
            os.kill(os.getpid(), signal.SIGTERM)


def parent_is_gone() -> bool:
    """Return whether the process that started this one has ended."""
    parent = os.environ.get(PARENT)
    return parent is not None and os.getppid() != int(parent)
