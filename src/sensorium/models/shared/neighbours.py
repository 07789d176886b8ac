"""Sparse neighbourhoods: products of sparse matrices of which only the largest entries are kept."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import FloatVector, SparseMatrix
from sensorium.core.linalg import TINY
from sensorium.core.sparse import entry_rows, row_counts, row_starts
from sensorium.index.largest import sparsified

Similarity = Literal["cosine", "jaccard", "euclidean"]

MAX_BLOCK_PRODUCTS = 20_000_000
"""Multiplications in a block of rows, which bounds its memory: at most 12 bytes each."""

Finish = Callable[[SparseMatrix, int], SparseMatrix]
"""Takes a block of rows and the index of its first row; returns the block to keep entries of."""


def sparse_product_top(
    left: SparseMatrix,
    right: SparseMatrix,
    k: int,
    *,
    finish: Finish,
    max_products: int = MAX_BLOCK_PRODUCTS,
) -> SparseMatrix:
    """Return `left @ right` with the `k` largest entries of each row, after `finish`, as float32 CSR.

    Blocks of rows bound the memory however dense the whole product is.
    """
    left, right = sparse.csr_array(left), sparse.csr_array(right)
    blocks = [
        sparsified(finish(sparse.csr_array(left[start:stop] @ right), start), k)
        for start, stop in _row_blocks(left, right, max_products)
    ]
    if not blocks:
        return sparse.csr_array((left.shape[0], right.shape[1]), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(blocks, format="csr"), dtype=np.float32)


def nearest_items(
    interactions: SparseMatrix, k: int, similarity: Similarity = "cosine", *, shrinkage: float = 0.0
) -> SparseMatrix:
    """Return how alike each item is to the `k` most alike by their users [n_items, n_items]."""
    items = sparse.csr_array(interactions.T)
    lengths = squared_lengths(items)

    def compared(block: SparseMatrix, start: int) -> SparseMatrix:
        left, right = lengths[entry_rows(block) + start], lengths[block.indices]
        block.data = similarities(block.data, left, right, similarity, shrinkage)
        return without_diagonal(block, start)

    return sparse_product_top(items, interactions, k, finish=compared)


def _row_blocks(left: SparseMatrix, right: SparseMatrix, max_products: int) -> list[tuple[int, int]]:
    """Return `[start, stop)` of blocks of rows of at most `max_products` multiplications, or of one row."""
    total = row_starts(row_counts(right)[left.indices])[left.indptr]
    blocks: list[tuple[int, int]] = []
    start = 0
    while start < left.shape[0]:
        stop = int(np.searchsorted(total, total[start] + max_products, side="right")) - 1
        stop = min(max(stop, start + 1), left.shape[0])
        blocks.append((start, stop))
        start = stop
    return blocks


def without_diagonal(block: SparseMatrix, start: int) -> SparseMatrix:
    """Return the block without the entries of a row with itself, and without zeros."""
    block.data[entry_rows(block) + start == block.indices] = 0
    block.eliminate_zeros()
    return block


def similarities(
    dots: NDArray[np.float32],
    left: FloatVector,
    right: FloatVector,
    similarity: Similarity,
    shrinkage: float | None = None,
) -> NDArray[np.float32]:
    """Return similarities from dot products and squared lengths, entry by entry.

    Cosine: dot / (|a| |b| + shrinkage). Jaccard, for vectors of zeros and ones: dot / (a + b - dot +
    shrinkage), the Tanimoto coefficient for others. Euclidean: 1 / (1 + distance), where there is a
    shrinkage times dot / (|dot| + shrinkage): negative for whom likes what the other dislikes.
    """
    if similarity == "euclidean":
        distance = np.sqrt(np.maximum(left + right - 2 * dots, 0))
        support = 1.0 if shrinkage is None else dots / (np.abs(dots) + (shrinkage + TINY))
        alike = support / (1 + distance)
    else:
        together = np.sqrt(left * right) if similarity == "cosine" else left + right - dots
        alike = dots / (together + ((shrinkage or 0.0) + TINY))
    return np.asarray(alike, dtype=np.float32)


def squared_lengths(rows: SparseMatrix) -> FloatVector:
    """Return the squared length of each row [n] float32."""
    return np.asarray(rows.power(2).sum(axis=1), dtype=np.float32).ravel()
