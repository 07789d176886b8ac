"""Dense matrices of items by items: Gram matrices, their inverses, polynomials."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.linalg import blas, lapack

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.sparse import row_counts
from sensorium.index.blocks import block_rows
from sensorium.models import cost


def gram_of(events: SparseMatrix) -> FloatMatrix:
    """Return X'X [n_items, n_items] float32 of `events` X [n_users, n_items].

    By sparse products, or by dense ones where that is quicker; a block at a time: beside the answer little
    memory is taken.
    """
    events = sparse.csr_array(events, dtype=np.float32)
    n_users, n_items = events.shape
    n_pairs = float(np.square(row_counts(events), dtype=np.float64).sum())
    if cost.PAIRING * n_pairs > cost.SQUARING * n_users * n_items**2:
        return _by_users(events)
    gram = np.empty((n_items, n_items), dtype=np.float32)
    items = sparse.csr_array(events.T)
    step = block_rows(n_items)
    for start in range(0, n_items, step):
        rows = slice(start, start + step)
        sparse.csr_array(items[rows] @ events).toarray(out=gram[rows])
    return gram


def _by_users(events: SparseMatrix) -> FloatMatrix:
    """Return what `gram_of` does by dense products of blocks of users."""
    n_items = events.shape[1]
    gram = np.zeros((n_items, n_items), dtype=np.float32)
    step = block_rows(n_items)
    for start in range(0, events.shape[0], step):
        block = events[start : start + step].toarray()
        add_square(gram, block.T)
    return mirrored(gram)


def add_square(total: FloatMatrix, left: FloatMatrix, weight: float = 1.0) -> None:
    """Add `weight` times left @ left.T to the upper triangle of `total` [n, n], in its memory.

    `left` [n, m] is Fortran-contiguous float32, `total` C-contiguous float32.
    """
    blas.ssyrk(weight, left, beta=1.0, c=total.T, lower=1, overwrite_c=1)  # pyright: ignore[reportAttributeAccessIssue]


def inverse_of(gram: FloatMatrix) -> FloatMatrix:
    """Return the inverse of `gram`, symmetric positive definite C-contiguous float32, in its memory.

    LAPACK itself rather than `scipy.linalg.inv(assume_a="pos")`, which older SciPy lacks and which copies:
    the Gram matrix is the largest array of a fit, and here it is the only one of its size.
    """
    factor, failed = lapack.spotrf(gram.T, lower=1, overwrite_a=1, clean=0)  # pyright: ignore[reportAttributeAccessIssue]
    inverse, singular = lapack.spotri(factor, lower=1, overwrite_c=1)  # pyright: ignore[reportAttributeAccessIssue]
    if failed or singular:
        raise DataError("the item Gram matrix cannot be inverted", remedy="Raise `regularization`")
    return mirrored(np.asarray(inverse).T)


def mirrored(matrix: FloatMatrix, step: int = 1024) -> FloatMatrix:
    """Copy the upper triangle of `matrix` onto the lower one, in place and block by block."""
    n = len(matrix)
    for start in range(0, n, step):
        stop = min(start + step, n)
        matrix[stop:, start:stop] = matrix[start:stop, stop:].T
        block = np.triu(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = block + np.triu(block, 1).T
    return matrix


def polynomial_of(matrix: FloatMatrix, weights: Sequence[float]) -> FloatMatrix:
    """Return sum_k weights_k matrix^k for k = 1, 2, ..., of a symmetric C-contiguous float32 `matrix`.

    It takes the memory of three such matrices; `matrix` is overwritten.
    """
    if len(weights) == 1:
        matrix *= np.float32(weights[0])
        return matrix
    square = np.zeros_like(matrix)
    add_square(square, matrix.T)
    power = mirrored(square)
    total = np.float32(weights[0]) * matrix
    total += np.float32(weights[1]) * power
    for weight in weights[2:]:
        power = matrix @ power
        total += np.float32(weight) * power
    return total
