"""A folder of media as a table: one item for each file, its sub-folder as the category."""

import os
import re
from collections import Counter
from pathlib import Path

import polars as pl

from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError
from sensorium.core.roles import Role
from sensorium.media.file_types import role_of_name

COLUMNS = ("item_id", "title", "category", Role.IMAGE.value, Role.AUDIO.value, Role.VIDEO.value)


def read_media_folder(folder: Path) -> Table:
    """Return one row an item: `item_id`, `title`, `category` and the paths `image`, `audio`, `video`.

    The id is the path within the folder without its extension, so that `a.jpg` and `a.mp3` are one item
    with a picture and a sound; where two files of one kind would share an id, each keeps its extension. The
    title is the file's name with `_` and `-` as spaces, unless that says nothing: it is a camera's, such as
    `IMG_0123`, or a hash, or all names differ in their numbers alone. The category is the sub-folder, or
    several (`shoes/red` is `shoes|red`). Hidden files and files that are no media are passed over.

    Raises
    ------
    DataError
        If there is no medium in the folder.
    """
    found = [(path, role) for path in _files(folder) if (role := role_of_name(path)) is not None]
    if not found:
        raise DataError("there are no pictures, sounds or clips in the folder", where=str(folder))
    stems = [(os.path.splitext(path)[0], role) for path, role in found]
    shared = {stem for (stem, _), n in Counter(stems).items() if n > 1}
    items: dict[str, dict[str, str | None]] = {}
    for (path, role), (stem, _) in zip(found, stems, strict=True):
        key = path if stem in shared else stem
        row = items.setdefault(key, dict.fromkeys(COLUMNS))
        parts = stem.split("/")
        row.update(item_id=key, title=_title(parts[-1]), category="|".join(parts[:-1]) or None)
        row[role.value] = path
    if len({_NUMBERS.sub("", row["title"] or "") for row in items.values()}) == 1 < len(items):
        for row in items.values():
            row["title"] = None
    frame = pl.DataFrame(list(items.values()), schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    filled = [name for name in COLUMNS if frame[name].null_count() < frame.height]
    return Table(frame.select(filled), str(folder), folder)


def holds_media(folder: Path) -> bool:
    """Return whether there is any medium in the folder or below it."""
    return any(role_of_name(path) is not None for path in _files(folder))


def _files(folder: Path) -> list[str]:
    """Return the paths of all files below `folder`, relative to it, with `/`, in order."""
    found = list[str]()
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        relative = Path(root).relative_to(folder)
        found += [(relative / name).as_posix() for name in files if not name.startswith(".")]
    return sorted(found)


_NUMBERS = re.compile(r"\d+")
_NAMELESS = re.compile(
    r"[a-z]{0,4}[ _-]?\d{3,}(?:[ _~()-]*\d+)*(?:[ _-]?(?:copy|edited|edit))?"
    r"|[0-9a-f]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
"""Names that a camera, a telephone or a program gave."""


def _title(stem: str) -> str | None:
    return None if _NAMELESS.fullmatch(stem) else _words(stem)


def _words(stem: str) -> str:
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or stem
