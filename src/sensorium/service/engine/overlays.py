"""What the database says otherwise than a view: items that are hidden, deleted, edited since."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import polars as pl
from django.db.models import Q

from sensorium.catalog.catalog import Catalog
from sensorium.core.roles import Role
from sensorium.service.catalogue.cells import attribute_rows
from sensorium.service.catalogue.indexing import SEPARATOR, as_text
from sensorium.service.catalogue.models import Item
from sensorium.service.tenants.models import Tenant
from sensorium.serving.overlay import Overlay

MEDIA_ROLES = (Role.IMAGE, Role.AUDIO, Role.VIDEO)
_AT_ONCE = 500
_COLUMNS = ("item_id", "attributes", "hidden", "deleted")


def overlay_since(
    tenant: Tenant,
    catalog: Catalog,
    after: int,
    until: int,
    also: Collection[str] = (),
    *,
    with_hidden: bool = False,
) -> Overlay | None:
    """Return what makes the items of `catalog` as the database has them; None where nothing changed.

    Parameters
    ----------
    after, until
        Changes with these numbers are read, the first of them not any more.
    also
        Items that are read whatever their number: those that a segment has just brought.
    with_hidden
        Read hidden items whatever their number, too: a bundle does not know which they are.
    """
    changed = _changed(tenant, after, until, also, with_hidden)
    rows = [row for row in changed if row[0] in catalog.items]
    if not rows:
        return None
    there = {item_id: attributes for item_id, attributes, _, deleted in rows if not deleted}
    return Overlay(
        sequence=until,
        hidden=frozenset(row[0] for row in rows if row[2] and not row[3]),
        shown=frozenset(row[0] for row in rows if not row[2] and not row[3]),
        deleted=frozenset(row[0] for row in rows if row[3]),
        edits=edits_of(catalog, there),
    )


def _changed(
    tenant: Tenant, after: int, until: int, also: Collection[str], with_hidden: bool
) -> Iterator[tuple[str, dict[str, Any], bool, bool]]:
    held = Item.objects.of(tenant)
    wanted = Q(sequence__gt=after) | Q(hidden=True) if with_hidden else Q(sequence__gt=after)
    numbered = held.filter(wanted, sequence__lte=until).values_list(*_COLUMNS)
    yield from numbered.iterator(chunk_size=2_000)
    for some in _batches(also):
        yield from held.filter(item_id__in=some, sequence__lte=after).values_list(*_COLUMNS)


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def edits_of(catalog: Catalog, there: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each item what its columns hold now where `catalog` says otherwise; media stay."""
    media = {column for role in MEDIA_ROLES for column in catalog.columns(role)}
    columns = [name for name in catalog.frame.columns if name != catalog.id_column and name not in media]
    ids = list(there)
    before = dict(attribute_rows(catalog.only(catalog.items.indices(ids)))) if ids else {}
    edits: dict[str, dict[str, Any]] = {}
    for item_id, attributes in there.items():
        was = before[str(catalog.items.id(catalog.items.index(item_id)))]
        changed = [name for name in columns if as_text(was.get(name)) != as_text(attributes.get(name))]
        if changed:
            edits[item_id] = {name: _cell(catalog, name, attributes.get(name)) for name in changed}
    return edits


def _cell(catalog: Catalog, column: str, value: Any) -> Any:
    """Return a value as a cell of the catalogue's column; None where the column cannot hold it."""
    kind = catalog.frame.schema[column]
    if value is None:
        return None
    if isinstance(kind, pl.List):
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if isinstance(value, list):
        value = as_text(value, catalog.separators.get(column) or SEPARATOR)
    if kind.is_numeric():
        return _number(value)
    if kind == pl.Boolean:
        return value if isinstance(value, bool) else None
    return as_text(value) if isinstance(kind, pl.String | pl.Categorical | pl.Enum) else None


def _number(value: object) -> float | None:
    try:
        return value if isinstance(value, int | float) else float(str(value))
    except ValueError:
        return None
