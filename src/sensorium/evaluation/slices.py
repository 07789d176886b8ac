"""Parts of an evaluation: relevant items with a property, users with a property."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, SparseMatrix
from sensorium.core.sparse import is_stored, keep_entries

GROUP = "user:"
"""What the names of slices by attributes of users begin with."""
HISTORY_BUCKETS: tuple[tuple[int, int | None], ...] = ((1, 5), (6, 20), (21, 100), (101, None))
"""History lengths `[from, to]` that are reported apart; None: no upper end."""


def restricted(matrix: SparseMatrix, columns: BoolVector) -> SparseMatrix:
    """Return CSR `matrix` with only the entries whose column is in `columns` [n_columns]."""
    return keep_entries(matrix, columns[matrix.indices])


def without(matrix: SparseMatrix, other: SparseMatrix | None) -> SparseMatrix:
    """Return the positive entries of CSR `matrix` that CSR `other` does not hold, as ones."""
    ones = keep_entries(matrix, matrix.data > 0)
    ones.data = np.ones(len(ones.data), dtype=np.float32)
    ones.sum_duplicates()
    if other is None:
        return ones
    return keep_entries(ones, ~is_stored(ones, other))


def history_slices(n_events: NDArray[Any]) -> dict[str, BoolVector]:
    """Return which users [n_users] are warm, cold, and in each bucket of history length."""
    slices: dict[str, BoolVector] = {"warm_users": n_events > 0, "cold_users": n_events == 0}
    for first, last in HISTORY_BUCKETS:
        name = f"history:{first}+" if last is None else f"history:{first}-{last}"
        slices[name] = (n_events >= first) & (n_events <= (last if last is not None else np.inf))
    return slices


def group_slices(groups: Mapping[str, BoolVector]) -> dict[str, BoolVector]:
    """Return the slices of groups of users, such as `occupation=student`: who belongs to each [n_users]."""
    return {f"{GROUP}{name}": members for name, members in groups.items()}
