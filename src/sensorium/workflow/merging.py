"""What models learn from: a workspace's items, events and updates, duplicates apart or as one."""

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.duplicates.items import find_duplicates
from sensorium.catalog.duplicates.merging import as_one
from sensorium.catalog.events import Events
from sensorium.core.progress import SILENT, Progress
from sensorium.workflow.looking import look_into_workspace
from sensorium.workflow.updates import read_updates, with_updates
from sensorium.workflow.workspace import Workspace


def learning_tables(workspace: Workspace, *, progress: Progress = SILENT) -> tuple[Catalog, Events]:
    """Return the items and events that models learn from; `sensorium update` brought some of the events.

    With `duplicates = "one"` a single item stands for each group of items that are nearly the same.
    """
    tables = workspace.tables()
    catalog = tables.items.catalog
    events = tables.events.events
    events = with_updates(events, read_updates(workspace, events))
    if workspace.settings.catalog.duplicates == "apart":
        return catalog, events
    looks = look_into_workspace(workspace, catalog, fetch=True, progress=progress)
    return as_one(catalog, events, find_duplicates(catalog, looks=looks))
