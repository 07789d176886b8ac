"""Media that a search is asked with: bytes that came with it, or those of an item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sensorium.core.errors import DataError, MediaError
from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef
from sensorium.service.catalogue.items import live_items
from sensorium.service.catalogue.media_check import inspector
from sensorium.service.engine.item_cells import item_cells, media_base, media_of, own_workspace
from sensorium.service.tenants.models import Tenant
from sensorium.serving.search_parts import SearchPart

MB = 1_000_000
ROLES: Mapping[str, Role] = {"photo": Role.IMAGE, "sound": Role.AUDIO, "clip": Role.VIDEO}
"""Kind of a part -> what its medium is."""


@dataclass(frozen=True)
class MediumOf:
    """A medium by its item."""

    item_id: str
    column: str | None = None
    """None: the first of its kind that the item has."""


def search_part(tenant: Tenant, part: Mapping[str, Any], where: str) -> SearchPart:
    """Return a part, `kind`, `value`, `weight`, as a view takes it; its medium can be opened.

    It is opened in a process of its own first: what would crash or hang a decoder harms nobody's answer.

    Raises
    ------
    DataError
        If the medium cannot be used, or the item has none.
    """
    kind, value = part["kind"], part["value"]
    role = ROLES.get(kind)
    if role is not None:
        if isinstance(value, MediumOf):
            value = _of_item(tenant, value, role, where)
        problem = inspector()(value, role).problem
        if problem is not None:
            raise DataError(
                f"the {kind} cannot be used: {problem}", where=where, remedy=f"Send another {kind}"
            )
    return SearchPart(kind, value, part["weight"])


def _of_item(tenant: Tenant, asked: MediumOf, role: Role, where: str) -> bytes:
    """Return the medium of an item that is there."""
    workspace = own_workspace()
    item = live_items(tenant).get(item_id=asked.item_id)
    (row,) = item_cells(workspace, tenant, [item], media_of(tenant, [asked.item_id]))
    columns = [name for name, held in settings.SENSORIUM_MEDIA_COLUMNS.items() if held is role]
    named = [name for name in columns if asked.column in (None, name)]
    location = next((cell for name in named if (cell := row.get(name))), None)
    if location is None:
        what = f"the item {asked.item_id!r} has no {role.value} that could be used"
        has = f"there are: {', '.join(columns)}" if columns else "there are none"
        raise DataError(what, where=where, remedy=f"Name an item and a column that have one; {has}")
    medium = MediaRef(location, media_base(workspace, tenant))
    if medium.is_url:
        what = f"the {role.value} of {asked.item_id!r} lies on the web, and no search waits for it"
        raise DataError(what, where=where, remedy="Ask with the item itself, or send the bytes")
    try:
        return medium.read(settings.SENSORIUM_LIMITS.media_mb * MB)
    except MediaError as error:
        what = f"the {role.value} of {asked.item_id!r} cannot be read: {error.reason}"
        raise DataError(what, where=where, remedy="Put it again") from error
