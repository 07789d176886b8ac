"""Pictures divided into cells, and what is counted in each."""

from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector

Pixels: TypeAlias = Any
"""[height, width, 3] or [height, width] uint8; OpenCV types its results too loosely to say so."""


@cache
def cells(side_px: int, grid: int) -> NDArray[np.int64]:
    """Return for each pixel [side_px, side_px] the number of its cell, row by row."""
    step = np.arange(side_px) * grid // side_px
    return step[:, None] * grid + step[None, :]


def shares_by_cell(codes: NDArray[np.int64], grid: int, n_codes: int) -> FloatVector:
    """Return the square root of each code's share of its cell [grid * grid * n_codes]."""
    cell = cells(codes.shape[0], grid)
    counts = np.bincount((cell * n_codes + codes).ravel(), minlength=grid * grid * n_codes)
    totals = np.bincount(cell.ravel(), minlength=grid * grid).repeat(n_codes)
    return np.sqrt(counts / totals).astype(np.float32)
