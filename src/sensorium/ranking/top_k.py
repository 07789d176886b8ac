"""The best `k` of scores: what was seen or is not eligible is left out."""

import numpy as np

from sensorium.core.arguments import as_length
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.index.largest import largest


def top_k(
    scores: FloatMatrix,
    k: int,
    *,
    exclude: SparseMatrix | None = None,
    eligible: BoolVector | None = None,
) -> tuple[IntVector, FloatMatrix]:
    """Return the indices and scores of the best `k` items of each row, best first.

    NaN is never ranked. Ties go to the lower index. A filter never loses results: a row with n
    items that are eligible, scored and not excluded gives min(k, n).

    Parameters
    ----------
    scores
        [n_queries, n_items] float32.
    exclude
        [n_queries, n_items] CSR: items stored here are left out of their row (seen items, mostly).
    eligible
        [n_items] bool: only these are ranked, in every row.

    Returns
    -------
    indices [n_queries, k] int64, -1 where there are fewer; scores [n_queries, k] float32, NaN there.
    `k` is cut to the number of items.
    """
    n_queries, n_items = scores.shape
    k = min(k, n_items)
    indices = np.full((n_queries, k), -1, dtype=np.int64)
    best = np.full((n_queries, k), np.nan, dtype=np.float32)
    allowed = None if eligible is None else np.flatnonzero(eligible)
    for row in range(n_queries):
        entries = scores[row]
        if exclude is not None and exclude.indptr[row] < exclude.indptr[row + 1]:
            entries = entries.copy()
            entries[exclude.indices[exclude.indptr[row] : exclude.indptr[row + 1]]] = np.nan
        found = largest(entries, k) if allowed is None else allowed[largest(entries[allowed], k)]
        indices[row, : len(found)] = found
        best[row, : len(found)] = scores[row, found]
    return indices, best


def best_items(
    scores: FloatMatrix, k: int, eligible: BoolVector | None = None, exclude: SparseMatrix | None = None
) -> tuple[IntVector, FloatVector]:
    """Return the best `k` items of the one row of `scores`, and their scores; fewer if there are fewer."""
    indices, values = top_k(scores, as_length(k), exclude=exclude, eligible=eligible)
    found = indices[0][indices[0] >= 0]
    return found, values[0][: len(found)]
