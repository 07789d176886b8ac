"""Transitions: what people went on to like after what this user liked last."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import column_counts, entry_rows
from sensorium.index.largest import sparsified
from sensorium.models import cost
from sensorium.models.base import FitOptions, Size, TrainingData, Traits
from sensorium.models.search_space import Between, LogBetween, OneOf, Space
from sensorium.models.shared.item_to_item import ItemToItem
from sensorium.models.shared.neighbours import without_diagonal
from sensorium.models.shared.recency import RecencyConfig, in_order


class TransitionsConfig(RecencyConfig):
    """How far a transition reaches, and how fast the history fades."""

    half_life_items: PositiveFloat | None = 10.0
    """An item of the history that this many later ones follow counts half; None: all count alike."""
    window: PositiveInt = 10
    """The next so many items that an item leads to."""
    distance_exponent: NonNegativeFloat = 0.3
    """The item at distance l counts l^-distance_exponent; larger leans on the very next."""
    from_exponent: NonNegativeFloat = 1.0
    """Weights are divided by degree^from_exponent of the item in the history; 1 makes them chances."""
    to_exponent: NonNegativeFloat = 0.3
    """Weights are divided by degree^to_exponent of the item scored; larger leans on rare items."""
    neighbours: PositiveInt = 200
    """Items kept for each item in the history."""


class Transitions(ItemToItem[TransitionsConfig]):
    """First-order transitions from each item of the history, the latest ones first of all.

    Formula: C_ij = sum over users of l^-g where j is l items after i, l up to `window`;
    W_ij = C_ij (d_i + 5)^-p d_j^-q, the largest of each row, no diagonal; score = sum_h x_h
    2^(-later_h / half_life_items) W_h. Cost: events times window, sparse. Needs times; a query without
    them counts its history alike. Source: item-to-item Markov chains as in Rendle et al. 2010,
    "Factorizing personalized Markov chains", without the factors; the fading as in Ludewig and Jannach
    2018, "Evaluation of session-based recommendation algorithms" (SR).
    """

    traits: ClassVar[Traits] = Traits(additive=True, needs_time=True)
    space: ClassVar[Mapping[str, Space]] = {
        "half_life_items": OneOf((None, 1.0, 3.0, 5.0, 10.0, 20.0, 50.0)),
        "window": LogBetween(1, 30, whole=True),
        "distance_exponent": Between(0.0, 1.0),
        "from_exponent": Between(0.0, 1.2),
        "to_exponent": Between(0.0, 0.8),
    }

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Count what came after what."""
        del options
        if data.times is None:
            raise NotReadyError(
                f"{self.name} needs the times of events",
                remedy="Give events a timestamp column, or use item-knn",
            )
        config = self.config
        counted = followers(in_order(data.interactions, data.times), config.window, config.distance_exponent)
        degree = np.maximum(column_counts(data.interactions), 1)
        start = (degree + SMOOTHING) ** -config.from_exponent
        end = degree.astype(np.float64) ** -config.to_exponent
        counted.data *= (start[entry_rows(counted)] * end[counted.indices]).astype(np.float32)
        self.weights = sparsified(without_diagonal(counted, 0), config.neighbours)
        self.seen = data.seen_items

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of counting what followed in a window."""
        del again
        return cost.LEAST + 10 * cost.one_pass(size)


SMOOTHING = 5.0
"""Events that are added to those of every item: few events make no strong transition."""


def followers(ordered: SparseMatrix, window: int, distance_exponent: float) -> SparseMatrix:
    """Return how often each item came after each other [n_items, n_items] float32 CSR.

    `ordered` [n_users, n_items] holds the items of each row in the order of time. An item l later counts
    l^-distance_exponent, up to l = `window`.
    """
    n_items = ordered.shape[1]
    rows, items = entry_rows(ordered), ordered.indices
    total = sparse.csr_array((n_items, n_items), dtype=np.float32)
    for distance in range(1, window + 1):
        pairs = np.flatnonzero(rows[:-distance] == rows[distance:])
        if not len(pairs):
            break
        total = total + _counted(items[pairs], items[pairs + distance], distance**-distance_exponent, n_items)
    return sparse.csr_array(total, dtype=np.float32)


def _counted(first: IntVector, then: IntVector, weight: float, n_items: int) -> SparseMatrix:
    ones: FloatVector = np.full(len(first), weight, dtype=np.float32)
    return sparse.csr_array(sparse.coo_array((ones, (first, then)), shape=(n_items, n_items)))
