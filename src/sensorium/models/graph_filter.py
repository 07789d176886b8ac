"""Graph filters: polynomials of the graph of items that users share, walked from the history."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal, Self, TypeVar

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.sparse import (
    column_count_power,
    csr_to_arrays,
    damp_events,
    narrowed,
    with_data,
)
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
from sensorium.models.search_space import Between, KnownSettings, LogBetween, Space
from sensorium.models.shared.item_gram import gram_of, polynomial_of
from sensorium.models.shared.item_to_item import dense
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.shared.neighbours import sparse_product_top, within_pairs
from sensorium.models.shared.pruned_steps import followed_items, pruned_steps, pruned_steps_of_one
from sensorium.models.shared.recency import HALF_LIVES, RecencyConfig, fade_history
from sensorium.models.short_forms import NoScores, Row

ROWS = 32
"""Queries walked together: the graph is read once for all, and what they reach stays in the cache."""
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
    edges: PositiveInt | None = None
    """Of each item the strongest steps that are followed; None: all, or 100 where a walk over all events
    takes more than 2 ms."""


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
    """What graph filters share: all steps from a block of histories, in one of three forms.

    Over the events; or read from a matrix of items by items, the same but for rounding; or over the strongest
    edges between items: see `cost.form_of_steps`. What the form does not need is empty.
    """

    walk: SparseMatrix
    """[n_users, n_learnt] CSR float32: the events, damped on both sides; P = walk' walk has norm 1."""
    graph: FloatMatrix
    """[n_learnt, n_learnt] float32: P + s P^2 + t P^3."""
    item_edges: SparseMatrix
    """[n_learnt, n_learnt] CSR float32: the largest entries of each row of P."""
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
        walk, form = damped_walk(clicks, config), self._form(Size.of(data))
        self.walk = walk if form == "walk" else walk[:0]
        self.graph, self.item_edges = _nothing(), sparse.csr_array(_nothing())
        if form == "matrix":
            self.graph = polynomial_of(gram_of(walk), step_weights(config))
        elif form == "edges":
            k, walk = config.edges or cost.EDGES, within_pairs(walk)
            self.item_edges = narrowed(sparse_product_top(walk.T, walk, k, finish=_as_it_is))
        self.before = column_count_power(clicks, -config.history_exponent)
        self.after = column_count_power(clicks, config.score_exponent)
        self.seen = data.seen_items

    def _form(self, size: Size) -> Literal["walk", "matrix", "edges"]:
        """Return in which form the steps are made."""
        return "edges" if self.config.edges else cost.form_of_steps(size)

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with a history that has faded as the config says."""
        return fade_history(queries, self.config)

    def _share(self, longer: Self) -> None:
        """Give what is learnt from the events to `longer`."""
        longer.walk, longer.graph, longer.item_edges = self.walk, self.graph, self.item_edges
        longer.before, longer.after = self.before, self.after

    def restore(self, state: State) -> Self:
        """Set what is learnt from `state`; one saved without a matrix and edges is walked."""
        if "graph" not in state.arrays:
            nothing = csr_to_arrays(sparse.csr_array(_nothing()), "item_edges")
            state = State({**state.arrays, "graph": _nothing(), **nothing}, state.values)
        return super().restore(state)

    def _walked(self, history: SparseMatrix, *, is_one: bool = False) -> Iterator[tuple[slice, FloatMatrix]]:
        """Yield rows of `history`, and the polynomial of the walk from them [n_learnt, n_rows] float32.

        `is_one`: the rows are the items of one history, whose steps go on from what all of them reach.
        """
        history = self._damped(history)
        weights, followed = step_weights(self.config), None
        if is_one and self.item_edges.shape[0]:
            whole = sparse.csr_array(history.sum(axis=0)[None, :], dtype=np.float32)
            followed = followed_items(whole, self.item_edges, len(weights))
        step = ROWS if self.walk.shape[0] else block_rows(len(self.before))
        for start in range(0, history.shape[0], step):
            rows = slice(start, min(start + step, history.shape[0]))
            if self.item_edges.shape[0]:
                yield rows, pruned_steps(history[rows], self.item_edges, weights, followed=followed).T
            elif self.graph.shape[0]:
                yield rows, dense(history[rows] @ self.graph).T
            else:
                yield rows, self._over_events(history[rows].T.toarray(), weights)

    def _damped(self, history: SparseMatrix) -> SparseMatrix:
        """Return `history` with each item as much as it counts."""
        history = learnt_history(history, len(self.before))
        return with_data(history, np.asarray(history.data * self.before[history.indices], np.float32))

    def _over_events(self, reached: FloatMatrix, weights: list[float]) -> FloatMatrix:
        """Return all steps from what is `reached` at the beginning [n_learnt, n_rows]."""
        back, total = self.walk.T, np.zeros_like(reached)
        for weight in weights:
            reached = back @ (self.walk @ reached)
            total += np.float32(weight) * reached
        return total

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of damping the events, and of the matrix or the edges where they are made."""
        del again
        damping = cost.one_pass(size) + 2 * POWER_STEPS * cost.STEPPING * size.n_events
        form = self._form(size)
        making = {"matrix": cost.dense_polynomial, "edges": cost.sparse_item_products}.get(form)
        return cost.LEAST + damping + (making(size) if making else 0.0)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of walking from all queries, of reading the matrix or of following edges."""
        form = self._form(size)
        if form == "edges":
            return cost.edges_followed(size, self.config.edges or cost.EDGES)
        return cost.dense_rows(size) if form == "matrix" else cost.walks(size)


def _nothing() -> FloatMatrix:
    return np.zeros((0, 0), dtype=np.float32)


def _as_it_is(block: SparseMatrix, start: int) -> SparseMatrix:
    del start
    return block


def damped_walk(events: SparseMatrix, config: GraphFilterConfig) -> SparseMatrix:
    """Return the `events` [n_users, n_items], damped on both sides and of norm 1, CSR float32."""
    walk = damp_events(events, config.user_exponent, config.item_exponent)
    return narrowed(walk / _norm(walk))


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
    D_d^e. Cost: none to fit; a query costs six passes over the events, and memory is that of the events. Of
    few items with many events the polynomial is made: n_items^3 once and 4 n_items^2 bytes, and a query
    costs its rows.
    Source: Shen et al. 2021, "How Powerful is Graph Convolution for Recommendation?", arXiv 2108.07567,
    whose linear filter is P alone with all exponents 1/2; free exponents as in Park et al. 2024, "Turbo-CF",
    arXiv 2404.14243.
    """

    traits: ClassVar[Traits] = Traits(additive=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=6, untuned_weight=0.3)
    space: ClassVar[Mapping[str, Space]] = SPACE
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(
            6,
            {
                "user_exponent": 0.684,
                "item_exponent": 0.107,
                "history_exponent": 0.174,
                "score_exponent": -0.116,
                "second": 550.0,
                "third": 208.0,
            },
        ),
        KnownSettings(
            100,
            {
                "user_exponent": 0.31,
                "item_exponent": 0.537,
                "history_exponent": -0.0351,
                "score_exponent": -0.111,
                "second": 0.0388,
                "third": 0.12,
            },
        ),
        KnownSettings(
            5,
            {
                "user_exponent": 0.158,
                "item_exponent": 0.161,
                "history_exponent": 0.292,
                "score_exponent": -0.011,
                "second": 0.0328,
                "third": 5.42,
            },
        ),
        KnownSettings(
            24,
            {
                "user_exponent": 0.428,
                "item_exponent": 0.355,
                "history_exponent": 0.117,
                "score_exponent": 0.0125,
                "second": 0.197,
                "third": 0.182,
            },
        ),
    )

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

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def short_form(self, query: QueryBatch) -> Row | NoScores | None:
        """Return what is reached over the strongest edges, where these alone are followed."""
        if not self.item_edges.shape[0]:
            return None
        if not has_any(query.history, self.seen)[0]:
            return NoScores()
        history = self._damped(self.weighed(query).history)
        scores = pruned_steps_of_one(history, self.item_edges, step_weights(self.config))
        scores *= self.after
        return Row(scores)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what is reached from each history item alone [n_history, n_items_asked]."""
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        known = np.flatnonzero(items < len(self.after))
        alone = one_by_one(history, history_items, len(self.seen))
        for rows, reached in self._walked(alone, is_one=True):
            parts[rows, known] = (reached[items[known]] * self.after[items[known], None]).T
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without events."""
        return np.where(self.seen[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the graph."""
        longer = type(self)(self.config)
        self._share(longer)
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer
