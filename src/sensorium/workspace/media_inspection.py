"""A workspace's media, looked into once: what was found in a medium is remembered by its content."""

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.media_findings import Findings, inspect_media
from sensorium.core.progress import SILENT, Progress
from sensorium.media.inspection_cache import CachedInspector
from sensorium.workspace.workspace import Workspace


def inspect_workspace_media(
    workspace: Workspace,
    catalog: Catalog,
    *,
    fetch: bool,
    thorough: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Findings]:
    """Return what looking into the media of `catalog` shows.

    Those on the web are looked into only with `fetch`, costly scores are found only if `thorough`.
    """
    if not any(role.is_media for role in catalog.roles.values()):
        return {}
    with CachedInspector(workspace.made / "quality" / "examined.sqlite", thorough=thorough) as inspect:
        return inspect_media(catalog, inspect=inspect, fetch_urls=fetch, progress=progress)
