"""How grey levels stand beside each other: statistics of co-occurrence (Haralick and others 1973)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image.grid_cells import Pixels

LEVELS = 16
DISTANCES_PX = (1, 2, 4, 8)
ANGLES = ((0, 1), (-1, 1), (-1, 0), (-1, -1))
"""Steps down and to the right: 0, 45, 90 and 135 degrees."""
SPREADS = np.array([0.6, 0.5, 0.15, 0.5, 0.1, 4.0])
"""How much each statistic varies among photos: divided by it, none counts more than another."""
DIMENSION = len(DISTANCES_PX) * len(ANGLES) * len(SPREADS)


def glcm_row(grey: Pixels) -> FloatVector:
    """Return energy, contrast, correlation, entropy, homogeneity and shade at each step [DIMENSION].

    Shade is skewness along the diagonal. Energy and contrast are logarithms, shade is a cube root, so that
    all vary evenly. Steps go through all angles of a distance before the next distance.
    """
    level = np.asarray(grey, dtype=np.int64) * LEVELS // 256
    steps = [(down * far, right * far) for far in DISTANCES_PX for down, right in ANGLES]
    together = np.stack([_co_occurrences(level, down, right) for down, right in steps])
    return (_statistics(together) / SPREADS).astype(np.float32).ravel()


def _co_occurrences(level: NDArray[np.int64], down: int, right: int) -> NDArray[np.float64]:
    """Return the share of pixels with each pair of levels, the first and the one a step away, either way."""
    height, width = level.shape
    rows = slice(max(-down, 0), height - max(down, 0)), slice(max(down, 0), height + min(down, 0))
    columns = slice(max(-right, 0), width - max(right, 0)), slice(max(right, 0), width + min(right, 0))
    first, second = level[rows[0], columns[0]], level[rows[1], columns[1]]
    counts = np.bincount((first * LEVELS + second).ravel(), minlength=LEVELS**2).reshape(LEVELS, LEVELS)
    return np.asarray((counts + counts.T) / (2 * first.size))


def _statistics(together: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the statistics [n, len(SPREADS)] of `together` [n, LEVELS, LEVELS]."""
    level, apart = _levels()
    margin = together.sum(axis=2)
    mean = margin @ level
    variance = margin @ (level * level) - mean**2
    centred = level[None, :] - mean[:, None]
    covariance = (together * centred[:, :, None] * centred[:, None, :]).sum(axis=(1, 2))
    both = centred[:, :, None] + centred[:, None, :]
    columns = [
        np.log(np.square(together).sum(axis=(1, 2))),
        np.log1p((together * apart**2).sum(axis=(1, 2))),
        np.where(variance > 1e-9, covariance / np.maximum(variance, 1e-9), 1.0),
        -(together * np.log(np.maximum(together, 1e-12))).sum(axis=(1, 2)),
        (together / (1 + apart**2)).sum(axis=(1, 2)),
        np.cbrt((together * both**3).sum(axis=(1, 2))),
    ]
    return np.stack(columns, axis=1)


@cache
def _levels() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the levels [LEVELS] and how far each two are apart [LEVELS, LEVELS]."""
    level = np.arange(LEVELS, dtype=np.float64)
    return level, np.abs(level[:, None] - level[None, :])
