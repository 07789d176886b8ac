"""Graph filters: polynomials of the graph of items that users share, walked from the history."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self, TypeVar

import numpy as np
from pydantic import NonNegativeFloat
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import column_count_power, damp_events
from sensorium.features.block import FeatureBlock
from sensorium.index.blocks import block_rows
from sensorium.models import cost
from sensorium.models.base import (
    AutoPolicy,
    FitOptions,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.search_space import Between, LogBetween, Space
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.shared.recency import HALF_LIVES, RecencyConfig, fade_history

LEAST_ROWS = 16
"""Queries that are walked together even where they exceed a block: the graph is read once for all."""
POWER_STEPS = 20
"""Products from which the largest eigenvalue is read; it only sets a scale."""


class GraphFilterConfig(RecencyConfig):
    """How much active users and popular items count, and how far the graph is walked."""

    user_exponent: NonNegativeFloat = 0.5
    """A user with n events counts n^-user_exponent on entering and again on leaving."""
    item_exponent: float = 0.3
    """An item with d events counts d^-item_exponent on entering and again on leaving."""
    history_exponent: float = 0.3
    """Items of the history are divided by d^history_exponent; larger trusts rare ones more."""
    score_exponent: float = 0.0
    """Scores are multiplied by d^score_exponent: above zero leans on popular items, below on rare ones."""
    second: float = 30.0
    """How much two steps count, beside 1 for one step; below zero sharpens."""
    third: float = 10.0
    """How much three steps count."""


SPACE: Mapping[str, Space] = {
    "user_exponent": Between(0.0, 1.2),
    "item_exponent": Between(0.0, 0.6),
    "history_exponent": Between(-0.2, 0.8),
    "score_exponent": Between(-0.3, 0.4),
    "second": LogBetween(0.03, 1000.0),
    "third": LogBetween(0.03, 1000.0),
    "half_life_items": HALF_LIVES,
}


FilterConfig = TypeVar("FilterConfig", bound=GraphFilterConfig)


class Filter(Recommender[FilterConfig]):
    """What graph filters share: all steps from a block of histories, without a matrix of items by items."""

    walk: SparseMatrix
    """[n_users, n_learnt] CSR float32: the events, damped on both sides; P = walk' walk has norm 1."""
    before: FloatVector
    """[n_learnt] float32: what a history item counts."""
    after: FloatVector
    """[n_learnt] float32: what a score is multiplied by."""
    seen: BoolVector
    """[n_items]: items with events."""

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _learn(self, data: TrainingData) -> None:
        """Set what is learnt from the events."""
        config, clicks = self.config, data.interactions
        walk = damp_events(clicks, config.user_exponent, config.item_exponent)
        self.walk = narrowed(walk / _norm(walk))
        self.before = column_count_power(clicks, -config.history_exponent)
        self.after = column_count_power(clicks, config.score_exponent)
        self.seen = data.seen_items

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with a history that has faded as the config says."""
        return fade_history(queries, self.config)

    def _walked(self, history: SparseMatrix) -> Iterator[tuple[slice, FloatMatrix]]:
        """Yield rows of `history`, and the polynomial of the walk from them [n_learnt, n_rows] float32."""
        history = learnt_history(history, self.walk.shape[1])
        back = self.walk.T
        step = max(LEAST_ROWS, block_rows(sum(self.walk.shape)))
        for start in range(0, history.shape[0], step):
            rows = slice(start, min(start + step, history.shape[0]))
            reached = history[rows].T.toarray().astype(np.float32) * self.before[:, None]
            total = np.zeros_like(reached)
            for weight in step_weights(self.config):
                reached = back @ (self.walk @ reached)
                total += np.float32(weight) * reached
            yield rows, total

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of damping the events."""
        del again
        return cost.LEAST + cost.one_pass(size)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of walking from all queries."""
        return cost.walks(size)


def step_weights(config: GraphFilterConfig) -> list[float]:
    """Return what one step, two and three count, without zeros at the end."""
    weights = [1.0, config.second, config.third]
    while not weights[-1]:
        weights.pop()
    return weights


def one_by_one(history: FloatVector, history_items: IntVector, n_items: int) -> SparseMatrix:
    """Return a row for each history item that holds it alone [n_history, n_items]."""
    rows = np.arange(len(history_items))
    values = np.asarray(history, dtype=np.float32)
    return sparse.csr_array((values, (rows, history_items)), shape=(len(rows), n_items))


def narrowed(matrix: SparseMatrix) -> SparseMatrix:
    """Return a CSR matrix with indices of 32 bits, which products read faster, where they suffice."""
    if matrix.nnz <= np.iinfo(np.int32).max:
        matrix.indices = matrix.indices.astype(np.int32)
        matrix.indptr = matrix.indptr.astype(np.int32)
    return matrix


def _norm(walk: SparseMatrix) -> np.float32:
    """Return the largest singular value of a matrix without negative entries; 1 for an empty one."""
    vector = np.ones(walk.shape[1], dtype=np.float32)
    length = np.float32(0)
    for _ in range(POWER_STEPS):
        vector = walk.T @ (walk @ vector)
        length = np.linalg.norm(vector)
        if not length:
            return np.float32(1)
        vector /= length
    return np.float32(np.sqrt(length))


class GraphFilter(Filter[GraphFilterConfig]):
    """One, two and three steps over users from item to item, each side damped by an exponent of its own.

    Formula: R = D_n^-a X D_d^-b, P = R'R over its largest eigenvalue, score = x D_d^-c (P + s P^2 + t P^3)
    D_d^e. Cost: none to fit; a query costs six passes over the events, and memory is that of the events.
    Source: Shen et al. 2021, "How Powerful is Graph Convolution for Recommendation?", arXiv 2108.07567,
    whose linear filter is P alone with all exponents 1/2; free exponents as in Park et al. 2024, "Turbo-CF",
    arXiv 2404.14243.
    """

    traits: ClassVar[Traits] = Traits(additive=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=6, untuned_weight=0.3)
    space: ClassVar[Mapping[str, Space]] = SPACE

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Damp the events."""
        del options
        self._learn(data)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items without events."""
        scores = np.empty((len(queries), len(self.after)), dtype=np.float32)
        for rows, reached in self._walked(self.weighed(queries).history):
            scores[rows] = (reached * self.after[:, None]).T
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self.seen)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what is reached from each history item alone [n_history, n_items_asked]."""
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        known = np.flatnonzero(items < len(self.after))
        alone = one_by_one(history, history_items, len(self.seen))
        for rows, reached in self._walked(alone):
            parts[rows, known] = (reached[items[known]] * self.after[items[known], None]).T
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without events."""
        return np.where(self.seen[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the graph."""
        longer = type(self)(self.config)
        longer.walk, longer.before, longer.after = self.walk, self.before, self.after
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer
