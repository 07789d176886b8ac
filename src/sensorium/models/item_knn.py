"""Item kNN: items are alike when the same users like them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import NonNegativeFloat, PositiveInt

from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, Size, TrainingData
from sensorium.models.search_space import KnownSettings, LogBetween, OneOf, Space
from sensorium.models.shared.item_to_item import ItemToItem
from sensorium.models.shared.neighbours import Similarity, nearest_items
from sensorium.models.shared.recency import HALF_LIVES, RecencyConfig


class ItemKNNConfig(RecencyConfig):
    """Which items are alike, and how many count."""

    similarity: Similarity = "cosine"
    """Between the users of two items, among items with a user in common."""
    shrinkage: NonNegativeFloat = 10.0
    """Added to the denominator; larger trusts items with few events less."""
    neighbours: PositiveInt = 100
    """Items kept for each item in the history."""


class ItemKNN(ItemToItem[ItemKNNConfig]):
    """The sum of the similarities between an item and those in the history.

    Formula: W_ij = x_i . x_j / (|x_i| |x_j| + shrinkage) for cosine, with x_i the users of item i;
    the largest `neighbours` of each row. Cost: sparse, sum of squared history lengths.
    Source: Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms".
    """

    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=4, untuned_weight=0.1)
    space: ClassVar[Mapping[str, Space]] = {
        "neighbours": LogBetween(10, 1000, whole=True),
        "shrinkage": OneOf((0.0, 1.0, 3.0, 10.0, 30.0, 100.0)),
        "similarity": OneOf(("cosine", "jaccard")),
        "half_life_items": HALF_LIVES,
    }
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(60, {"neighbours": 10, "shrinkage": 30.0}),
        KnownSettings(6, {"neighbours": 452, "shrinkage": 100.0}),
        KnownSettings(5, {"neighbours": 46, "shrinkage": 100.0}),
    )

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Compare the users of every two items that share one."""
        del options
        config = self.config
        self.weights = nearest_items(
            data.interactions, config.neighbours, config.similarity, shrinkage=config.shrinkage
        )
        self.seen = data.seen_items

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of comparing every two items that share a user."""
        del again
        return cost.LEAST + cost.sparse_item_products(size)
