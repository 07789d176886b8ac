"""What factor models share: a user is a vector that is made of the history at the moment of asking."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import ConfigT
from sensorium.core.sparse import row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import (
    FactorScores,
    FitOptions,
    QueryBatch,
    Recommender,
    TrainingData,
    Traits,
)
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.short_forms import ItemVectors, NoScores, Product

RIDGE = 0.01
"""Ridge of the fold-in, in mean squared lengths of a column: just enough to be solvable."""


class FoldedIn(Recommender[ConfigT]):
    """Scores `user vector · item factors + item bias`, for known and new users alike.

    The user's vector is a sum with one part for each history item, so the score is additive: exactly so,
    since whatever the parts have in common (a matrix that all of the history decides) is computed for
    the query that is explained.
    """

    traits: ClassVar[Traits] = Traits(additive=True)

    item_factors: FloatMatrix
    """[n_learnt, d] float32; zeros for items that get no score."""
    item_bias: FloatVector
    """[n_learnt] float32: the score without a history."""
    scored: BoolVector
    """[n_items]: items that have factors; the others, and those appended later, get NaN."""

    @abstractmethod
    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Set the factors, the bias and `scored`."""

    @abstractmethod
    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the vector of each query [n_queries, d]; `history` [n_queries, n_learnt]."""

    @abstractmethod
    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return what each item of one history adds to the user's vector [n_history, d]."""

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.scored)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items without factors and histories of such alone."""
        history = learnt_history(queries.history, len(self.item_factors))
        scores = self.user_vectors(history) @ self.item_factors.T
        scores += self.item_bias
        return blanked(scores, rows=has_any(queries.history, self.scored), items=self.scored)

    @property
    def able_items(self) -> BoolVector:
        """The items that have factors [n_items]."""
        return self.scored

    def item_vectors(self) -> ItemVectors:
        """Return the factors and the bias of the items."""
        return ItemVectors(self.item_factors, self.item_bias if self.item_bias.any() else None)

    def short_form(self, query: QueryBatch) -> Product | NoScores:
        """Return the vector of the query."""
        if not has_any(query.history, self.scored)[0]:
            return NoScores()
        vectors = self.user_vectors(learnt_history(query.history, len(self.item_factors)))
        return Product(np.asarray(vectors[0], dtype=np.float32))

    def factor_scores(self, queries: QueryBatch) -> FactorScores:
        """Return the vectors of users, with a one behind, and those of items, with their bias behind."""
        n_learnt = len(self.item_factors)
        scored = np.flatnonzero(self.scored[:n_learnt])
        vectors = self.user_vectors(learnt_history(queries.history, n_learnt))
        return FactorScores(
            users=np.column_stack([vectors, np.ones(len(vectors), dtype=np.float32)]),
            items=np.column_stack([self.item_factors[scored], self.item_bias[scored]]),
            scored=scored,
            known=has_any(queries.history, self.scored),
        )

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each part of the user's vector times the factors [n_history, n_items_asked]."""
        n_learnt = len(self.item_factors)
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        rows, columns = np.flatnonzero(history_items < n_learnt), np.flatnonzero(items < n_learnt)
        vectors = self.vector_parts(history[rows], history_items[rows])
        parts[np.ix_(rows, columns)] = vectors @ self.item_factors[items[columns]].T
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return the item bias, or NaN for items without factors."""
        bias = np.full(len(items), np.nan, dtype=np.float32)
        known = np.flatnonzero(self.scored[items])
        bias[known] = self.item_bias[items[known]]
        return bias

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the factors."""
        longer = type(self)(self.config)
        for attribute in self.learned_attributes():
            setattr(longer, attribute, getattr(self, attribute))
        longer.scored = lengthened(self.scored, blocks, fill=False)
        return longer


class FoldedByMean(FoldedIn[ConfigT]):
    """A user's vector is an affine map of the mean factors of the history, learnt from the training users.

    Formula: u = M (sum_h x_h y_h / sum_h |x_h|) + m, with M and m the ridge regression of the learnt
    user factors on the mean factors of their histories; m, which is the same for all, goes into the bias.
    """

    fold_in: FloatMatrix
    """[d, d] float32: M transposed."""
    mean_user: FloatVector
    """[d] float32: m."""

    def take(
        self, history: SparseMatrix, users: FloatMatrix, factors: FloatMatrix, bias: FloatVector
    ) -> None:
        """Set the factors, and the map from the mean factors of `history` to `users` [n_users, d]."""
        active = row_counts(history) > 0
        means = mean_rows(history[active], factors)
        self.fold_in, self.mean_user = ridge_map(means, users[active])
        self.item_factors = factors
        self.item_bias = np.asarray(bias + factors @ self.mean_user, dtype=np.float32)

    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the mapped mean factors of each history [n_queries, d]."""
        return np.asarray(mean_rows(history, self.item_factors) @ self.fold_in, dtype=np.float32)

    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return each mapped item's share of the mean [n_history, d]."""
        total = max(float(np.abs(history).sum()), np.finfo(np.float32).tiny)
        shares = np.asarray(history / total, dtype=np.float32)
        return np.asarray(
            (shares[:, None] * self.item_factors[history_items]) @ self.fold_in, dtype=np.float32
        )


def mean_rows(history: SparseMatrix, factors: FloatMatrix) -> FloatMatrix:
    """Return the mean `factors` [n_items, d] of each history, weighted by its values [n_queries, d]."""
    total = np.asarray(abs(history).sum(axis=1), dtype=np.float32).ravel()
    scale = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    means: FloatMatrix = np.asarray(sparse.diags_array(scale) @ history @ factors, dtype=np.float32)
    return means


def ridge_map(inputs: FloatMatrix, outputs: FloatMatrix) -> tuple[FloatMatrix, FloatVector]:
    """Return A [d_in, d_out] and b [d_out] of the ridge regression `outputs` = `inputs` A + b."""
    if not len(inputs):
        return np.zeros((inputs.shape[1], outputs.shape[1]), np.float32), np.zeros(
            outputs.shape[1], np.float32
        )
    x, y = inputs.astype(np.float64), outputs.astype(np.float64)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    gram: NDArray[np.float64] = (x - x_mean).T @ (x - x_mean)
    gram[np.diag_indices_from(gram)] += RIDGE * max(float(gram.diagonal().mean()), 1e-12)
    weights = np.linalg.solve(gram, (x - x_mean).T @ (y - y_mean))
    return weights.astype(np.float32), (y_mean - x_mean @ weights).astype(np.float32)
