"""User searches: what a user's own words find, and what goes with it."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from sensorium.catalog.searches import SEARCHES
from sensorium.core.arrays import BoolVector, FloatMatrix, SparseMatrix
from sensorium.core.config import Config
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import FitOptions, QueryBatch, Recommender, Size, TrainingData, Traits
from sensorium.models.search_space import Between, Space
from sensorium.models.shared.lifts import known_rows, required
from sensorium.models.shared.masking import blanked, lengthened
from sensorium.models.shared.neighbours import nearest_items


class UserSearchesConfig(Config):
    """How far beyond the words a search counts."""

    spread: NonNegativeFloat = 0.3
    """How much those items count beside that are chosen together with what was found; 0: none."""
    neighbours: PositiveInt = 50
    """How many such items are kept for each that is found."""


class UserSearches(Recommender[UserSearchesConfig]):
    """What a user searched for in words, and what people choose together with it.

    Formula: score = q (I + spread W), with q_i how well the user's last searches match item i, as a search
    finds it, each search counting less than the next, and W_ij = x_i . x_j / (|x_i| |x_j| + 10) the cosine of
    the users x_i and x_j of two items, of which each row keeps its largest `neighbours`. Cost: as item kNN.
    Users who never searched, or found nothing, get no scores. Source: query terms as evidence of a user's
    interests, as in Teevan, Dumais and Horvitz 2005, "Personalizing search via automated analysis of
    interests and activities".
    """

    traits: ClassVar[Traits] = Traits(about=SEARCHES)
    space: ClassVar[Mapping[str, Space]] = {"spread": Between(0.0, 1.0)}

    weights: SparseMatrix
    """[n_items, n_items] float32: the identity, and `spread` times the cosines beside it."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Compare every two items that share a user."""
        del options
        required(
            data, SEARCHES, self.name, "Give events of type search, whose words are in the column `text`"
        )
        alike = nearest_items(data.interactions, self.config.neighbours, shrinkage=_SHRINKAGE)
        itself = sparse.eye_array(data.n_items, format="csr")
        self.weights = sparse.csr_array(itself + self.config.spread * alike, dtype=np.float32)
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
        """Return [n_queries, n_items]; NaN for unseen items and for those whose searches found nothing."""
        found, told = known_rows(queries, SEARCHES, self.weights.shape[0])
        scores = sparse.csr_array(found @ self.weights).toarray().astype(np.float32, copy=False)
        return blanked(scores, rows=told, items=self.seen)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the weights."""
        longer = type(self)(self.config)
        longer.weights, longer.seen = self.weights, lengthened(self.seen, blocks, fill=False)
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of comparing every two items that share a user."""
        del again
        return cost.LEAST + cost.sparse_item_products(size)


_SHRINKAGE = 10.0
