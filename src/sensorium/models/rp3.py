"""RP3: three-step random walks between users and items, with the exponents of items set apart."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from sensorium.core.sparse import column_count_power, damp_events
from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, Size, TrainingData
from sensorium.models.search_space import Between, KnownSettings, LogBetween, Space
from sensorium.models.shared.item_to_item import ItemToItem
from sensorium.models.shared.neighbours import sparse_product_top, within_pairs, without_itself
from sensorium.models.shared.recency import HALF_LIVES, RecencyConfig


class RP3Config(RecencyConfig):
    """How much active users and popular items are held back."""

    user_exponent: NonNegativeFloat = 1.0
    """A walk through a user with n events counts n^-user_exponent."""
    from_exponent: NonNegativeFloat = 0.5
    """Weights are divided by degree^from_exponent of the item in the history."""
    to_exponent: NonNegativeFloat = 0.5
    """Weights are divided by degree^to_exponent of the item scored; larger leans on rare items."""
    neighbours: PositiveInt = 200
    """Items kept for each item in the history."""


class RP3(ItemToItem[RP3Config]):
    """The chance of walking from an item over its users to another item, damped by popularity.

    Formula: S_ij = (X' D_n^-a X)_ij d_i^-p d_j^-q, the largest `neighbours` of each row, no diagonal.
    Cost: sparse, sum of squared history lengths; `neighbours` numbers an item are kept.
    Source: Paudel et al. 2017, "Updatable, Accurate, Diverse, and Scalable Recommendations for
    Interactive Applications" (RP3beta: p = 1); p and q are set apart here.
    """

    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=5, untuned_weight=0.2)
    space: ClassVar[Mapping[str, Space]] = {
        "user_exponent": Between(0.0, 1.5),
        "from_exponent": Between(0.0, 1.2),
        "to_exponent": Between(0.0, 1.0),
        "neighbours": LogBetween(20, 1000, whole=True),
        "half_life_items": HALF_LIVES,
    }
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(
            6,
            {
                "user_exponent": 0.753,
                "from_exponent": 0.235,
                "to_exponent": 0.0131,
                "neighbours": 779,
            },
        ),
        KnownSettings(
            120,
            {
                "user_exponent": 0.401,
                "from_exponent": 1.05,
                "to_exponent": 0.542,
                "neighbours": 38,
            },
        ),
        KnownSettings(
            24,
            {
                "user_exponent": 0.595,
                "from_exponent": 0.647,
                "to_exponent": 0.419,
                "neighbours": 290,
            },
        ),
        KnownSettings(
            5,
            {
                "user_exponent": 0.0288,
                "from_exponent": 0.241,
                "to_exponent": 0.0236,
                "neighbours": 84,
            },
        ),
    )

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Walk from every item, block by block."""
        del options
        config, clicks = self.config, within_pairs(data.interactions)
        reached = damp_events(clicks, config.user_exponent, config.to_exponent)
        start = sparse.diags_array(column_count_power(clicks, -config.from_exponent)) @ clicks.T
        self.weights = sparse_product_top(start, reached, config.neighbours, finish=without_itself)
        self.seen = data.seen_items

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of walking from every item."""
        del again
        return cost.LEAST + cost.sparse_item_products(size)
