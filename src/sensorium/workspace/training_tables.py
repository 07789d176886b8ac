"""What models learn from: a workspace's items, events and updates, duplicates apart or as one."""

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.read_tables import refuse_no_events
from sensorium.core.errors import NotReadyError
from sensorium.core.progress import SILENT, Progress
from sensorium.duplicates.items import find_duplicates
from sensorium.duplicates.merge import merge_duplicates
from sensorium.workspace.event_batches import read_updates, with_updates
from sensorium.workspace.media_inspection import inspect_workspace_media
from sensorium.workspace.workspace import SETTINGS_FILE, Workspace


def training_tables(workspace: Workspace, *, progress: Progress = SILENT) -> tuple[Catalog, Events]:
    """Return the items and events that models learn from; `sensorium update` brought some of the events.

    With `duplicates = "one"` a single item stands for each group of items that are nearly the same.
    """
    tables = workspace.tables()
    catalog = tables.items.catalog
    events = tables.all_events
    updates = read_updates(workspace, events)
    events = with_updates(events, updates)
    if not len(events):
        for read in (*tables.events, *updates):
            refuse_no_events(read)
    if workspace.settings.catalog.duplicates == "apart":
        return catalog, events
    media_findings = inspect_workspace_media(workspace, catalog, fetch=True, progress=progress)
    return merge_duplicates(catalog, events, find_duplicates(catalog, media_findings=media_findings))


def judging_tables(workspace: Workspace, *, progress: Progress = SILENT) -> tuple[Catalog, Events]:
    """Return what `training_tables` does, of a workspace with events.

    Raises
    ------
    NotReadyError
        If there are none: nothing says then whether a recommendation is good.
    """
    catalog, events = training_tables(workspace, progress=progress)
    if not len(events):
        raise NotReadyError(
            "there are no events, so that nothing says whether a recommendation is good",
            where=str(workspace.folder / SETTINGS_FILE),
            remedy="Name a table of who did what with which item, as `file` under [events]; or bring events "
            f"with: sensorium update {workspace.folder} --events EVENTS.csv",
        )
    return catalog, events
