"""Accuracy of rankings at k: one function a metric, each the expectation over random orders of ties.

Items with equal scores have no order. Every metric here is its mean over all orders of the tied
items, computed in closed form; without ties that is the textbook value. In the formulas, `rel(i)`
is 1 where the item at position i (from 1) is relevant, and R is how many items are relevant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.index.blocks import block_rows

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """Where relevant items stand in the first positions of rankings with tied scores."""

    starts: NDArray[np.int64]
    """[n_users, k] position, from 0, at which the group of tied items begins."""
    sizes: NDArray[np.int64]
    """[n_users, k] number of tied items in the group."""
    found: NDArray[np.int64]
    """[n_users, k] number of relevant items in the group."""
    n_relevant: NDArray[np.int64]
    """[n_users] R, at least 1: how many items are relevant, ranked or not."""

    @classmethod
    def of_ranking(cls, hits: NDArray[Any], n_relevant: NDArray[Any]) -> "Hits":
        """Return the hits of rankings without ties: `hits` [n_users, k] is true where relevant."""
        found = np.asarray(hits, dtype=np.int64)
        starts = np.broadcast_to(np.arange(found.shape[1]), found.shape)
        return cls(starts, np.ones_like(found), found, np.asarray(n_relevant, dtype=np.int64))

    @cached_property
    def chances(self) -> Values:
        """[n_users, k] probability that the position holds a relevant item: found / size."""
        return self.found.astype(np.float64) / self.sizes

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """[n_users, k] position inside the group, from 0."""
        return np.arange(self.found.shape[1]) - self.starts

    @cached_property
    def precisions(self) -> Values:
        """[n_users, k] expected precision down to the position, given that it holds a relevant item."""
        before = np.cumsum(self.chances, axis=1) - self.chances
        before = np.rint(np.take_along_axis(before, self.starts, axis=1))  # whole groups: whole numbers
        beside = self.offsets * (self.found - 1) / np.maximum(self.sizes - 1, 1)
        return (before + 1 + beside) / np.arange(1, self.found.shape[1] + 1)

    @cached_property
    def empty(self) -> Values:
        """[n_users, k] probability that no position so far holds a relevant item."""
        left = self.sizes - self.offsets
        return np.cumprod(1 - np.minimum(self.found / left, 1), axis=1, dtype=np.float64)


def precision(hits: Hits, k: int) -> Values:
    """Return sum(rel(i), i <= k) / k; k counts also where fewer items could be ranked."""
    return hits.chances[:, :k].sum(axis=1) / k


def recall(hits: Hits, k: int) -> Values:
    """Return sum(rel(i), i <= k) / R; below 1 where R > k, however good the ranking."""
    return hits.chances[:, :k].sum(axis=1) / hits.n_relevant


def f1(hits: Hits, k: int) -> Values:
    """Return 2 P r / (P + r) of precision P and recall r at k, which is 2 sum(rel) / (k + R)."""
    return 2 * hits.chances[:, :k].sum(axis=1) / (k + hits.n_relevant)


def hit_rate(hits: Hits, k: int) -> Values:
    """Return 1 if any of the first k is relevant, else 0."""
    return 1 - hits.empty[:, k - 1]


def reciprocal_rank(hits: Hits, k: int) -> Values:
    """Return 1 / position of the first relevant item, 0 if it is not among the first k; its mean is MRR."""
    before = np.hstack([np.ones((len(hits.empty), 1)), hits.empty[:, : k - 1]])
    return ((before - hits.empty[:, :k]) / np.arange(1, k + 1)).sum(axis=1)


def average_precision(hits: Hits, k: int) -> Values:
    """Return sum(rel(i) * precision(i), i <= k) / R, as trec_eval's map_cut; its mean is MAP."""
    return (hits.chances * hits.precisions)[:, :k].sum(axis=1) / hits.n_relevant


def ndcg(hits: Hits, k: int) -> Values:
    """Return DCG / ideal DCG: sum(rel(i) / log2(i + 1), i <= k) / sum(1 / log2(i + 1), i <= min(R, k)).

    Järvelin and Kekäläinen 2002, with binary gains.
    """
    gains = hits.found * _expected_gain(hits.starts, hits.sizes, k)
    each_group_once = gains * (hits.offsets == 0)
    return each_group_once.sum(axis=1) / _gain_within(hits.n_relevant, k)


def ndcg_of_scores(
    scores: FloatMatrix, rows: IntVector, columns: IntVector, n_relevant: IntVector, k: int
) -> Values:
    """Return the `ndcg` at k of each row of `scores` [n_queries]; zero where nothing is relevant.

    It looks at the relevant entries alone and makes no lists: the inner loop of the search for weights.

    Parameters
    ----------
    scores
        [n_queries, n_candidates] float32, no NaN; minus infinity is not ranked.
    rows, columns
        [n_pairs]: the relevant entries of `scores`.
    n_relevant
        [n_queries]: how many items are relevant, ranked or not.
    """
    values = scores[rows, columns]
    gains = np.zeros(len(rows))
    listed = np.flatnonzero((values >= _thresholds(scores, k)[rows]) & (values > -np.inf))
    step = block_rows(scores.shape[1])
    for start in range(0, len(listed), step):
        pairs = listed[start : start + step]
        against, own = scores[rows[pairs]], values[pairs, None]
        better, tied = np.count_nonzero(against > own, axis=1), np.count_nonzero(against == own, axis=1)
        gains[pairs] = _expected_gain(better, tied, k)
    ideal = _gain_within(n_relevant, k)
    found = np.bincount(rows, weights=gains, minlength=len(scores))
    return np.divide(found, ideal, out=np.zeros(len(scores)), where=ideal > 0)


def _thresholds(scores: FloatMatrix, k: int) -> FloatVector:
    """Return the k-th best score of each row [n_queries]: what is below it cannot count."""
    n = scores.shape[1]
    if n <= k:
        return np.full(len(scores), -np.inf, dtype=np.float32)
    return np.partition(scores, n - k, axis=1)[:, n - k]


def _expected_gain(starts: NDArray[Any], sizes: NDArray[Any], k: int) -> Values:
    """Return what one relevant item adds to DCG at k, over all orders of the `sizes` items tied with it.

    The group begins at the position `starts`, from 0.
    """
    return (_gain_within(starts + sizes, k) - _gain_within(starts, k)) / sizes


def _gain_within(positions: NDArray[Any], k: int) -> Values:
    """Return sum(1 / log2(i + 1), i <= min(positions, k))."""
    sums = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    return sums[np.minimum(positions, k)]


METRICS: Mapping[str, Callable[[Hits, int], Values]] = MappingProxyType(
    {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "hit_rate": hit_rate,
        "map": average_precision,
        "mrr": reciprocal_rank,
        "ndcg": ndcg,
    }
)
"""Name in results -> values for each user."""


def metrics_at(hits: Hits, ks: tuple[int, ...]) -> dict[str, Values]:
    """Return every metric at every k: `name@k` -> [n_users] float64."""
    return {f"{name}@{k}": metric(hits, k) for k in ks for name, metric in METRICS.items()}
