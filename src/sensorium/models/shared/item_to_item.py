"""What item-to-item models share: a score is the history times a matrix of weights."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import narrowed, row_product
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, Traits
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.shared.recency import RecencyConfigT, fade_history
from sensorium.models.short_forms import Entries, NoScores


class ItemToItem(Recommender[RecencyConfigT]):
    """Scores `history @ weights`; the weights say what one item in the history adds to each other item.

    The history fades first as the config says, where its times are known.
    """

    traits: ClassVar[Traits] = Traits(additive=True)

    weights: FloatMatrix | SparseMatrix
    """[n_learnt, n_learnt] float32, dense or CSR; row: item in the history."""
    seen: BoolVector
    """[n_items]: items with events; the others, and those appended later, get NaN."""

    @abstractmethod
    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Set `weights` and `seen`."""

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return `history @ weights` [n_queries, n_items]; NaN for unseen items and empty histories."""
        history = learnt_history(self.weighed(queries).history, self.weights.shape[0])
        scores = dense(narrowed(history) @ self.weights)
        rows = has_any(queries.history, self.seen)
        return blanked(scores, rows=rows, items=self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def short_form(self, query: QueryBatch) -> Entries | NoScores | None:
        """Return what the weights of the history add up to, where they are sparse."""
        weights = self.weights
        if not sparse.issparse(weights):
            return None
        if not has_any(query.history, self.seen)[0]:
            return NoScores()
        return Entries(*row_product(learnt_history(self.weighed(query).history, weights.shape[0]), weights))

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with a history that has faded as the config says."""
        return fade_history(queries, self.config)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each history value times its weights [n_history, n_items_asked]."""
        n_learnt = self.weights.shape[0]
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        rows, columns = np.flatnonzero(history_items < n_learnt), np.flatnonzero(items < n_learnt)
        weights = self.weights[history_items[rows]][:, items[columns]]
        parts[np.ix_(rows, columns)] = history[rows, None] * dense(weights)
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without events."""
        return np.where(self.seen[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the weights."""
        longer = type(self)(self.config)
        longer.weights = self.weights
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer


def dense(matrix: Any) -> FloatMatrix:
    """Return a dense or sparse matrix as dense float32."""
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=np.float32)
