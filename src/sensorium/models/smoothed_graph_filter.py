"""A graph filter whose scores are smoothed by content, so that they reach items without events too."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import (
    EVENTS,
    BlocksConfig,
    FitOptions,
    QueryBatch,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.graph_filter import SPACE, Filter, GraphFilterConfig, one_by_one
from sensorium.models.search_space import LogBetween, OneOf, Space
from sensorium.models.shared.block_graph import BlockGraph, HoldsBlockGraph
from sensorium.models.shared.masking import blanked, has_any

NEIGHBOURS = 50
"""Over which the scores of an item are spread, in all blocks: what it is expected to cost."""


class SmoothedGraphFilterConfig(GraphFilterConfig, BlocksConfig):
    """A graph filter, and how far its scores spread over items alike."""

    smoothing: PositiveFloat = 0.3
    """How much the scores of items alike count beside the item's own."""
    neighbours: PositiveInt = 20
    """Items with events, alike in a block, from which each item takes over."""


class SmoothedGraphFilter(HoldsBlockGraph[SmoothedGraphFilterConfig], Filter[SmoothedGraphFilterConfig]):
    """The scores of a graph filter, plus those of the items that look, sound or read alike.

    Formula: score = (g + smoothing g C') D_d^e, g the scores of `graph-filter` before its last exponent e,
    C_ij = sum_b w_b S_bij / sqrt(S_bi. S_b.j) over the blocks b that item i has, w summing to 1, and S_b the
    cosines of each item to its nearest `neighbours` among the items with events. An item without
    events is scored by C alone. Cost: n_items^2 d for each block once, `neighbours` numbers an item and block
    kept. Source: the frozen item graph of Zhou and Shen 2023, "FREEDOM", arXiv 2211.06924, as a filter.
    """

    traits: ClassVar[Traits] = Traits(additive=True, cold_items=True, blocks=True, weighs_blocks=True)
    space: ClassVar[Mapping[str, Space]] = {
        **SPACE,
        "smoothing": LogBetween(0.03, 3.0),
        "neighbours": OneOf((10, 20, 40, 80)),
    }

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Damp the events and find the nearest of each item, which the data remembers for the next fit."""
        del options
        self._learn(data)
        config = self.config
        self._content = BlockGraph.find(data, config.blocks, config.neighbours, where=self.name)

    @property
    def able_items(self) -> BoolVector:
        """The items that events or content reach [n_items]."""
        return self._content.reached

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items that neither events nor content reach."""
        n_items = len(self.seen)
        scores = np.empty((len(queries), n_items), dtype=np.float32)
        factor = self._factor(np.arange(n_items))[:, None]
        for rows, reached in self._walked(self.weighed(queries).history):
            smooth = self._content.whole @ reached
            smooth *= np.float32(self.config.smoothing)
            smooth[: len(reached)] += reached
            scores[rows] = (smooth * factor).T
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self._content.reached)

    def _factor(self, items: IntVector) -> FloatVector:
        """Return what the scores of `items` are multiplied by; 1 for those appended later."""
        known = np.minimum(items, len(self.after) - 1)
        return np.where(items < len(self.after), self.after[known], np.float32(1))

    def contributions_by_block(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` by what passed them on: `events`, and the name of each block."""
        shape = len(history_items), len(items)
        edges = self._content.edges_to(items)
        parts = {name: np.zeros(shape, dtype=np.float32) for name in (EVENTS, *edges)}
        known, factor = np.flatnonzero(items < len(self.after)), self._factor(items)
        alone = one_by_one(history, history_items, len(self.seen))
        for rows, reached in self._walked(alone, is_one=True):
            parts[EVENTS][rows, known] = (reached[items[known]]).T * factor[known]
            for name, passed in edges.items():
                parts[name][rows] = (passed @ reached).T * (np.float32(self.config.smoothing) * factor)
        return parts

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by those they are like; the old ones keep their edges."""
        longer = type(self)(self.config)
        self._share(longer)
        longer._content = self._content.extend(blocks, self.config.neighbours)
        longer.seen = longer._content.seen
        return longer

    def score_cost(self, size: Size) -> float:
        """Return the seconds of walking from all queries and of spreading the scores over the graph."""
        return super().score_cost(size) + 3 * cost.SPREAD * NEIGHBOURS * size.n_scores
