"""User attributes: what people like these choose, for users of whom nothing else is known."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector
from sensorium.core.config import Config
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import FitOptions, QueryBatch, Recommender, Size, TrainingData, Traits
from sensorium.models.search_space import Between, LogBetween, Space
from sensorium.models.shared.lifts import known_rows, log_lifts, required
from sensorium.models.shared.masking import blanked, lengthened

ATTRIBUTES = "attributes"
"""What the model reads of `QueryBatch.about`."""


class UserAttributesConfig(Config):
    """How far attributes are trusted."""

    smoothing: PositiveFloat = 100.0
    """Choices at the rate of everybody that are added to those of each item; larger trusts rare ones less."""
    strength: NonNegativeFloat = 0.5
    """What the logarithms of all lifts are multiplied with, beside that of popularity; 0 leaves that."""


class UserAttributes(Recommender[UserAttributesConfig]):
    """What people with the same attributes choose: popularity, times the lift of each attribute.

    Formula: score_i = log(1 + n_i) + strength sum_a q_a log((n_ai + smoothing p_a) / ((m_i + smoothing)
    p_a)), with n_i the users who chose the item, n_ai those with attribute a, m_i the sum of n_ai over all
    attributes, p_a the share of attribute a in all n_ai, and q the attributes of the query: a unit row for
    each column of the table of users. Cost: one pass over the events for each attribute; a matrix of
    attributes by items is kept. Users without attributes get no scores. Source: naive Bayes, its evidence
    discounted as in Rennie et al. 2003, "Tackling the poor assumptions of naive Bayes text classifiers".
    """

    traits: ClassVar[Traits] = Traits(about=ATTRIBUTES)
    space: ClassVar[Mapping[str, Space]] = {
        "smoothing": LogBetween(10.0, 1000.0),
        "strength": Between(0.1, 1.5),
    }

    lifts: FloatMatrix
    """[n_attributes, n_items] float32: logarithms."""
    popularity: FloatVector
    """[n_items] float32: log(1 + n_i)."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Count who chose what."""
        del options
        attributes = required(data, ATTRIBUTES, self.name, "Give a table of users: `users`, or [users]")
        chosen = sparse.csr_array((data.interactions > 0).astype(np.float32))
        self.lifts = log_lifts(sparse.csr_array(attributes.T @ chosen), self.config.smoothing)
        self.popularity = np.log1p(data.n_events).astype(np.float32)
        self.seen = data.seen_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for unseen items and for queries without attributes."""
        attributes, told = known_rows(queries, ATTRIBUTES, len(self.lifts))
        scores = self.popularity + np.float32(self.config.strength) * (attributes @ self.lifts)
        return blanked(scores.astype(np.float32, copy=False), rows=told, items=self.seen)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items."""
        longer = type(self)(self.config)
        longer.seen = lengthened(self.seen, blocks, fill=False)
        longer.popularity, longer.lifts = self.popularity, self.lifts
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of counting the events of each attribute."""
        del again
        return cost.LEAST + 10 * cost.one_pass(size)
