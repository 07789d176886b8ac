"""Conditions before there is a model: the items of the database as a catalogue, read when somebody asks."""

from collections.abc import Sequence, Set
from functools import cache
from typing import Any

import polars as pl
from django.conf import settings

from sensorium.catalog.catalog import Catalog
from sensorium.core.roles import Role
from sensorium.ranking.filters import ItemFilter
from sensorium.service.catalogue.indexing import as_text
from sensorium.service.catalogue.items import live_items
from sensorium.service.engine.state import state_of
from sensorium.service.tenants.models import Tenant
from sensorium.workspace.workspace import Workspace

ID = "item_id"


@cache
def _read() -> dict[int, tuple[int, Catalog, ItemFilter]]:
    """Tenant -> the number of the last change that was read, and what was read."""
    return {}


def ids_where(tenant: Tenant, where: Sequence[str]) -> Set[str]:
    """Return the ids of the items that meet all conditions.

    Raises
    ------
    ConfigError, DataError
        If a condition cannot be read, does not suit its column, or no item has the value asked for.
    """
    sequence = state_of(tenant).item_sequence
    held = _read().get(tenant.pk)
    if held is None or held[0] != sequence:
        catalog = _catalog(tenant)
        held = _read()[tenant.pk] = sequence, catalog, ItemFilter(catalog)
    _, catalog, items = held
    meets = items.eligible(where).nonzero()[0]
    return {str(catalog.items.id(int(index))) for index in meets}


def forget_items() -> None:
    """Let items be read anew at the next question."""
    _read.cache_clear()


def _catalog(tenant: Tenant) -> Catalog:
    """Return the tenant's items; the workspace's settings say what its columns are."""
    named = Workspace.open(settings.SENSORIUM_PLACE.workspace).settings.catalog
    roles = {role: named.columns(role) for role in (Role.TEXT, Role.CATEGORY, Role.NUMBER)}
    rows = list[dict[str, Any]]()
    for item_id, attributes in live_items(tenant).order_by("pk").values_list("item_id", "attributes"):
        cells = {name: as_text(value) for name, value in attributes.items() if name != ID}
        rows.append({ID: item_id, **cells})
    columns = {ID, *(name for listed in roles.values() for name in listed)}
    columns.update(name for row in rows for name in row)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(sorted(columns), pl.String))
    said = {str(role.value): list(listed) for role, listed in roles.items() if listed}
    return Catalog.from_frame(frame, id=ID, **said)  # type: ignore[arg-type]
