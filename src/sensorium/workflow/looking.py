"""A workspace's media, looked into once: what was found in a medium is remembered by its content."""

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.media.remembered import RememberedProbe
from sensorium.catalog.media_checks import Findings, look_into
from sensorium.core.progress import SILENT, Progress
from sensorium.workflow.workspace import Workspace


def look_into_workspace(
    workspace: Workspace, catalog: Catalog, *, fetch: bool, progress: Progress = SILENT
) -> dict[str, Findings]:
    """Return what looking into the media of `catalog` shows; those on the web only with `fetch`."""
    if not any(role.is_media for role in catalog.roles.values()):
        return {}
    with RememberedProbe(workspace.made / "quality" / "examined.sqlite") as inspect:
        return look_into(catalog, inspect=inspect, fetch_urls=fetch, progress=progress)
