"""Which edges stand where: the edge histogram descriptor of MPEG-7 (ISO/IEC 15938-3)."""

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image.grid_cells import Pixels

GRID = 4
KINDS = 5
DIMENSION = GRID * GRID * KINDS
WEAK = 11.0
"""A block of four pixels in which no filter answers more strongly has no edge; of 255, from the standard."""
_FILTERS = np.array(
    [
        [1, -1, 1, -1],  # vertical
        [1, 1, -1, -1],  # horizontal
        [2**0.5, 0, 0, -(2**0.5)],  # 45 degrees
        [0, 2**0.5, -(2**0.5), 0],  # 135 degrees
        [2, -2, -2, 2],  # no direction
    ],
    dtype=np.float32,
)


def edge_row(grey: Pixels) -> FloatVector:
    """Return the share of blocks with each kind of edge in each of 4 x 4 cells, as square roots [80].

    `grey` is square, its side a multiple of 8; what is missing to one in a cell has no edge.
    """
    pixels = np.asarray(grey, dtype=np.float32)
    blocks = np.stack([pixels[y::2, x::2] for y in (0, 1) for x in (0, 1)], axis=-1)
    answers = np.abs(blocks @ _FILTERS.T)  # [side / 2, side / 2, KINDS]
    kind = np.where(answers.max(axis=2) > WEAK, answers.argmax(axis=2), KINDS)
    n = kind.shape[0] // GRID
    cells = kind.reshape(GRID, n, GRID, n).transpose(0, 2, 1, 3).reshape(GRID * GRID, n * n)
    shares = (cells[:, :, None] == np.arange(KINDS)).mean(axis=1)
    return np.sqrt(shares).astype(np.float32).ravel()
