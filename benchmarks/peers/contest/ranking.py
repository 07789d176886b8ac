"""Full ranking with one masking for all, and the metric that peers are tuned by."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

K = 20
NOBODY = -1
CELLS_AT_ONCE = 8_000_000
BETWEEN_EQUALS = 1e-6
"""Largest weight of popularity, as a share of a user's spread of scores: it orders equals and no others."""

Score = Callable[[NDArray[np.int64]], NDArray[np.floating]]
"""Users -> scores [n, n_items]: a snapshot, which later training must not change."""


def top_items(score: Score, users: NDArray[np.int64], known: sparse.csr_matrix) -> NDArray[np.int64]:
    """Return the best `K` items of each user [n, K] among those that the user does not know.

    Equal scores go by popularity, and so does everything for a user of whom nothing is known. An item
    without a score counts as the lowest. `NOBODY` fills lists that the catalogue cannot.
    """
    popularity = np.asarray(known.sum(axis=0), dtype=np.float32).ravel()
    popularity *= BETWEEN_EQUALS / max(popularity.max(), 1)
    return np.vstack([_top(score, part, known, popularity) for part in _parts(users, known.shape[1])])


def ndcg(lists: NDArray[np.int64], relevant: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return NDCG@K of each list: `relevant` [n, n_items] has at least one in each row."""
    users = np.repeat(np.arange(len(lists)), lists.shape[1])
    hits = np.asarray(relevant[users, np.maximum(lists.ravel(), 0)]).reshape(lists.shape) > 0
    hits &= lists != NOBODY
    discounts = 1 / np.log2(np.arange(2, lists.shape[1] + 2))
    n_relevant = np.minimum(np.diff(relevant.indptr), lists.shape[1])
    return (hits @ discounts) / np.cumsum(discounts)[n_relevant - 1]


def _parts(users: NDArray[np.int64], n_items: int) -> Iterator[NDArray[np.int64]]:
    step = max(1, CELLS_AT_ONCE // n_items)
    for start in range(0, len(users), step):
        yield users[start : start + step]


def _top(
    score: Score, users: NDArray[np.int64], known: sparse.csr_matrix, popularity: NDArray[np.float32]
) -> NDArray[np.int64]:
    scores = np.array(score(users), dtype=np.float32)
    history = known[users]
    scores[np.diff(history.indptr) == 0] = 0  # an untrained row is no taste
    if not np.isfinite(scores.sum(dtype=np.float64)):
        scores[~np.isfinite(scores)] = np.nan
        scores = np.where(np.isnan(scores), np.nanmin(scores, axis=1, keepdims=True, initial=0), scores)
    spread = scores.max(axis=1) - scores.min(axis=1)
    scores += np.where(spread > 0, spread, 1)[:, None] * popularity
    scores[np.repeat(np.arange(len(users)), np.diff(history.indptr)), history.indices] = -np.inf
    k = min(K, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(scores, best, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best, values = np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
    lists = np.full((len(users), K), NOBODY, dtype=np.int64)
    lists[:, :k] = np.where(values > -np.inf, best, NOBODY)
    return lists
