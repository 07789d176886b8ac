"""Which items are one: the same or nearly the same in all that both of them have."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, IntVector

Cell = tuple[int, int]
"""A column and what stands there."""


def group_items(contents: NDArray[np.int64], distinctive: NDArray[np.bool_]) -> IntVector:
    """Return the first item of each item's group [n_items] int64.

    Two items of a group have nearly the same in every column in which both have something, and share with the
    group at least one column that is distinctive. Items are taken the most complete first, then in their
    order; each joins the first group that it fits.

    Parameters
    ----------
    contents
        [n_items, n_columns]: equal numbers for nearly equal contents of a column, -1 for none.
    distinctive
        [n_items, n_columns]: whether that content is enough to know an item by.
    """
    n = len(contents)
    group = np.arange(n, dtype=np.int64)
    known = np.asarray(distinctive.any(axis=1), dtype=np.bool_)
    if not known.any():
        return group
    rows, first, number = np.unique(
        np.where(known[:, None], contents, -1), axis=0, return_index=True, return_inverse=True
    )
    profiles = _Profiles()
    of_row = np.full(len(rows), -1, dtype=np.int64)
    for row in np.lexsort((first, -(rows >= 0).sum(axis=1))):
        if known[first[row]]:
            of_row[row] = profiles.place(rows[row].tolist(), distinctive[first[row]])
    items = np.flatnonzero(known)
    label = of_row[number.reshape(-1)[items]]
    lowest = np.full(len(profiles), n, dtype=np.int64)
    np.minimum.at(lowest, label, items)
    group[items] = lowest[label]
    return group


@dataclass
class _Profiles:
    """What is known of each group so far: in each column the contents of the members, which agree."""

    cells: list[dict[int, int]] = field(default_factory=list[dict[int, int]])
    """Group -> column -> content."""
    index: dict[frozenset[int], dict[Cell, dict[int, None]]] = field(
        default_factory=dict[frozenset[int], dict[Cell, dict[int, None]]]
    )
    """Columns that groups have -> column and content -> those groups."""

    def __len__(self) -> int:
        return len(self.cells)

    def place(self, contents: list[int], distinctive: BoolVector) -> int:
        """Return the group that an item with these contents joins, perhaps a new one."""
        own = {column: content for column, content in enumerate(contents) if content >= 0}
        own_distinctive = {column: content for column, content in own.items() if distinctive[column]}
        fitting = [group for group in self._like(own) if self._fits(group, own, own_distinctive)]
        group = min(fitting, default=len(self.cells))
        if not fitting:
            self.cells.append({})
        self._grow(group, own)
        return group

    def _like(self, own: dict[int, int]) -> list[int]:
        """Return groups to compare with: for each pattern, by the content that the fewest groups have."""
        found: list[int] = []
        for columns, groups in self.index.items():
            shared = [groups.get((column, own[column]), {}) for column in columns if column in own]
            if shared:
                found += min(shared, key=len)
        return found

    def _fits(self, group: int, own: dict[int, int], own_distinctive: dict[int, int]) -> bool:
        cells = self.cells[group]
        agree = all(own[column] == content for column, content in cells.items() if column in own)
        return agree and any(column in cells for column in own_distinctive)

    def _grow(self, group: int, own: dict[int, int]) -> None:
        cells = self.cells[group]
        if cells.keys() >= own.keys():
            return
        for column, content in cells.items():
            del self.index[frozenset(cells)][column, content][group]
        cells |= own
        groups = self.index.setdefault(frozenset(cells), {})
        for column, content in cells.items():
            groups.setdefault((column, content), {})[group] = None
