"""Followed: what those choose whom a user follows."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.sparse import column_counts, entry_rows, row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import FitOptions, QueryBatch, Recommender, Size, TrainingData, Traits
from sensorium.models.search_space import Between, Space
from sensorium.models.shared.lifts import known_rows, required
from sensorium.models.shared.masking import blanked, lengthened

FOLLOWS = "follows"
"""What the model reads of `QueryBatch.about`."""


class FollowedConfig(Config):
    """How much those who choose a lot, and what many choose, are held back."""

    activity_exponent: NonNegativeFloat = 0.5
    """The choices of each followed user are divided by their number to this power."""
    popularity_exponent: NonNegativeFloat = 0.3
    """Scores are divided by the number of the item's users to this power."""


class Followed(Recommender[FollowedConfig]):
    """The choices of those whom a user follows, added up.

    Formula: score_i = d_i^-popularity_exponent sum over the followed users v of X_vi n_v^-activity_exponent,
    with d_i the users of the item and n_v the items of v. Cost: the events are kept; a query costs the events
    of those whom the user follows. Who follows nobody with events gets no scores. Source: the social
    neighbourhood of Ma et al. 2009, "Learning to recommend with social trust ensemble", without ratings.
    """

    traits: ClassVar[Traits] = Traits(about=FOLLOWS)
    space: ClassVar[Mapping[str, Space]] = {
        "activity_exponent": Between(0.0, 1.0),
        "popularity_exponent": Between(0.0, 1.0),
    }

    choices: SparseMatrix
    """[n_users, n_items] float32: what each user chose, as much as it counts."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Weigh the events of each user and each item."""
        del options
        required(data, FOLLOWS, self.name, "Give whom users follow: `follows` of sn.Users, or in [users]")
        config, chosen = self.config, sparse.csr_array(data.interactions, dtype=np.float32, copy=True)
        by_user = np.maximum(row_counts(chosen), 1) ** -config.activity_exponent
        by_item = np.maximum(column_counts(chosen), 1) ** -config.popularity_exponent
        chosen.data *= (by_user[entry_rows(chosen)] * by_item[chosen.indices]).astype(np.float32)
        self.choices, self.seen = chosen, data.seen_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for unseen items and who follows nobody with events."""
        follows, _ = known_rows(queries, FOLLOWS, self.choices.shape[0])
        scores = sparse.csr_array(follows @ self.choices)
        told = row_counts(scores) > 0
        return blanked(scores.toarray().astype(np.float32, copy=False), rows=told, items=self.seen)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the events."""
        longer = type(self)(self.config)
        longer.choices, longer.seen = self.choices, lengthened(self.seen, blocks, fill=False)
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of one pass over the events."""
        del again
        return cost.LEAST + cost.one_pass(size)
