"""EASE and EDLAE: item-to-item weights in closed form."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.sparse import column_count_power, damp_events, keep_entries
from sensorium.features.block import FeatureBlock
from sensorium.index.largest import largest
from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, QueryBatch, Size, TrainingData, Traits
from sensorium.models.search_space import Between, KnownSettings, LogBetween, Space
from sensorium.models.shared.item_gram import gram_of, inverse_of
from sensorium.models.shared.item_to_item import ItemToItem, dense
from sensorium.models.shared.masking import blanked, has_any
from sensorium.models.shared.recency import RecencyConfig
from sensorium.models.short_forms import Entries, NoScores

LEAST_PART = 1_000
"""Items of a part below which it is not worth a model."""


class ItemRidgeConfig(RecencyConfig):
    """How strongly to regularise, and how much active users and popular items count."""

    regularization: PositiveFloat = 100.0
    """Ridge on the diagonal of the item Gram matrix, in events of an average item: with exponents it
    is scaled along with the diagonal. Larger leans on popular items."""
    user_exponent: NonNegativeFloat = 0.0
    """A user with n events counts n^-user_exponent; 0 is the original EASE."""
    item_exponent: NonNegativeFloat = 0.0
    """Columns are divided by degree^item_exponent before the fit and weights rescaled after it; 0 is
    the original EASE."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of each history that is dropped while learning to predict it from the rest, in expectation,
    as in EDLAE: a ridge that grows with an item's events. 0 is the original EASE."""


class EASEConfig(ItemRidgeConfig):
    """The ridge, and among which items weights are learnt."""

    max_items: PositiveInt | None = None
    """Weights are learnt among this many items with the most events; the others count nothing in a history
    and get no score. None: among all."""


