"""How alike two items are in content: cosine, Euclidean, Jaccard."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.sparse import entry_rows, row_counts, row_starts
from sensorium.index.blocks import block_rows
from sensorium.index.largest import largest_per_row, sparsified
from sensorium.models.shared.neighbours import Similarity, similarities


def content_similarity(
    features: FloatMatrix, rows: IntVector, columns: IntVector, similarity: Similarity
) -> FloatMatrix:
    """Return the similarity of the items `rows` to the items `columns` [n_rows, n_columns] float32.

    Cosine is the dot product of the rows of `features`, which are of unit length. Euclidean is
    1 / (1 + distance). Jaccard is the share of the features not zero in either that are not zero in both.
    """
    left, right = features[rows], features[columns]
    if similarity == "cosine":
        return left @ right.T
    if similarity == "jaccard":
        left, right = (left != 0).astype(np.float32), (right != 0).astype(np.float32)
    lengths = np.square(left).sum(axis=1)[:, None], np.square(right).sum(axis=1)[None, :]
    return similarities(left @ right.T, *lengths, similarity)


def cosine_by_part(
    left: FloatMatrix, right: FloatMatrix, parts: Mapping[str, Sequence[int]]
) -> dict[str, FloatMatrix]:
    """Return the dot products of rows [n_left, n_right] float32 by named column range `[start, stop)`.

    Where the parts cover all columns once, they add up to the cosine of rows of unit length.
    """
    return {name: left[:, start:stop] @ right[:, start:stop].T for name, (start, stop) in parts.items()}


def nearest_items(
    features: FloatMatrix,
    present: BoolVector,
    k: int,
    similarity: Similarity,
    known: SparseMatrix | None = None,
) -> SparseMatrix:
    """Return the similarities of each item to its `k` nearest others, CSR [n_items, n_items].

    Absent items have no neighbours and are nobody's. Items below a similarity of zero are left out. What was
    found for the first items alone may be given as `known` [n_known, n_known]: then only the others are
    compared with all, which costs n_new n_items d rather than n_items^2 d.
    """
    everyone = np.arange(len(features))
    if known is None:
        return _nearest(features, present, k, similarity, everyone, everyone)
    old, new = everyone[: known.shape[0]], everyone[known.shape[0] :]
    closer = _closer(known, _nearest(features, present, k, similarity, old, new), k)
    above = sparsified(sparse.hstack([known, closer], format="csr"), k)
    return sparse.csr_array(
        sparse.vstack([above, _nearest(features, present, k, similarity, new, everyone)], format="csr"),
        dtype=np.float32,
    )


def _nearest(
    features: FloatMatrix,
    present: BoolVector,
    k: int,
    similarity: Similarity,
    rows: IntVector,
    columns: IntVector,
) -> SparseMatrix:
    """Return the similarities of each of the items `rows` to its `k` nearest of the `columns`, a range.

    CSR [n_rows, n_columns].
    """
    asked = np.flatnonzero(present[rows])
    indices: list[IntVector] = [np.zeros(0, dtype=np.int64)]
    values: list[FloatMatrix] = [np.zeros(0, dtype=np.float32)]
    counts = np.zeros(len(rows), dtype=np.int64)
    step = block_rows(max(len(columns), 1))
    for start in range(0, len(asked) if len(columns) else 0, step):
        block = asked[start : start + step]
        alike = content_similarity(features, rows[block], columns, similarity)
        alike[:, ~present[columns]] = -np.inf
        alike[rows[block][:, None] == columns[None, :]] = -np.inf
        found, best = largest_per_row(alike, min(k, len(columns)))
        kept = np.nan_to_num(best, nan=-1.0) > 0
        indices.append(found[kept])
        values.append(best[kept])
        counts[block] = kept.sum(axis=1)
    indptr = row_starts(counts)
    shape = (len(rows), len(columns))
    return sparse.csr_array((np.concatenate(values), np.concatenate(indices), indptr), shape=shape)


def _closer(known: SparseMatrix, found: SparseMatrix, k: int) -> SparseMatrix:
    """Return the entries of `found` that are above the least of `k` entries of the same row of `known`."""
    counts = row_counts(known)
    least = np.zeros(len(counts), dtype=np.float32)
    if known.nnz:
        least[counts > 0] = np.minimum.reduceat(known.data, known.indptr[:-1][counts > 0])
    least[counts < k] = 0
    closer = found.copy()
    closer.data[closer.data <= least[entry_rows(closer)]] = 0
    closer.eliminate_zeros()
    return closer
