"""Items of the database as rows of a catalogue: text in all cells, as a table of the workspace has it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from django.conf import settings

from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef
from sensorium.service.catalogue.cells import Row, text_cells
from sensorium.service.catalogue.media_files import file_of, media_columns
from sensorium.service.catalogue.models import Item, Media
from sensorium.service.catalogue.web_media import is_to_be_fetched
from sensorium.service.engine.place import tenant_folder
from sensorium.service.tenants.models import Tenant
from sensorium.workspace.settings import CatalogSettings
from sensorium.workspace.workspace import Workspace


def own_workspace() -> Workspace:
    """Return the workspace that is served."""
    return Workspace.open(settings.SENSORIUM_PLACE.workspace)


def media_base(workspace: Workspace, tenant: Tenant) -> Path:
    """Return the folder that paths of media start from; only the first tenant has the workspace's files."""
    if not tenant.is_first:
        return tenant_folder(tenant) / "media"
    catalog = workspace.settings.catalog
    if catalog.media is not None:
        return (workspace.folder / catalog.media).resolve()
    items = (workspace.folder / catalog.items).resolve()
    return items if items.is_dir() else items.parent


def media_of(tenant: Tenant, item_ids: Sequence[str]) -> dict[str, list[Media]]:
    """Return the media of some items that came over HTTP, by item."""
    found: dict[str, list[Media]] = {}
    for row in Media.objects.of(tenant).filter(item_id__in=list(item_ids)):
        found.setdefault(row.item_id, []).append(row)
    return found


def is_usable(medium: Media) -> bool:
    """Return whether features can be made of a medium: a worker has opened it, and nothing was wrong."""
    return medium.checked and medium.status != "failed"


def item_cells(
    workspace: Workspace,
    tenant: Tenant,
    items: Iterable[Item],
    media: Mapping[str, list[Media]],
    *,
    may_fetch: bool = False,
) -> list[Row]:
    """Return a row for each of `items` of `tenant`; a medium that was sent or fetched is named by its file.

    One that is still on the web keeps its address where whoever reads the rows `may_fetch` it.
    """
    catalog, base = workspace.settings.catalog, media_base(workspace, tenant)
    labelled, columns = set(catalog.columns(Role.CATEGORY)), media_columns()
    rows: list[Row] = []
    for item in items:
        row = text_cells(item.attributes, labelled)
        for column in columns:
            row[column] = _inside(row.get(column), base)
        for medium in media.get(item.item_id, ()):
            if medium.column not in columns:
                continue
            if is_usable(medium):
                row[medium.column] = str(file_of(medium.sha256))
            elif not (may_fetch and is_to_be_fetched(medium) and medium.status == "pending"):
                row[medium.column] = None
        row[catalog.id] = item.item_id
        rows.append(row)
    return rows


def named_columns(catalog: CatalogSettings) -> list[str]:
    """Return the columns that a table of items has to have: those that the settings name, the id first."""
    named = [catalog.id, *(column for role in Role for column in catalog.columns(role))]
    return list(dict.fromkeys(named))


def _inside(location: str | None, base: Path) -> str | None:
    """Return a path or an address; None for a path that leaves `base`, as programs with a key write it."""
    if location is None or MediaRef(location, base).leaves_base:
        return None
    return location
