"""What models learn from: a workspace's items, events and updates, duplicates apart or as one."""

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.read_tables import refuse_no_events
from sensorium.core.progress import SILENT, Progress
from sensorium.duplicates.items import find_duplicates
from sensorium.duplicates.merge import merge_duplicates
from sensorium.workspace.event_batches import read_updates, with_updates
from sensorium.workspace.media_inspection import inspect_workspace_media
from sensorium.workspace.workspace import Workspace


def training_tables(workspace: Workspace, *, progress: Progress = SILENT) -> tuple[Catalog, Events]:
    """Return the items and events that models learn from; `sensorium update` brought some of the events.

    With `duplicates = "one"` a single item stands for each group of items that are nearly the same.
    """
    tables = workspace.tables()
    catalog = tables.items.catalog
    refuse_no_events(tables.events)
    events = tables.events.events
    events = with_updates(events, read_updates(workspace, events))
    if workspace.settings.catalog.duplicates == "apart":
        return catalog, events
    media_findings = inspect_workspace_media(workspace, catalog, fetch=True, progress=progress)
    return merge_duplicates(catalog, events, find_duplicates(catalog, media_findings=media_findings))
