"""A workspace's newest model, with the events that came after it."""

from pathlib import Path

from sensorium.serving.bundle import MANIFEST, latest_bundle
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.fold_in_events import Update, event_table
from sensorium.serving.persistence import load_bundle
from sensorium.workspace.event_batches import keep_update, update_files
from sensorium.workspace.workspace import Workspace


def load(bundle: str | Path, *, verify: bool = True) -> FittedModel:
    """Return the model in a bundle's folder, or the newest one of a workspace with its later updates.

    Raises
    ------
    NotReadyError
        If nothing has been fitted there.
    DataError
        If a file of the bundle is missing or, with `verify`, was changed.
    """
    folder = Path(bundle)
    if (folder / MANIFEST).is_file():
        return load_bundle(folder, verify=verify)
    workspace = Workspace.open(folder)
    return _caught_up(load_bundle(latest_bundle(workspace.bundles), verify=verify), workspace)


def load_latest(folder: Path) -> tuple[FittedModel, str]:
    """Return the newest model of the workspace `folder`, with its later updates, and its bundle's name."""
    workspace = Workspace.open(folder)
    bundle = latest_bundle(workspace.bundles)
    return _caught_up(load_bundle(bundle), workspace), bundle.name


def update_workspace(workspace: Workspace, source: str | Path) -> tuple[Update, Path | None]:
    """Bring the events of a file to the workspace's model; return what changed, and the batch's file.

    They are kept in the workspace: served from now on, and learnt from by the next fit. Bad rows are set
    aside. The batch is None if no row can be used.
    """
    model, _ = load_latest(workspace.folder)
    table = event_table(source)
    changed = model.update(table)
    workspace.set_aside("updates", changed.rejected)
    return changed, keep_update(workspace, table, changed.rejected)


def _caught_up(model: FittedModel, workspace: Workspace) -> FittedModel:
    """Return the model with the workspace's updates that it has not learnt from."""
    for file in update_files(workspace):
        if file.name not in (model.record.updates or ()):
            model.update(file)
    return model
