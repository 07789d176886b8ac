"""Sparse neighbourhoods: products of sparse matrices of which only the largest entries are kept."""

from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import FloatVector, SparseMatrix
from sensorium.core.linalg import TINY
from sensorium.core.side_by_side import n_cores
from sensorium.core.sparse import entry_rows, keep_entries, narrowed, row_counts, row_starts
from sensorium.index.largest import sparsified
from sensorium.models.cost import MAX_PAIRS

Similarity = Literal["cosine", "jaccard", "euclidean"]

MAX_BLOCK_PRODUCTS = 20_000_000
"""Multiplications in a block of rows, which bounds its memory: at most 12 bytes each."""

MANY_BLOCKS = 5
"""Blocks from which on they are made on all cores."""

Finish = Callable[[SparseMatrix, int], SparseMatrix]
"""Takes a block of rows and the index of its first row; returns the block to keep entries of.

Entries of minus infinity are not kept, nor those of zero.
"""


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
    left, right = narrowed(sparse.csr_array(left)), narrowed(sparse.csr_array(right))

    def answer(bounds: tuple[int, int]) -> SparseMatrix:
        start, stop = bounds
        return _finite(sparsified(finish(sparse.csr_array(left[start:stop] @ right), start), k))

    bounds = _row_blocks(left, right, max_products)
    if len(bounds) < MANY_BLOCKS:
        blocks = [answer(each) for each in bounds]
    else:
        with ThreadPoolExecutor(n_cores()) as pool:
            blocks = list(pool.map(answer, bounds))
    if not blocks:
        return sparse.csr_array((left.shape[0], right.shape[1]), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(blocks, format="csr"), dtype=np.float32)


def _finite(block: SparseMatrix) -> SparseMatrix:
    """Return the block without entries that are zero or minus infinity."""
    return keep_entries(block, np.isfinite(block.data) & (block.data != 0))


def within_pairs(interactions: SparseMatrix, max_pairs: float = MAX_PAIRS) -> SparseMatrix:
    """Return `interactions` with at most `max_pairs` pairs of entries of one row, in all.

    The longest rows give way: of each, so many entries are drawn at most that the bound holds. Most data are
    returned as they are.
    """
    lengths = row_counts(interactions)
    if float(np.square(lengths, dtype=np.float64).sum()) <= max_pairs:
        return interactions
    most = bisect_right(
        range(1, int(lengths.max()) + 1),
        max_pairs,
        key=lambda n: float(np.square(np.minimum(lengths, n), dtype=np.float64).sum()),
    )
    most = max(most, 1)
    kept = np.ones(interactions.nnz, dtype=np.bool_)
    rng = np.random.default_rng(0)
    for row in np.flatnonzero(lengths > most):
        entries = np.arange(interactions.indptr[row], interactions.indptr[row + 1])
        kept[rng.choice(entries, size=len(entries) - most, replace=False)] = False
    return keep_entries(interactions, kept)


def nearest_items(
    interactions: SparseMatrix, k: int, similarity: Similarity = "cosine", *, shrinkage: float = 0.0
) -> SparseMatrix:
    """Return how alike each item is to the `k` most alike by their users [n_items, n_items]."""
    interactions = within_pairs(interactions)
    items = sparse.csr_array(interactions.T)
    lengths = squared_lengths(items)

    def compared(block: SparseMatrix, start: int) -> SparseMatrix:
        own = np.repeat(lengths[start : start + block.shape[0]], np.diff(block.indptr))
        block.data = similarities(block.data, own, lengths[block.indices], similarity, shrinkage)
        return without_itself(block, start)

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


def without_itself(block: SparseMatrix, start: int) -> SparseMatrix:
    """Return the block with minus infinity where a row meets itself, which is never among the largest."""
    rows = np.arange(start, start + block.shape[0], dtype=block.indices.dtype)
    block.data[np.repeat(rows, np.diff(block.indptr)) == block.indices] = -np.inf
    return block


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
