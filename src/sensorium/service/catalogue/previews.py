"""Thumbnails, shapes of sounds, excerpts: made by a worker once a medium is checked, kept beside its file.

They belong to the bytes, not to the item: what has the same bytes has the same files. A list of what was
made, and why other things were not, is written last, so that who finds it finds all.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from sensorium.core.roles import Role
from sensorium.service.catalogue.media_files import file_of, media_columns
from sensorium.service.catalogue.models import Media
from sensorium.service.jobs.queue import enqueue

PREVIEWS = "make-previews"


class PreviewFile(NamedTuple):
    """A file that was made of a medium."""

    file: Path
    type: str
    version: str
    """The hash of what it holds."""


def find_preview(row: Media, role: Role, name: str) -> PreviewFile | str | None:
    """Return what was made of a medium under `name`, such as `peaks` or `thumbnail-320`.

    A text says why there is none and will be none; None: it is not made yet.
    """
    try:
        said: dict[str, Any] = json.loads(list_file(row.sha256, role).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if name in said["made"]:
        media_type, version = said["made"][name]
        return PreviewFile(preview_file(row.sha256, role, name), media_type, version)
    return str(said["why_not"].get(name.partition("-")[0], "nothing like this is made of it"))


def enqueue_previews(row: Media, role: Role) -> None:
    """Let a worker make what is shown of a medium, unless that was done."""
    if not list_file(row.sha256, role).exists():
        cell = {"sha256": row.sha256, "role": role.value}
        enqueue(row.tenant, PREVIEWS, cell, dedupe_key=f"{PREVIEWS}:{role.value}:{row.sha256}")


def forget_previews(row: Media) -> None:
    """Let what is shown of a medium be made anew when it was checked again."""
    role = media_columns().get(row.column)
    if role is not None and row.sha256:
        list_file(row.sha256, role).unlink(missing_ok=True)


def list_file(sha256: str, role: Role) -> Path:
    """Return where the list of what was made of a medium lies; it is written last."""
    return preview_file(sha256, role, "made.json")


def preview_file(sha256: str, role: Role, name: str) -> Path:
    """Return where a file lies: its name begins with that of the medium, with which it is removed."""
    medium = file_of(sha256)
    return medium.with_name(f"{medium.name}.{role.value}.{name}")
