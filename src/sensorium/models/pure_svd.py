"""PureSVD: the history projected on the main directions of taste."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.linalg import randomized_svd
from sensorium.core.sparse import column_count_power, damp_events
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import (
    FactorScores,
    FitOptions,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.search_space import Between, KnownSettings, LogBetween, Space
from sensorium.models.shared.masking import blanked, has_any, learnt_history, lengthened
from sensorium.models.shared.recency import RecencyConfig, fade_history
from sensorium.models.short_forms import ItemVectors, NoScores, Product

POWER_ITERATIONS = 4
"""Passes of the randomised decomposition beyond the first."""


class PureSVDConfig(RecencyConfig):
    """How many directions, and how much active users, popular items and leading directions count."""

    factors: PositiveInt = 64
    """Directions kept; of fewer users or items, as many as there are."""
    user_exponent: NonNegativeFloat = 0.5
    """A user with n events is decomposed with weight n^-user_exponent."""
    item_exponent: NonNegativeFloat = 0.3
    """An item with d events is decomposed with weight d^-item_exponent; at 0 popular ones lead."""
    history_exponent: float = 0.3
    """Items of the history are divided by d^history_exponent; larger trusts rare ones more."""
    score_exponent: float = 0.2
    """Scores are multiplied by d^score_exponent: above zero leans on popular items, below on rare ones."""
    spectrum: NonNegativeFloat = 0.5
    """The power of its singular value, over the largest, that a direction counts with; 0 counts all alike."""


class PureSVD(Recommender[PureSVDConfig]):
    """A low-rank item-to-item model: similarity within the space of the largest singular values.

    Formula: D_n^-a X D_d^-b = U S V', score = x D_d^-c V (S / S_1)^p V' D_d^e. With all exponents zero it
    is PureSVD. Cost: about 10 passes of events times factors, and 4 (n_users + n_items) (factors + 10) bytes
    while fitting, of which those of the items stay. Source: Cremonesi et al. 2010, "Performance of
    recommender algorithms on top-n recommendation tasks"; the decomposition is the randomised one of Halko
    et al. 2011, arXiv 0909.4061, in scikit-learn.
    """

    traits: ClassVar[Traits] = Traits(additive=True)
    space: ClassVar[Mapping[str, Space]] = {
        "factors": LogBetween(16, 512, whole=True),
        "user_exponent": Between(0.0, 1.0),
        "item_exponent": Between(0.0, 0.6),
        "history_exponent": Between(-0.2, 0.8),
        "score_exponent": Between(-0.3, 0.6),
        "spectrum": Between(0.0, 2.0),
    }
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(
            6,
            {
                "factors": 173,
                "user_exponent": 0.0785,
                "item_exponent": 0.46,
                "history_exponent": -0.12,
                "score_exponent": 0.347,
                "spectrum": 0.698,
            },
        ),
        KnownSettings(
            24,
            {
                "factors": 319,
                "user_exponent": 0.279,
                "item_exponent": 0.299,
                "history_exponent": -0.0273,
                "score_exponent": -0.171,
                "spectrum": 1.54,
            },
        ),
        KnownSettings(
            120,
            {
                "factors": 56,
                "user_exponent": 0.316,
                "item_exponent": 0.164,
                "history_exponent": 0.494,
                "score_exponent": -0.0937,
                "spectrum": 0.847,
            },
        ),
        KnownSettings(
            5,
            {
                "factors": 134,
                "user_exponent": 0.257,
                "item_exponent": 0.469,
                "history_exponent": -0.19,
                "score_exponent": 0.156,
                "spectrum": 1.81,
            },
        ),
    )

    reading: FloatMatrix
    """[n_learnt, factors] float32: what an item of the history adds to the taste."""
    directions: FloatMatrix
    """[n_learnt, factors] float32: what each direction adds to the score of an item."""
    seen: BoolVector
    """[n_items]: items with events."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Decompose the damped events."""
        config, clicks = self.config, data.interactions
        matrix = damp_events(clicks, config.user_exponent, config.item_exponent)
        k = min(config.factors, *matrix.shape)
        sizes, vectors = randomized_svd(matrix, k, seed=options.seed, power_iterations=POWER_ITERATIONS)
        counts = (sizes / np.maximum(sizes[:1], 1e-12)) ** np.float32(config.spectrum)
        trusted = column_count_power(clicks, -config.history_exponent)
        favoured = column_count_power(clicks, config.score_exponent)
        self.reading = np.asarray(vectors * trusted[:, None], dtype=np.float32)
        self.directions = np.asarray(vectors * counts * favoured[:, None], dtype=np.float32)
        self.seen = data.seen_items

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with a history that has faded as the config says."""
        return fade_history(queries, self.config)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items without events."""
        history = learnt_history(self.weighed(queries).history, len(self.reading))
        scores = np.asarray((history @ self.reading) @ self.directions.T, dtype=np.float32)
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def item_vectors(self) -> ItemVectors:
        """Return the directions."""
        return ItemVectors(self.directions)

    def short_form(self, query: QueryBatch) -> Product | NoScores:
        """Return the taste of the query."""
        if not has_any(query.history, self.seen)[0]:
            return NoScores()
        history = learnt_history(self.weighed(query).history, len(self.reading))
        return Product(np.asarray(history @ self.reading, dtype=np.float32)[0])

    def factor_scores(self, queries: QueryBatch) -> FactorScores:
        """Return the tastes of the queries, and the directions of the items with events."""
        n_learnt = len(self.reading)
        scored = np.flatnonzero(self.seen[:n_learnt])
        tastes = learnt_history(self.weighed(queries).history, n_learnt) @ self.reading
        known = has_any(queries.history, self.seen)
        return FactorScores(np.asarray(tastes, np.float32), self.directions[scored], scored, known)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each history value times its similarity to `items` [n_history, n_items_asked]."""
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        n_learnt = len(self.reading)
        rows, columns = np.flatnonzero(history_items < n_learnt), np.flatnonzero(items < n_learnt)
        alike = self.reading[history_items[rows]] @ self.directions[items[columns]].T
        parts[np.ix_(rows, columns)] = history[rows, None] * alike
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without events."""
        return np.where(self.seen[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the directions."""
        longer = type(self)(self.config)
        longer.reading, longer.directions = self.reading, self.directions
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of a few passes of a randomised decomposition."""
        del again
        return cost.LEAST + cost.low_rank(size) / 4 * self.config.factors / cost.FACTORS
