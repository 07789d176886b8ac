"""A second level: the fusion's best items of a query in the order that logistic regression gives them.

It reads what the sum of sources cannot weigh: how sources agree, how they rank the item among the best, how
often the item was chosen, how long the history is, and products of any two of these.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveInt, model_validator

from sensorium.core.arrays import FloatMatrix, IntMatrix
from sensorium.core.config import Config
from sensorium.fusion.best_items import DEPTH, BestItems, n_inputs
from sensorium.fusion.reordered import Reordered


class SecondLevel(Config):
    """What logistic regression has learnt of the fusion's best items.

    With x the standardised inputs of an item, it says linear·x + sum_{a <= b} products_ab x_a x_b. That and
    the fused scores, both standardised within the list, are added, the former times `strength`, and the fused
    scores of the list are dealt out anew in the order of the sum.
    """

    sources: tuple[str, ...]
    """The members whose z-scores and ranks it reads, in this order."""
    strength: NonNegativeFloat
    """How much it counts beside the fused scores."""
    means: tuple[float, ...]
    """What is taken from each input; see `BestItems.inputs`."""
    scales: tuple[float, ...]
    """What it is then multiplied with."""
    linear: tuple[float, ...]
    """The weight of each input."""
    products: tuple[float, ...]
    """The weights of products of two inputs: each with itself, then with those behind it."""
    depth: PositiveInt = DEPTH
    """Items of each query that it orders."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        n = n_inputs(len(self.sources))
        if not len(self.means) == len(self.scales) == len(self.linear) == n:
            raise ValueError(f"a second level of {len(self.sources)} sources has {n} inputs")
        if len(self.products) != n * (n + 1) // 2:
            raise ValueError(f"a second level of {n} inputs has {n * (n + 1) // 2} products")
        return self

    def said(self, inputs: NDArray[np.float32]) -> FloatMatrix:
        """Return what it says of items with these `inputs` [..., n_inputs], before any standardisation."""
        n = len(self.means)
        products = np.zeros((n, n), dtype=np.float32)
        products[np.triu_indices(n)] = self.products
        scaled = (inputs - np.asarray(self.means, dtype=np.float32)) * np.asarray(self.scales, np.float32)
        return ((scaled @ products + np.asarray(self.linear, np.float32)) * scaled).sum(axis=-1)

    def places(self, best: BestItems) -> IntMatrix:
        """Return which item of each list comes first, second and so on [n_queries, depth]: its old place."""
        said = within_list(np.where(best.real, self.said(best.inputs), np.float32(np.nan)))
        total = within_list(best.scores) + np.float32(self.strength) * said
        return np.argsort(np.where(best.real, -total, np.inf), axis=1, kind="stable")

    def ordered(self, best: BestItems) -> Reordered:
        """Return the items of `best` in their new order, and what that changes in their scores."""
        places = self.places(best)
        items = np.take_along_axis(best.items, places, axis=1)
        before = np.take_along_axis(best.scores, places, axis=1)
        return Reordered(items, best.scores, best.scores - before)


def within_list(scores: FloatMatrix) -> FloatMatrix:
    """Return `scores` with mean 0 and deviation 1 in each row, over what is finite; zero elsewhere."""
    real = np.isfinite(scores)
    counts = np.maximum(real.sum(axis=1, keepdims=True), 1)
    mean = np.where(real, scores, 0).sum(axis=1, keepdims=True) / counts
    centred = np.where(real, scores - mean, 0)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / counts)
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)
