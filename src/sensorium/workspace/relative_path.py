"""Paths as `sensorium.toml` writes them."""

import os
from pathlib import Path


def relative_path(path: Path, folder: Path) -> str:
    """Return `path` as seen from `folder`; the whole path where that is on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(path.resolve())
