"""User kNN: what people with a like history like."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.sparse import dense_row_product, entry_rows, narrowed, row_product
from sensorium.features.block import FeatureBlock
from sensorium.index.largest import largest
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
from sensorium.models.search_space import LogBetween, OneOf, Space
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.shared.neighbours import (
    Similarity,
    similarities,
    sparse_product_top,
    squared_lengths,
)
from sensorium.models.short_forms import NoScores, Row


class UserKNNConfig(Config):
    """Which users are alike, and how many count."""

    similarity: Similarity = "cosine"
    """Between two histories, among users with an item in common."""
    shrinkage: NonNegativeFloat = 10.0
    """Added to the denominator; larger trusts short histories less."""
    neighbours: PositiveInt = 100
    """Users that count for each query."""


class UserKNN(Recommender[UserKNNConfig]):
    """The sum of the histories of the most similar users, each times its similarity.

    Formula: score_i = sum over the nearest users v of sim(query, v) X_vi. The similarity is split over
    the items in common by their share of the dot product, which makes the score additive. Cost: the
    events are kept; a query costs the events of the users who share an item with it. A known user is
    one of the own neighbours, which only adds to items already seen. Source: Resnick et al. 1994,
    "GroupLens"; implicit form as in Aiolli 2013, "Efficient top-n recommendation".
    """

    traits: ClassVar[Traits] = Traits(additive=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=3, untuned_weight=0.1)
    space: ClassVar[Mapping[str, Space]] = {
        "neighbours": LogBetween(10, 1000, whole=True),
        "shrinkage": OneOf((0.0, 1.0, 3.0, 10.0, 30.0, 100.0)),
        "similarity": OneOf(("cosine", "jaccard")),
    }

    interactions: SparseMatrix
    """[n_users, n_learnt] float32: what was learnt from."""
    users_of_items: SparseMatrix
    """[n_learnt, n_users] float32: the same, by item."""
    lengths: FloatVector
    """[n_users] float32: the squared length of each user's row."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Keep the events."""
        del options
        self.interactions = narrowed(sparse.csr_array(data.interactions, dtype=np.float32))
        self.users_of_items = narrowed(sparse.csr_array(self.interactions.T))
        self.lengths = squared_lengths(self.interactions)
        self.seen = data.seen_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for unseen items and for queries without a seen item."""
        history = learnt_history(queries.history, self.interactions.shape[1])
        scores = (narrowed(self._neighbours(history)) @ self.interactions).toarray()
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def short_form(self, query: QueryBatch) -> Row | NoScores:
        """Return what the neighbours like."""
        if not has_any(query.history, self.seen)[0]:
            return NoScores()
        history = learnt_history(query.history, self.interactions.shape[1])
        users, dots = row_product(history, self.users_of_items)
        alike = self._alike(dots, squared_lengths(history), self.lengths[users])
        near = np.flatnonzero(alike != 0)
        near = np.sort(near[largest(alike[near], self.config.neighbours)])
        row = sparse.csr_array((alike[near], users[near], [0, len(near)]), shape=(1, len(self.lengths)))
        return Row(dense_row_product(row, self.interactions))

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what each history item adds through the neighbours that have it too."""
        n_learnt = self.interactions.shape[1]
        rows, columns = np.flatnonzero(history_items < n_learnt), np.flatnonzero(items < n_learnt)
        row = np.zeros(n_learnt, dtype=np.float32)
        row[history_items[rows]] = history[rows]
        query = sparse.csr_array(row[None, :])
        near = self._neighbours(query)
        users = self.interactions[near.indices]
        shares = near.data / (users @ row)
        through = (users[:, history_items[rows]].toarray() * history[rows]).T * shares
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        parts[np.ix_(rows, columns)] = through @ users[:, items[columns]].toarray()
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without events."""
        return np.where(self.seen[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the events."""
        longer = type(self)(self.config)
        longer.interactions, longer.users_of_items = self.interactions, self.users_of_items
        longer.lengths = self.lengths
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer

    def _neighbours(self, history: SparseMatrix) -> SparseMatrix:
        """Return the similarity of each query to its nearest users, CSR [n_queries, n_users]."""
        asking = squared_lengths(history)

        def compared(block: SparseMatrix, start: int) -> SparseMatrix:
            block.eliminate_zeros()
            left, right = asking[entry_rows(block) + start], self.lengths[block.indices]
            block.data = self._alike(block.data, left, right)
            return block

        return sparse_product_top(history, self.users_of_items, self.config.neighbours, finish=compared)

    def _alike(self, dots: FloatVector, left: FloatVector, right: FloatVector) -> FloatVector:
        """Return similarities from dot products and squared lengths."""
        return similarities(dots, left, right, self.config.similarity, self.config.shrinkage)

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of keeping the events."""
        del again
        return cost.LEAST + cost.one_pass(size)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of comparing every query with the users who share an item with it."""
        return cost.through_users(size)
