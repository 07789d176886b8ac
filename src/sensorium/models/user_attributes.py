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
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.lifts import known_rows, log_lifts, required
from sensorium.models.shared.masking import blanked, lengthened

ATTRIBUTES = "attributes"
"""What the model reads of `QueryBatch.about`."""


class UserAttributesConfig(Config):
    """How far attributes are trusted."""

    smoothing: PositiveFloat = 100.0
    """Choices at the rate of everybody that are added to those of each item; larger trusts rare ones less."""
    popularity: NonNegativeFloat = 0.0
    """How much log(1 + users of the item) counts beside; a fusion has that already, alone take about 2."""


class UserAttributes(Recommender[UserAttributesConfig]):
    """What people with the same attributes choose more often than others do.

    Formula: score_i = sum_a q_a log((n_ai + smoothing p_a) / ((m_i + smoothing) p_a)) + popularity log(1 +
    n_i), with n_i the users who chose the item, n_ai those with attribute a, m_i the sum of n_ai over all
    attributes, p_a the share of attribute a in all n_ai, and q the attributes of the query: a unit row for
    each column of the table of users. Cost: one pass over the events for each attribute; a matrix of
    attributes by items is kept. Users without attributes get no scores. Source: the evidence of naive Bayes;
    Rennie et al. 2003, "Tackling the poor assumptions of naive Bayes text classifiers".
    """

    traits: ClassVar[Traits] = Traits(about=ATTRIBUTES)
    space: ClassVar[Mapping[str, Space]] = {
        "smoothing": LogBetween(30.0, 1000.0),
    }

    lifts: FloatMatrix
    """[n_attributes, n_items] float32: their logarithms."""
    logarithms: FloatVector
    """[n_items] float32: log(1 + n_i)."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Count who chose what."""
        del options
        attributes = required(data, ATTRIBUTES, self.name, "Give a table of users: `users`, or [users]")
        chosen = sparse.csr_array((data.interactions > 0).astype(np.float32))
        self.lifts = log_lifts(sparse.csr_array(attributes.T @ chosen), self.config.smoothing)
        self.logarithms = np.log1p(data.n_events).astype(np.float32)
        self.seen = data.seen_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for unseen items and for queries without attributes."""
        attributes, told = known_rows(queries, ATTRIBUTES, len(self.lifts))
        scores = attributes @ self.lifts + np.float32(self.config.popularity) * self.logarithms
        return blanked(scores.astype(np.float32, copy=False), rows=told, items=self.seen)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items."""
        longer = type(self)(self.config)
        longer.seen = lengthened(self.seen, blocks, fill=False)
        longer.logarithms, longer.lifts = self.logarithms, self.lifts
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of counting the events of each attribute."""
        del again
        return cost.LEAST + 10 * cost.one_pass(size)
