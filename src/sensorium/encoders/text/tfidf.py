"""Terms counted and weighted: by how often a text holds them, and in how few texts they stand.

The encoder is `TfidfLSA`, in `tfidf_lsa`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from sensorium.core.arrays import FloatVector, SparseMatrix


def most_widespread_terms(
    spread: Counter[str], n: int, *, at_least: int, at_most: int | None = None
) -> list[str]:
    """Return up to `n` terms that between `at_least` and `at_most` texts hold, most widespread first."""
    limit = max(spread.values(), default=0) if at_most is None else at_most
    ordered = sorted((-count, term) for term, count in spread.items() if at_least <= count <= limit)
    return [term for _, term in ordered[:n]]


def inverse_frequencies(spread: ArrayLike, n_texts: int) -> FloatVector:
    """Return the weight of terms that so many of `n_texts` texts hold [n_terms], 1 for those in all."""
    return (1 + np.log((1 + n_texts) / (1 + np.asarray(spread, dtype=np.float32)))).astype(np.float32)


def weighted_rows(
    documents: Iterable[Sequence[str]], places: Mapping[str, int], weights: FloatVector
) -> SparseMatrix:
    """Return [n_documents, n_terms] float32: logarithmic counts times weights, rows of unit length.

    `places` says which column a term has; terms without one are ignored.
    """
    data: list[float] = []
    indices: list[int] = []
    ends = [0]
    for terms in documents:
        found = Counter(places[term] for term in terms if term in places)
        columns = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
        counts = np.fromiter(found.values(), dtype=np.float32, count=len(found))
        values = (1 + np.log(counts)) * weights[columns]
        values /= max(float(np.linalg.norm(values)), 1e-12)
        data.extend(values.tolist())
        indices.extend(columns.tolist())
        ends.append(len(indices))
    arrays = (np.array(data, dtype=np.float32), np.array(indices, dtype=np.int64), np.array(ends))
    matrix = sparse.csr_array(arrays, shape=(len(ends) - 1, len(weights)))
    matrix.sort_indices()
    return matrix


def sample_texts(texts: Sequence[str | None], n: int, seed: int) -> list[str]:
    """Return the texts there are, or `n` of them drawn at random, in their order."""
    there = [text for text in texts if text]
    if len(there) <= n:
        return there
    chosen = np.random.default_rng(seed).choice(len(there), n, replace=False)
    return [there[index] for index in sorted(chosen.tolist())]
