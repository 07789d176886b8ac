"""A workspace's newest model, with the events that came after it."""

import warnings
from dataclasses import replace
from pathlib import Path

from sensorium.core.errors import FormerNameWarning, NotReadyError, SensoriumError
from sensorium.fusion.plan import Plan
from sensorium.serving.bundle import LATEST, MANIFEST, latest_bundle, read_manifest
from sensorium.serving.engine_view import EngineView
from sensorium.serving.fit_record import FitRecord
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.fold_in_events import Update, event_table
from sensorium.serving.persistence import load_bundle
from sensorium.serving.persistence import save as save_below
from sensorium.workspace.event_batches import keep_update, update_files
from sensorium.workspace.event_files import called_as_first
from sensorium.workspace.item_batches import (
    AddedItems,
    item_files,
    keep_items,
    read_new_items,
    unknown_rows,
)
from sensorium.workspace.workspace import Workspace, is_workspace


def load(bundle: str | Path, *, verify: bool = True) -> FittedModel:
    """Return the model that `FittedModel.save` wrote, or the newest one of a workspace with its updates.

    Of a folder of several saved models, such as a workspace's `.sensorium/bundles`, it is the newest, too.

    Raises
    ------
    NotReadyError
        If nothing has been saved or fitted there.
    DataError
        If a file of the bundle is missing or, with `verify`, was changed.
    """
    folder = Path(bundle)
    if (folder / MANIFEST).is_file():
        return load_bundle(folder, verify=verify)
    if (folder / LATEST).is_file():
        return load_bundle(latest_bundle(folder), verify=verify)
    workspace = Workspace.open(_require_workspace(folder))
    return _caught_up(load_bundle(latest_bundle(workspace.bundles), verify=verify), workspace)


def open_view(folder: str | Path, *, segments: str | Path | None = None, verify: bool = True) -> EngineView:
    """Return what answers for a service that keeps what users do itself; see `EngineView`.

    The bundle's arrays are mapped into memory, so that all processes that open it share them.

    Parameters
    ----------
    folder
        What `FittedModel.save` wrote, a folder of several such, or a workspace: the newest bundle of it.
    segments
        The folder below which segments were saved; those that belong to the bundle are in the view. Of a
        workspace it is `.sensorium/segments` if not given. What `add-items` and `update` brought to a
        workspace is not in it: that waits for the next fit.
    verify
        Whether all files are compared with their hashes.

    Raises
    ------
    NotReadyError
        If nothing has been saved or fitted there.
    DataError
        If a file is missing or, with `verify`, was changed.
    """
    place = Path(folder)
    if not any((place / name).is_file() for name in (MANIFEST, LATEST)):
        workspace = Workspace.open(_require_workspace(place))
        place, segments = workspace.bundles, segments or workspace.segments
    view = EngineView.open(place, verify=verify)
    return view if segments is None else view.caught_up(Path(segments), verify=verify)


def save(model: FittedModel, path: str | Path) -> Path:
    """Write `model` as `model.save(path)` does, which is the way to do it; return the bundle's folder.

    In a folder of several saved models it becomes one more of them.
    """
    warnings.warn(
        "`sensorium.save(model, path)` is now `model.save(path)`; both work", FormerNameWarning, stacklevel=2
    )
    return save_below(model, Path(path)) if (Path(path) / LATEST).is_file() else model.save(path)


LAST = "last"
"""Stands for the newest bundle where one is named."""


def plan_of(workspace: Workspace, bundle: str) -> Plan:
    """Return what was tried for a bundle: named as in the workspace, by its folder, or `last`.

    Raises
    ------
    NotReadyError
        If there is no such bundle, or it does not say what was tried.
    """
    if bundle == LAST:
        folder = latest_bundle(workspace.bundles)
    else:
        named = workspace.bundles / bundle
        folder = named if (named / MANIFEST).is_file() else Path(bundle)
    if not (folder / MANIFEST).is_file():
        raise NotReadyError(
            f"there is no bundle {bundle!r}",
            where="plan",
            remedy=f"Name one of {workspace.bundles}, the folder of another, or {LAST!r}",
        )
    return FitRecord.from_json(read_manifest(folder, verify=False)["facts"]).plan


def last_record(workspace: Workspace) -> FitRecord | None:
    """Return what was chosen for the newest bundle; None if there is none, or it cannot be read."""
    try:
        return FitRecord.from_json(read_manifest(latest_bundle(workspace.bundles), verify=False)["facts"])
    except SensoriumError:
        return None


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
    table = called_as_first(event_table(source), workspace.settings.events)
    changed = model.update(table)
    workspace.set_aside("updates", changed.rejected)
    return changed, keep_update(workspace, table, changed.rejected, model.record.events.columns)


def add_items_to_workspace(workspace: Workspace, source: Path) -> tuple[AddedItems, Path | None]:
    """Bring the items of a file to the workspace's model; return what became of them, and the batch's file.

    They are kept in the workspace: served from now on, and learnt from by the next fit. Rows without an id
    are set aside, and items that are known already stay as they are. The batch is None if no item is new.
    """
    model, _ = load_latest(workspace.folder)
    fresh, changed = read_new_items(source, model.catalog)
    workspace.set_aside("added-items", changed.rejected)
    if not fresh.height:
        return changed, None
    changed = replace(changed, items=tuple(model.add_items(fresh)))
    return changed, keep_items(workspace.folder, fresh)


def _require_workspace(folder: Path) -> Path:
    """Return `folder`; `NotReadyError` unless it is a workspace."""
    if not is_workspace(folder):
        what = "no model was saved here" if folder.exists() else "there is nothing here"
        raise NotReadyError(what, where=str(folder), remedy="Name what model.save wrote, or a workspace")
    return folder


def _caught_up(model: FittedModel, workspace: Workspace) -> FittedModel:
    """Return the model with the workspace's added items and updates that it has not learnt from."""
    for file in item_files(workspace.folder):
        fresh = unknown_rows(file, model.catalog)
        if fresh.height:
            model.add_items(fresh)
    for file in update_files(workspace):
        if file.name not in (model.record.updates or ()):
            model.update(file)
    return model
