"""What is written aside is locked while its process lives, so that what a killed one left can be removed."""

import contextlib
import ctypes
import glob
import os
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path

AT_CWD = -100 if sys.platform == "linux" else -2
"""To `renameat2` and `renameatx_np`: paths are those of this process."""
EXCHANGE = 2
"""To both: exchange the two."""


@contextlib.contextmanager
def held(make: Callable[[], str | Path]) -> Generator[Path]:
    """Give the file or folder that `make` makes, which `remove_remains` spares until the block ends."""
    path = Path(make())
    descriptor = _lock(path, wait=True)
    while not path.exists():  # somebody took it for remains before it was locked
        _close(descriptor)
        path = Path(make())
        descriptor = _lock(path, wait=True)
    try:
        yield path
    finally:
        _close(descriptor)


def remove_remains(folder: Path, name: str, suffix: str) -> None:
    """Remove what killed processes left in `folder`, called as `tempfile` calls `.NAME.` and `suffix`.

    With it goes what has the same name with a dash and more after it.
    Where the system has no locks, as on Windows, nothing is removed.
    """
    for path in folder.glob(f".{glob.escape(name)}.????????{glob.escape(suffix)}"):
        descriptor = _lock(path, wait=False)
        if descriptor is not None:
            for remains in (*folder.glob(f"{glob.escape(path.name)}-*"), path):
                if remains.is_dir():
                    shutil.rmtree(remains, ignore_errors=True)
                else:
                    remains.unlink(missing_ok=True)
            _close(descriptor)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, so that both names exist at every moment; False if that cannot be."""
    if sys.platform not in ("linux", "darwin"):
        return False
    library = ctypes.CDLL(None)
    rename = getattr(library, "renameat2" if sys.platform == "linux" else "renameatx_np", None)
    if rename is None:
        return False
    return rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), ctypes.c_uint(EXCHANGE)) == 0


def _lock(path: Path, *, wait: bool) -> int | None:
    """Return a descriptor that holds a lock on `path`: a shared one, or without `wait` the only one.

    None if it cannot be had.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
