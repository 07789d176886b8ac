"""Which items may be shown: allow and deny lists, and conditions on columns such as `year>=1990`."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.conditions import (
    Condition,
    compare_numbers,
    compare_times,
    parse_condition,
)
from sensorium.catalog.item_lookup import item_indices
from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role

WHERE = "filter"
"""What conditions are called in messages."""


def eligible_items(
    catalog: Catalog,
    conditions: Sequence[str] = (),
    *,
    allow: Iterable[object] | None = None,
    deny: Iterable[object] = (),
) -> BoolVector:
    """Return which items may be shown [n_items]: see `ItemFilter`, which answers many questions faster."""
    return ItemFilter(catalog).eligible(conditions, allow=allow, deny=deny)


class ItemFilter:
    """Says which items of a catalogue may be shown; reads each column once."""

    def __init__(self, catalog: Catalog, never: BoolVector | None = None) -> None:
        """Read which items of `catalog` may be shown at all; those that are `never` [n_items] may not."""
        self._catalog = catalog
        self._shown = catalog.shown() if never is None else catalog.shown() & ~never
        self._labels: dict[str, dict[str, IntVector]] = {}
        self._cells: dict[str, pl.Series] = {}
        self._known: dict[str, BoolVector] = {}

    def after(self, catalog: Catalog, indices: IntVector, never: BoolVector | None = None) -> Self:
        """Return the filter of `catalog`, which has other items at `indices` [n] or new ones behind all.

        What has been read of the others is not read again, where new ones came alone.
        """
        other = type(self)(catalog, never)
        is_alike = catalog.frame.schema == self._catalog.frame.schema
        if not is_alike or (indices < len(self._catalog)).any():
            return other
        new = catalog.only(indices)
        for column, known in list(self._labels.items()):
            added, told = _items_by_label(new.categories(column))
            more = {label: items + len(self._catalog) for label, items in added.items()}
            grown = {label: np.concatenate([known[label], more[label]]) for label in more if label in known}
            other._known[column] = np.concatenate([self._known[column], told])
            other._labels[column] = {**known, **more, **grown}
        for column, cells in list(self._cells.items()):
            role = catalog.roles[column]
            added = ItemFilter(new)._comparable(column, role)
            other._cells[column] = pl.concat([cells, added.cast(cells.dtype)])
        return other

    def eligible(
        self,
        conditions: Sequence[str] = (),
        *,
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
    ) -> BoolVector:
        """Return which items may be shown [n_items]: that meet all conditions, and that no list leaves out.

        None that is hidden or cannot be had, none that is not allowed or is denied. An item whose cell is
        empty meets no condition, not even one with `!=`. Ids of `allow` (None: all items) and `deny` must be
        known.

        Raises
        ------
        ConfigError
            If a condition cannot be read or does not suit its column.
        DataError
            If no item has the value asked for: the message names values that exist.
        UnknownIdError
            If an allowed or denied id is not in the catalogue.
        """
        items = self._catalog.items
        eligible = self._shown.copy()
        if allow is not None:
            allowed = np.zeros(len(items), dtype=np.bool_)
            allowed[item_indices(self._catalog, allow)] = True
            eligible &= allowed
        eligible[item_indices(self._catalog, deny)] = False
        for text in conditions:
            eligible &= self._meets(parse_condition(text, where=WHERE))
        return eligible

    def _meets(self, condition: Condition) -> BoolVector:
        roles = self._catalog.roles
        role = roles.get(condition.column)
        if role is Role.CATEGORY:
            return self._labels_meet(condition)
        if role is Role.NUMBER or role is Role.PUBLISHED:
            compare = compare_numbers if role is Role.NUMBER else compare_times
            met = compare(self._comparable(condition.column, role), condition, where=WHERE)
            return met.to_numpy().astype(np.bool_, copy=False)
        usable = [
            column for column, role in roles.items() if role in (Role.CATEGORY, Role.NUMBER, Role.PUBLISHED)
        ]
        raise ConfigError(
            f"items cannot be filtered by {condition.column!r}",
            where=f"{WHERE} {str(condition)!r}",
            remedy=f"Columns to filter by: {', '.join(usable) or 'there are none'}",
        )

    def _comparable(self, column: str, role: Role) -> pl.Series:
        """Return a column's numbers or times [n_items], null where there is none."""
        if column not in self._cells:
            catalog = self._catalog
            cells = catalog.number_cells(column) if role is Role.NUMBER else catalog.time_cells(column)
            is_single = role is Role.NUMBER and catalog.frame[column].dtype == pl.Float32
            self._cells[column] = cells.cast(pl.Float32) if is_single else cells
        return self._cells[column]

    def _labels_meet(self, condition: Condition) -> BoolVector:
        """Return what `compare_labels` does; the labels of each column are looked up once."""
        where = f"{WHERE} {str(condition)!r}"
        if condition.operator not in ("=", "!="):
            raise ConfigError(
                f"{condition.column!r} holds categories, which have no order",
                where=where,
                remedy="Use = or !=",
            )
        having = self._items_having(condition.column)
        unknown = sorted(set(condition.values).difference(having))
        if unknown:
            known = sorted(having)
            shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
            raise DataError(
                f"no item has {condition.column} {unknown[0]!r}", where=where, remedy=f"Known values: {shown}"
            )
        has = np.zeros(len(self._catalog), dtype=np.bool_)
        for value in condition.values:
            has[having[value]] = True
        return has if condition.operator == "=" else ~has & self._known[condition.column]

    def _items_having(self, column: str) -> dict[str, IntVector]:
        """Return label -> the items that have it."""
        if column not in self._labels:
            found, self._known[column] = _items_by_label(self._catalog.categories(column))
            self._labels[column] = found
        return self._labels[column]


def _items_by_label(
    cells: Sequence[tuple[str, ...] | None],
) -> tuple[dict[str, IntVector], BoolVector]:
    """Return label -> the items that have it, and which items have a cell [n_items]."""
    found: dict[str, list[int]] = {}
    for index, labels in enumerate(cells):
        for label in labels or ():
            found.setdefault(label, []).append(index)
    known = np.fromiter((labels is not None for labels in cells), dtype=np.bool_)
    return {label: np.asarray(items, dtype=np.int64) for label, items in found.items()}, known
