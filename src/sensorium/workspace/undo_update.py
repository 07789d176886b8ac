"""Takes an update back: its batch of events is neither served nor learnt from any more, and is kept aside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.catalog.readers.files import read_table
from sensorium.core.errors import DataError, NotReadyError
from sensorium.serving.bundle import latest_bundle
from sensorium.serving.persistence import load_bundle
from sensorium.workspace.event_batches import UPDATES, update_files
from sensorium.workspace.workspace import Workspace

UNDONE = "undone"
"""The folder within that of the updates where those that were taken back are kept."""


@dataclass(frozen=True)
class Undone:
    """An update that was taken back."""

    name: str
    n_events: int
    """The rows of its batch; 0 if it cannot be read."""
    file: Path
    """Where it is kept; moved back into `updates`, it counts again."""
    is_learnt: bool
    """Whether the newest model has learnt from it: then it is forgotten by the next fit."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium update --undo --json` prints."""
        kept = f"{UPDATES}/{UNDONE}/{self.file.name}"
        return {"undone": self.name, "events": self.n_events, "file": kept, "learnt": self.is_learnt}


def undo_update(workspace: Workspace, name: str | None = None) -> Undone:
    """Take back the update called `name`, or the last one, and return what it was.

    Raises
    ------
    NotReadyError
        If there is no update, or another process takes the same one back.
    DataError
        If none is called so; the message names the last ones.
    """
    files = update_files(workspace)
    if not files:
        raise NotReadyError(
            "there is no update to take back",
            where=str(workspace.folder / UPDATES),
            remedy="Events that came with the tables are taken out there",
        )
    file = files[-1] if name is None else _called(name, files)
    aside = file.parent / UNDONE / file.name
    aside.parent.mkdir(exist_ok=True)
    try:
        file.replace(aside)
    except FileNotFoundError:
        raise NotReadyError(
            f"another process has just taken back {file.stem}",
            where=str(file.parent),
            remedy="Run it again to take back the update before it",
        ) from None
    return Undone(file.stem, _n_events(aside), aside, _is_learnt(workspace, file.name))


def _n_events(batch: Path) -> int:
    try:
        return read_table(batch).frame.height
    except DataError:
        return 0


def _called(name: str, files: list[Path]) -> Path:
    found = [file for file in files if name in (file.name, file.stem)]
    if not found:
        named = ", ".join(file.stem for file in files[-3:])
        raise DataError(f"no update is called {name!r}", where=UPDATES, remedy=f"The last are: {named}")
    return found[0]


def _is_learnt(workspace: Workspace, name: str) -> bool:
    try:
        model = load_bundle(latest_bundle(workspace.bundles))
    except NotReadyError:
        return False
    return name in (model.record.updates or ())
