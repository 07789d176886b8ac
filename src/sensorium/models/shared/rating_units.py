"""What models of ratings share: ratings in units of their spread, and features in principal axes."""

import numpy as np
from scipy import linalg

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.sparse import with_data

AXES = 256
"""Principal axes of the content that are kept."""
EQUAL = 1e-7
"""A spread below this share of the largest rating is rounding."""


def spread_of(values: FloatVector) -> float:
    """Return the standard deviation of `values`; 1 if they are equal but for rounding."""
    spread = float(values.std(dtype=np.float64))
    return spread if spread > EQUAL * float(np.abs(values).max()) else 1.0


def standardised(ratings: SparseMatrix, mean: float, spread: float) -> SparseMatrix:
    """Return `ratings` less `mean` by `spread` where there are any; one at the mean is stored as zero."""
    return with_data(ratings, ((ratings.data - mean) / spread).astype(np.float32))


def principal_axes(features: FloatMatrix) -> FloatMatrix:
    """Return the directions [d, axes] of most squared length, `AXES` at most."""
    wide = features.astype(np.float64)
    few_rows = len(wide) < wide.shape[1]
    gram = wide @ wide.T if few_rows else wide.T @ wide
    if not len(gram):
        return np.zeros((wide.shape[1], 0), dtype=np.float32)
    lengths, axes = linalg.eigh(gram, subset_by_index=(max(len(gram) - AXES, 0), len(gram) - 1))
    kept = lengths > 1e-9 * max(float(lengths.max()), 1e-12)
    axes = axes[:, kept][:, ::-1]
    if few_rows:
        axes = wide.T @ axes / np.sqrt(lengths[kept][::-1])
    return np.ascontiguousarray(axes, dtype=np.float32)
