"""Files that are whole or absent: write aside, flush to disk, rename."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from functools import partial
from pathlib import Path

from sensorium.core.aside import held

ASIDE = ".part"
"""How the name of a file ends that is written aside."""


@contextlib.contextmanager
def written_aside(path: Path) -> Generator[Path]:
    """Give a temporary path beside `path`; on success it replaces `path` in one step.

    A crash at any moment leaves either the old file or the new one, never a part of one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(partial(_new_file, path)) as aside:
        try:
            yield aside
            sync(aside)
            aside.chmod(0o644)
            aside.replace(path)
            sync(path.parent)
        finally:
            aside.unlink(missing_ok=True)


def _new_file(path: Path) -> Path:
    """Return a new empty file beside `path`, named after it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=ASIDE, dir=path.parent)
    os.close(handle)
    return Path(name)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, as UTF-8."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """Flush a file or folder to disk; a folder only where the system can open one, unlike Windows."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
