"""The largest products of two sets of vectors: everybody's best items under a factor model."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, IntVector, SparseMatrix
from sensorium.core.side_by_side import n_cores
from sensorium.index.largest import largest_per_row

BLOCK_ROWS = 64
"""Rows of products held at once by each thread: few, so that they are read while still in the cache."""


def largest_products(
    left: FloatMatrix, right: FloatMatrix, k: int, *, exclude: SparseMatrix | None = None
) -> tuple[IntVector, FloatMatrix]:
    """Return indices [n, k] int64 and values [n, k] of the `k` largest of each row of `left @ right.T`.

    As `largest_per_row`, which see, but the products are never held as a whole, and all cores take part.

    Parameters
    ----------
    left, right
        [n, d] and [n_right, d] float32.
    exclude
        [n, n_right] CSR: entries stored here are left out of their row (seen items, mostly).
    """
    k = min(k, len(right))
    indices = np.empty((len(left), k), dtype=np.int64)
    values = np.empty((len(left), k), dtype=np.float32)
    across = np.ascontiguousarray(right.T)

    def answer(start: int) -> None:
        stop = min(start + BLOCK_ROWS, len(left))
        products = left[start:stop] @ across
        if exclude is not None:
            counts = np.diff(exclude.indptr[start : stop + 1])
            rows = np.repeat(np.arange(stop - start), counts)
            products[rows, exclude.indices[exclude.indptr[start] : exclude.indptr[stop]]] = -np.inf
        indices[start:stop], values[start:stop] = largest_per_row(products, k)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_cores()) as pool:
        list(pool.map(answer, range(0, len(left), BLOCK_ROWS)))
    return indices, values
