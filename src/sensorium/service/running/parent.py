"""Processes that end when the one that started them is gone, however it ended."""

import ctypes
import os
import signal
import sys

PARENT = "SENSORIUM_PARENT"
"""The variable that holds the process id of the parent."""
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux."""


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
