"""How alike two items are in content: cosine, Euclidean, Jaccard."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.index.blocks import block_rows
from sensorium.index.largest import largest_per_row
from sensorium.models.neighbours import Similarity, similarities


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


def nearest_items(features: FloatMatrix, present: BoolVector, k: int, similarity: Similarity) -> SparseMatrix:
    """Return the similarities of each item to its `k` nearest others, CSR [n_items, n_items].

    Absent items have no neighbours and are nobody's. Items below a similarity of zero are left out.
    """
    n_items = len(features)
    items, everyone = np.flatnonzero(present), np.arange(n_items)
    indices: list[IntVector] = [np.zeros(0, dtype=np.int64)]
    values: list[FloatMatrix] = [np.zeros(0, dtype=np.float32)]
    counts = np.zeros(n_items, dtype=np.int64)
    step = block_rows(n_items)
    for start in range(0, len(items), step):
        block_items = items[start : start + step]
        alike = content_similarity(features, block_items, everyone, similarity)
        alike[:, ~present] = -np.inf
        alike[np.arange(len(block_items)), block_items] = -np.inf
        found, best = largest_per_row(alike, min(k, n_items))
        kept = np.nan_to_num(best, nan=-1.0) > 0
        indices.append(found[kept])
        values.append(best[kept])
        counts[block_items] = kept.sum(axis=1)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    shape = (n_items, n_items)
    return sparse.csr_array((np.concatenate(values), np.concatenate(indices), indptr), shape=shape)
