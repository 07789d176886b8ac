"""How fine structures look: local binary patterns."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image.grid_cells import Pixels, shares_by_cell

GRID, RADIUS_PX = 2, 2
BINS = 59
DIMENSION = GRID * GRID * BINS


def lbp_row(grey: Pixels) -> FloatVector:
    """Return histograms of uniform local binary patterns (Ojala, Pietikainen and Maenpaa 2002) by cell."""
    r, (height, width) = RADIUS_PX, grey.shape
    centre = grey[r : height - r, r : width - r]
    codes = np.zeros(centre.shape, dtype=np.uint8)
    ring = ((-r, -r), (-r, 0), (-r, r), (0, r), (r, r), (r, 0), (r, -r), (0, -r))
    for bit, (down, right) in enumerate(ring):
        neighbour = grey[r + down : height - r + down, r + right : width - r + right]
        codes |= (neighbour >= centre).view(np.uint8) << np.uint8(bit)
    return shares_by_cell(_uniform_patterns()[codes], GRID, BINS)


@cache
def _uniform_patterns() -> NDArray[np.int64]:
    """Return the bin [256] of each ring of 8 bits: 58 with at most two changes, one for all others."""
    table = np.full(256, BINS - 1, dtype=np.int64)
    uniform = [ring for ring in range(256) if (ring ^ (ring >> 1 | (ring & 1) << 7)).bit_count() <= 2]
    table[uniform] = np.arange(len(uniform))
    return table
