"""Multimodal kNN: a weighted sum of content similarities over several blocks."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveInt

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.component import State
from sensorium.core.errors import ConfigError
from sensorium.core.nested import nested, part_of
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
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.shared.formerly_weights import FormerlyWeights
from sensorium.models.shared.masking import n_new_items
from sensorium.models.shared.neighbours import Similarity


class MultimodalKNNConfig(FormerlyWeights):
    """Which blocks, and how much each counts."""

    similarity: Similarity = "cosine"
    """What makes two items alike, in every block."""
    neighbours: PositiveInt | None = None
    """Items kept for each item in the history, in every block; None keeps all."""


class MultimodalKNN(Recommender[MultimodalKNNConfig]):
    """The weighted mean of the content kNN of several blocks, over the blocks that an item has.

    Formula: score_i = sum_b w_b score_bi / sum_b w_b, over the blocks b that score item i for the query.
    Cost: that of its content kNN. Source: the weighted linear combination of Burke 2002, "Hybrid
    recommender systems: survey and experiments".
    """

    traits: ClassVar[Traits] = Traits(
        cold_items=True, learns_from_events=False, additive=True, blocks=True, weighs_blocks=True
    )
    auto: ClassVar[AutoPolicy] = AutoPolicy(left_out="each block is a member of its own", is_mentioned=False)

    weights: dict[str, float]
    """Block name -> weight above zero."""
    parts: Mapping[str, ContentKNN]
    """Block name -> its content kNN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Fit a content kNN for each block that counts."""
        wanted = dict(self.config.blocks) or dict.fromkeys(data.blocks, 1.0)
        self.weights = {name: float(weight) for name, weight in wanted.items() if weight > 0}
        if not self.weights:
            raise ConfigError("no feature block has a weight above zero", where=self.name)
        self.parts = {name: self._part(name).fit(data, options) for name in self.weights}

    def _part(self, block: str) -> ContentKNN:
        config = self.config
        return ContentKNN(
            ContentKNNConfig(block=block, similarity=config.similarity, neighbours=config.neighbours)
        )

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return max(part.n_items for part in self.parts.values())

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN where no block can score."""
        total = np.float32(0)
        weight = np.float32(0)
        for name, part in self.parts.items():
            scores = part.score(queries)
            can = ~np.isnan(scores)
            total = total + np.where(can, scores, 0) * np.float32(self.weights[name])
            weight = weight + can * np.float32(self.weights[name])
        with np.errstate(invalid="ignore"):
            return np.asarray(total / weight, dtype=np.float32)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return the weighted mean of what the blocks say [n_history, n_items_asked]."""
        usable = self._usable(history, history_items, items)
        total = np.maximum(sum(usable.values(), np.zeros(len(items), dtype=np.float32)), np.float32(1e-30))
        parts = np.zeros((len(history_items), len(items)), dtype=np.float32)
        for name, weight in usable.items():
            parts += self.parts[name].contributions(history, history_items, items) * (weight / total)
        return parts

    def _usable(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatVector]:
        """Return for each block its weight where it can score an item for this history, else zero."""
        return {
            name: self.weights[name]
            * part.present[items].astype(np.float32)
            * np.float32(part.present[history_items[history != 0]].any())
            for name, part in self.parts.items()
        }

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without any of the media."""
        some = np.any([part.present[items] for part in self.parts.values()], axis=0)
        return np.where(some, np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their content."""
        n_new_items(blocks, len(next(iter(self.parts.values())).present))
        longer = type(self)(self.config)
        longer.weights = self.weights
        longer.parts = {name: part.extend(blocks) for name, part in self.parts.items()}
        return longer

    def state(self) -> State:
        """Return the weights and the state of every part."""
        self.require_fitted()
        parts = nested(part.state() for part in self.parts.values())
        # As a list, since JSON files are written with sorted keys and the parts go by position.
        return State(parts.arrays, {**parts.values, "weights": list(self.weights.items())})

    def restore(self, state: State) -> Self:
        """Set the weights and parts from `state` and return self."""
        self.weights = dict(state.values["weights"])
        self.parts = {
            block: self._part(block).restore(part_of(state, position))
            for position, block in enumerate(self.weights)
        }
        return self

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of taking the features and, with a limit of neighbours, of finding these."""
        blocks = self.reads_blocks()
        names = size.columns if blocks is None else blocks
        return cost.LEAST + sum(self._part(name).fit_cost(size, again=again) for name in names)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of comparing all queries with all items."""
        return cost.dense_products(size, size.n_columns(self.reads_blocks()))
