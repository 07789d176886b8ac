"""Content kNN: items that look, sound or read like those in the history. One block of features a model."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveInt
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.sparse import entry_rows, row_product
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import (
    AutoPolicy,
    FitOptions,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.search_space import OneOf, Space
from sensorium.models.shared.content_similarity import content_similarity, cosine_by_part, nearest_items
from sensorium.models.shared.masking import blanked, has_any, n_new_items
from sensorium.models.shared.neighbours import Similarity
from sensorium.models.short_forms import Entries, ItemVectors, NoScores, Product

ROUNDING = 1e-6
"""A difference smaller than this share of its terms is rounding."""


class ContentKNNConfig(Config):
    """Which features, and what makes two items alike."""

    block: str = "image"
    """Name of the feature block, for example `image:poster`."""
    similarity: Similarity = "cosine"
    """Cosine and Euclidean compare values; Jaccard compares which features are not zero."""
    neighbours: PositiveInt | None = None
    """Items kept for each item in the history; None keeps all, at no memory for cosine."""


class ContentKNN(Recommender[ContentKNNConfig]):
    """The sum of the similarities in content between an item and those in the history.

    Formula: score_i = sum_h x_h sim(f_h, f_i), an item with itself left out; cosine without a limit of
    neighbours is a product with the profile sum_h x_h f_h. Items whose row is absent get NaN, a history
    without any present row too. Cost: n_items d for each query; with `neighbours`, n_items^2 d once.
    Items appended later are scored like all others. Source: Lops et al. 2011, "Content-based recommender
    systems: state of the art and trends".
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, learns_from_events=False, additive=True, block=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=2, untuned_weight=0.2, named_by_block=True)
    space: ClassVar[Mapping[str, Space]] = {"neighbours": OneOf((None, 10, 20, 50, 100, 200), quadratic=True)}

    features: FloatMatrix
    """[n_items, d] float32, rows of unit length."""
    present: BoolVector
    """[n_items]: whether an item has the medium."""
    nearest: SparseMatrix | None
    """[n_items, n_items] CSR: the nearest of each item; None where all count."""
    block_parts: Mapping[str, Sequence[int]]
    """Named column ranges `[start, stop)` of the block; empty if it is undivided."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Take the features and, with a limit of neighbours, find the nearest of each item."""
        del options
        self.over(data.blocks)

    def over(self, blocks: Mapping[str, FeatureBlock], before: Self | None = None) -> Self:
        """Take the features of `blocks`; the nearest of the first items may be those of `before`."""
        if self.config.block not in blocks:
            known = ", ".join(sorted(blocks)) or "there are none"
            raise ConfigError(
                f"unknown feature block {self.config.block!r}",
                where=self.name,
                remedy=f"Known blocks: {known}",
            )
        block = blocks[self.config.block]
        self.features = np.asarray(block.values, dtype=np.float32)
        self.present = np.asarray(block.present, dtype=np.bool_)
        self.block_parts = {name: list(columns) for name, columns in block.parts.items()}
        k = self.config.neighbours
        known = None if before is None or not self._begins_like(before) else before.nearest
        self.nearest = (
            None
            if k is None
            else nearest_items(self.features, self.present, k, self.config.similarity, known)
        )
        return self

    def _begins_like(self, other: Self) -> bool:
        """Return whether the items of `other` are the first here, with the same features."""
        n = len(other.features)
        return np.array_equal(self.features[:n], other.features) and np.array_equal(
            self.present[:n], other.present
        )

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.present)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items without the medium."""
        history = sparse.csr_array(queries.history, dtype=np.float32)
        if self.nearest is not None:
            scores = (history @ self.nearest).toarray()
        elif self.config.similarity == "cosine":
            scores = self._profile_scores(history)
        else:
            scores = self._summed(history)
        return blanked(scores, rows=has_any(history, self.present), items=self.present)

    @property
    def able_items(self) -> BoolVector:
        """The items that have the medium [n_items]."""
        return self.present

    def item_vectors(self) -> ItemVectors | None:
        """Return the features, where scores are products with a profile."""
        is_product = self.nearest is None and self.config.similarity == "cosine"
        return ItemVectors(self.features) if is_product else None

    def short_form(self, query: QueryBatch) -> Product | Entries | NoScores | None:
        """Return the profile of the query, or what its nearest items get."""
        history = sparse.csr_array(query.history, dtype=np.float32)
        if not has_any(history, self.present)[0]:
            return NoScores()
        if self.nearest is not None:
            return Entries(*row_product(history, self.nearest))
        if self.config.similarity != "cosine":
            return None
        profile, items = np.asarray(history @ self.features)[0], history.indices.astype(np.int64)
        known = np.flatnonzero(self.present[items])
        rest = self._without_itself(self.features[items] @ profile, history)
        return Product(profile, items[known], rest[known])

    def _profile_scores(self, history: SparseMatrix) -> FloatMatrix:
        profiles = np.asarray(history @ self.features)
        scores = profiles @ self.features.T
        rows = entry_rows(history)
        scores[rows, history.indices] = self._without_itself(scores[rows, history.indices], history)
        return scores

    def _without_itself(self, whole: FloatVector, history: SparseMatrix) -> FloatVector:
        """Return the scores `whole` [nnz] of the items of histories, each less what it adds itself."""
        items, entries = np.unique(history.indices, return_inverse=True)
        own = np.einsum("ij,ij->i", self.features[items], self.features[items])
        own = history.data * own[entries]
        rest = whole - own
        # Of an item that is like no other, only the rounding of the difference is left.
        rest[np.abs(rest) < ROUNDING * (np.abs(whole) + np.abs(own))] = 0
        return rest

    def _summed(self, history: SparseMatrix) -> FloatMatrix:
        items = np.unique(history.indices)
        alike = content_similarity(
            self.features, items, np.arange(len(self.features)), self.config.similarity
        )
        alike *= self.present[items, None]
        alike[np.arange(len(items)), items] = 0
        return np.asarray(history[:, items] @ alike)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each history value times its similarity to `items` [n_history, n_items_asked]."""
        if self.nearest is not None:
            alike = self.nearest[history_items][:, items].toarray()
        else:
            alike = content_similarity(self.features, history_items, items, self.config.similarity)
            alike *= self.present[history_items, None] & (history_items[:, None] != items[None, :])
        return history[:, None] * alike

    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` by part of the block: a cosine is a sum over columns, the others are not."""
        if self.config.similarity != "cosine" or len(self.block_parts) < 2:
            return {}
        if self.nearest is not None:
            counts = self.nearest[history_items][:, items].toarray() != 0
        else:
            counts = self.present[history_items, None] & (history_items[:, None] != items[None, :])
        weight = np.where(counts, history[:, None], np.float32(0))
        divided = cosine_by_part(self.features[history_items], self.features[items], self.block_parts)
        return {name: alike * weight for name, alike in divided.items()}

    def restore(self, state: State) -> Self:
        """Set the learned attributes; models saved before blocks had parts are undivided."""
        return super().restore(State(state.arrays, {"block_parts": {}, **state.values}))

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without the medium."""
        return np.where(self.present[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their content."""
        n_new_items(blocks, len(self.present))
        return type(self)(self.config).over(blocks, before=self)

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of taking the features and, with a limit of neighbours, of finding these."""
        del again
        return cost.LEAST + cost.one_pass(size) + self._comparing(size)

    def _comparing(self, size: Size) -> float:
        if self.config.neighbours is None:
            return 0.0
        return cost.nearest_in_content(size, size.n_columns(self.reads_blocks()))
