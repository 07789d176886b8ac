"""The strongest right singular vectors of a sparse matrix, by random projection."""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.linalg import largest_eigenpairs

_OVERSAMPLING = 10
_POWER_STEPS = 3


def principal_axes(matrix: SparseMatrix, rank: int, seed: int) -> FloatMatrix:
    """Return the directions [n_columns, d] along which the rows lie most, at most `rank` of them.

    Directions with next to nothing are left out; of a matrix without any value, one axis of zeros is left.
    """
    rank = min(rank, *matrix.shape)
    if rank == 0 or matrix.nnz == 0:
        return np.zeros((matrix.shape[1], 1), dtype=np.float32)
    axes, strengths = right_singular_vectors(matrix, rank, np.random.default_rng(seed))
    return np.ascontiguousarray(axes[:, strengths > 1e-3 * strengths[0]])


def right_singular_vectors(
    matrix: SparseMatrix, rank: int, rng: np.random.Generator
) -> tuple[FloatMatrix, FloatVector]:
    """Return the vectors as columns [n_columns, rank] and the singular values [rank], strongest first.

    Halko, Martinsson and Tropp 2011, with all orthogonalisation on the side of the rows and the small
    problem solved as a symmetric one: with many more columns than rows that saves most of the time.
    The sign of each vector makes its largest entry positive.
    """
    # These products are small: threads would mostly wait for one another (8 times the processor time).
    with threadpool_limits(1, user_api="blas"):
        return _project(matrix, rank, rng)


def _project(matrix: SparseMatrix, rank: int, rng: np.random.Generator) -> tuple[FloatMatrix, FloatVector]:
    width = min(rank + _OVERSAMPLING, *matrix.shape)
    transposed = matrix.T.tocsr()
    start = rng.standard_normal((matrix.shape[1], width), dtype=np.float32)
    basis = _orthonormalize(matrix @ start)
    for _ in range(_POWER_STEPS):
        basis = _orthonormalize(matrix @ (transposed @ basis))
    projected = transposed @ basis  # [n_columns, width]
    squares, rotation = largest_eigenpairs((projected.T @ projected).astype(np.float64), rank)
    strengths = np.sqrt(np.maximum(squares, 0.0))
    vectors = projected @ rotation.astype(np.float32)
    vectors /= np.maximum(strengths, 1e-12).astype(np.float32)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(len(strengths))]
    vectors *= np.where(largest < 0, -1, 1).astype(np.float32)
    return vectors.astype(np.float32), strengths.astype(np.float32)


def _orthonormalize(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.linalg.qr(matrix)[0].astype(np.float32)