class EASE(ItemToItem[EASEConfig]):
    """The ridge regression of every item on all others, solved for all items at once.

    Formula: G = X' D_n^-a X, scaled by D_d^-b on both sides, P = (G + p / (1 - p) diag G + l I)^-1,
    B = I - P diag(1 / diag P), weights D_d^-b B D_d^b. Cost: n_items^3, and 4 n_items^2 bytes, fitting
    included. Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv 1905.03375;
    the dropout p is EDLAE, Steck 2020, "Autoencoders that don't overfit towards the Identity", NeurIPS 33;
    the exponents normalise users and items as in graph filters. With `max_items`, all of it is done on the
    events of the most popular items alone, and the costs are those of so many.
    """

    traits: ClassVar[Traits] = Traits(additive=True, dense_items=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=7, untuned_weight=0.3)
    space: ClassVar[Mapping[str, Space]] = {
        "regularization": LogBetween(1.0, 10_000.0),
        "user_exponent": Between(0.0, 1.0),
        "item_exponent": Between(0.0, 0.6),
        "dropout": Between(0.0, 0.8),
    }
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(
            60,
            {
                "regularization": 215.0,
                "user_exponent": 0.184,
                "item_exponent": 0.0908,
                "dropout": 0.0988,
            },
        ),
        KnownSettings(
            6,
            {
                "regularization": 1700.0,
                "user_exponent": 0.765,
                "item_exponent": 0.11,
                "dropout": 0.0385,
            },
        ),
        KnownSettings(
            120,
            {
                "regularization": 432.0,
                "user_exponent": 0.8,
                "item_exponent": 0.134,
                "dropout": 0.342,
            },
        ),
        KnownSettings(
            24,
            {
                "regularization": 117.0,
                "user_exponent": 0.778,
                "item_exponent": 0.365,
                "dropout": 0.756,
            },
        ),
        KnownSettings(
            5,
            {
                "regularization": 44.8,
                "user_exponent": 0.0537,
                "item_exponent": 0.115,
                "dropout": 0.19,
            },
        ),
    )

    part: IntVector
    """[n_learnt] int64, growing: the items that the rows and columns of `weights` are."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Invert the regularised Gram matrix of the items."""
        del options
        config = self.config
        self.part = np.sort(largest(data.n_events.astype(np.float32), config.max_items or data.n_items))
        events = data.interactions if self._is_whole(data.n_items) else data.interactions[:, self.part]
        scale = column_count_power(events, -config.item_exponent)
        gram = damped_gram(events, config.user_exponent, config.item_exponent)
        diagonal = gram.diagonal()
        ridge = config.regularization * event_unit(events, diagonal)
        hidden = config.dropout / (1 - config.dropout)
        gram[np.diag_indices_from(gram)] += np.float32(hidden) * diagonal + np.float32(ridge)
        self.weights = ease_weights(gram)
        self.weights *= scale[:, None]
        self.weights /= scale[None, :]
        self.seen = data.seen_items & (self._places(data.n_items) >= 0)

    def _is_whole(self, n_items: int) -> bool:
        """Return whether weights are learnt among all of `n_items`."""
        return len(self.part) == n_items

    def _places(self, n_items: int) -> IntVector:
        """Return the row of each of `n_items` in `weights`, or -1."""
        places = np.full(n_items, -1, dtype=np.int64)
        places[self.part] = np.arange(len(self.part))
        return places

    @cached_property
    def _place(self) -> IntVector:
        """The row of each item that it answers for, or -1 [n_items]."""
        return self._places(self.n_items)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return `history @ weights` [n_queries, n_items]; NaN for what lies outside of the part."""
        if self._is_whole(self.n_items):
            return super()._score(queries)
        scores = np.full((len(queries), self.n_items), np.nan, dtype=np.float32)
        scores[:, self.part] = self._of_part(queries)
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self.seen)

    def _of_part(self, queries: QueryBatch) -> FloatMatrix:
        """Return `history @ weights` [n_queries, n_part]."""
        history = self.weighed(queries).history
        held = keep_entries(history, self._place[history.indices] >= 0)
        own = (held.data, self._place[held.indices], held.indptr)
        shape = len(queries), len(self.part)
        return dense(sparse.csr_array(own, shape=shape) @ self.weights)

    def short_form(self, query: QueryBatch) -> Entries | NoScores | None:
        """Return the scores of the part that weights are learnt among."""
        if self._is_whole(self.n_items):
            return None
        if not has_any(query.history, self.seen)[0]:
            return NoScores()
        scored = self.seen[self.part]
        return Entries(self.part[scored], self._of_part(query)[0, scored])

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each history value times its weights [n_history, n_items_asked]."""
        sources, targets = self._place[history_items], self._place[items]
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        rows, columns = np.flatnonzero(sources >= 0), np.flatnonzero(targets >= 0)
        weights = self.weights[sources[rows]][:, targets[columns]]
        parts[np.ix_(rows, columns)] = history[rows, None] * dense(weights)
        return parts

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items; it shares the weights."""
        longer = super().extend(blocks)
        longer.part = self.part
        return longer

    def restore(self, state: State) -> Self:
        """Set the weights from `state`; one that was saved without `part` has learnt among all items."""
        if "part" not in state.arrays:
            state = State({**state.arrays, "part": np.arange(len(state.arrays["weights"]))}, state.values)
        return super().restore(state)

    def n_dense(self, size: Size) -> int:
        """Return how many items the weights are learnt among."""
        return min(self.config.max_items or size.n_items, size.n_items)

    @classmethod
    def part_within(cls, size: Size, memory_bytes: float, seconds: float) -> Mapping[str, Any] | None:
        """Return as many of the most popular items as keep within both, as `max_items`."""
        n_items = cost.largest_inverse(size, memory_bytes, seconds - cost.LEAST)
        if n_items >= size.n_items:
            return {}
        return {"max_items": n_items} if n_items >= LEAST_PART else None


def damped_gram(interactions: SparseMatrix, user_exponent: float, item_exponent: float) -> FloatMatrix:
    """Return D_d^-b X' D_n^-a X D_d^-b [n_items, n_items] float32, for a and b the exponents."""
    return gram_of(damp_events(interactions, user_exponent / 2, item_exponent))


def event_unit(interactions: SparseMatrix, diagonal: FloatVector) -> float:
    """Return what an event of an average item adds to the `diagonal` of a Gram matrix; 1 without events."""
    plain = float(np.square(interactions.data).sum())
    return float(diagonal.sum()) / plain if plain else 1.0


def ease_weights(gram: FloatMatrix) -> FloatMatrix:
    """Return I - P diag(1 / diag P) with P the inverse of `gram`, which is overwritten.

    `gram` is symmetric, C-contiguous float32; zero diagonal in the answer by construction.
    """
    weights = inverse_of(gram)
    weights /= -weights.diagonal()[None, :]
    np.fill_diagonal(weights, 0.0)
    return weights
