"""Rating bias: the mean rating, moved by how kind the user and how good the item is."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import NonNegativeFloat

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.config import Config
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import entry_rows
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, Traits
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.masking import lengthened


class RatingBiasConfig(Config):
    """How much evidence moves a user or an item away from the mean."""

    item_damping: NonNegativeFloat = 5.0
    """Ratings at the mean that are added to those of every item."""
    user_damping: NonNegativeFloat = 5.0
    """Ratings at the mean that are added to those of every user."""


class RatingBias(Recommender[RatingBiasConfig]):
    """The expected rating from three means; predicts values and is the baseline for RMSE and MAE.

    Formula: m + b_i + b_u; b_i = sum_u (r_ui - m) / (n_i + item_damping), then
    b_u = sum_i (r_ui - m - b_i) / (n_u + user_damping). Unknown users and items have bias zero. Cost: two
    passes over the ratings. Source: Koren 2008, "Factorization meets the neighborhood"; Funk 2006.
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, needs_history=False, needs_ratings=True)
    space: ClassVar[Mapping[str, Space]] = {
        "item_damping": LogBetween(1.0, 50.0),
        "user_damping": LogBetween(1.0, 50.0),
    }

    mean: float
    """The mean of all ratings."""
    item_bias: FloatVector
    """[n_items] float32."""
    user_bias: FloatVector
    """[n_users] float32, by training row."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Take the damped means of what is left over."""
        del options
        if data.ratings is None or not data.ratings.nnz:
            raise NotReadyError(f"{self.name} needs rated events", remedy="Give events a rating column")
        users, items = entry_rows(data.ratings), data.ratings.indices
        values = data.ratings.data.astype(np.float64)
        self.mean = float(values.mean())
        left = values - self.mean
        item_bias = damped_means(left, items, data.n_items, self.config.item_damping)
        user_bias = damped_means(left - item_bias[items], users, data.n_users, self.config.user_damping)
        self.item_bias, self.user_bias = item_bias.astype(np.float32), user_bias.astype(np.float32)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.item_bias)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the expected rating of every item [n_queries, n_items]."""
        bias = np.where(queries.users >= 0, self.user_bias[queries.users], np.float32(0))
        return np.float32(self.mean) + bias[:, None] + self.item_bias[None, :]

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model in which the new items have bias zero."""
        longer = type(self)(self.config)
        longer.mean, longer.user_bias = self.mean, self.user_bias
        longer.item_bias = lengthened(self.item_bias, blocks, fill=0)
        return longer


def damped_means(values: Any, groups: Any, n_groups: int, damping: float) -> "np.ndarray[Any, Any]":
    """Return sum / (count + damping) for each of the groups [n_groups]; zero for empty ones."""
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    counts = np.bincount(groups, minlength=n_groups) + damping
    return np.divide(sums, counts, out=np.zeros(n_groups), where=counts > 0)
