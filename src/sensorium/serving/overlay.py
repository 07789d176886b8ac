"""Overlays: what became of known items since a bundle was made: hidden, deleted, edited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class Overlay:
    """Changes of known items; items that are not known are passed over.

    What an edit says is shown, found by words and filtered by at once. What an item looks, sounds or reads
    like to the models changes with a segment that holds its row anew.
    """

    sequence: int
    """Its place among segments and overlays."""
    hidden: frozenset[str] = frozenset()
    """Items that are there and shown to nobody from now on."""
    shown: frozenset[str] = frozenset()
    """Items that are there and no longer hidden by an overlay."""
    deleted: frozenset[str] = frozenset()
    """Items that are gone: never shown, and not to be asked about. Their events still tell of taste.

    An item that a later overlay hides or shows is there again.
    """
    edits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Item -> column -> what stands there now."""


class Overlaid(NamedTuple):
    """What overlays have made of items."""

    hidden: BoolVector
    """[n_items]"""
    deleted: BoolVector
    """[n_items]"""

    @classmethod
    def nothing(cls, n_items: int) -> "Overlaid":
        """Return that nothing is hidden or deleted."""
        return cls(np.zeros(n_items, dtype=np.bool_), np.zeros(n_items, dtype=np.bool_))

    @property
    def never(self) -> BoolVector | None:
        """Which items may not be shown [n_items]; None: all may."""
        found = self.hidden | self.deleted
        return found if found.any() else None

    def after(self, overlay: Overlay, items: Vocabulary) -> "Overlaid":
        """Return what `overlay` makes of it."""
        hidden, deleted = self.hidden.copy(), self.deleted.copy()
        hidden[_known(overlay.shown, items)] = False
        hidden[_known(overlay.hidden, items)] = True
        deleted[_known(overlay.shown | overlay.hidden, items)] = False
        deleted[_known(overlay.deleted, items)] = True
        return Overlaid(hidden, deleted)

    def with_items(self, indices: "np.ndarray[Any, Any]", n_items: int) -> "Overlaid":
        """Return it for `n_items` items, of which those at `indices` are there (again)."""
        hidden, deleted = Overlaid.nothing(n_items)
        hidden[: len(self.hidden)], deleted[: len(self.deleted)] = self.hidden, self.deleted
        deleted[indices] = False
        return Overlaid(hidden, deleted)

    def require_there(self, index: int, item: object) -> None:
        """Raise `UnknownIdError` if an item was deleted."""
        if self.deleted[index]:
            raise UnknownIdError(f"item {str(item)!r} was deleted", remedy="Ask about another item")


def edited_rows(catalog: Catalog, overlay: Overlay) -> pl.DataFrame | None:
    """Return the rows of the items that `overlay` edits, as they are now; None where it edits none.

    Raises
    ------
    DataError
        If the catalogue has no such column, or it is that of the ids.
    """
    edits = {item: edit for item, edit in overlay.edits.items() if item in catalog.items and edit}
    if not edits:
        return None
    for item, edit in edits.items():
        for column in edit:
            if column not in catalog.frame.columns or column == catalog.id_column:
                columns = [name for name in catalog.frame.columns if name != catalog.id_column]
                what = f"the catalogue has no column {column!r} to edit"
                raise DataError(what, where=f"item {item!r}", remedy=f"Columns are: {', '.join(columns)}")
    indices = catalog.items.indices(edits)
    rows = catalog.frame[indices].to_dicts()
    told = [row | dict(edit) for row, edit in zip(rows, edits.values(), strict=True)]
    return pl.DataFrame(
        told, schema_overrides=_schema(catalog, edits), infer_schema_length=None, strict=False
    )


def _schema(catalog: Catalog, edits: Mapping[str, Mapping[str, Any]]) -> dict[str, pl.DataType]:
    """Return the types of the columns that no edit changes."""
    changed = {column for edit in edits.values() for column in edit}
    return {name: kind for name, kind in catalog.frame.schema.items() if name not in changed}


def _known(ids: frozenset[str], items: Vocabulary) -> "np.ndarray[Any, Any]":
    return np.asarray([items.index(each) for each in ids if each in items], dtype=np.int64)
