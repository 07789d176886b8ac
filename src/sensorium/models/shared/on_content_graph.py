"""What models on a content graph share: the graph, the items that it reaches, and those that come later."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from copy import copy
from functools import cached_property
from typing import Self

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.sparse import row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData
from sensorium.models.shared.content_graph import (
    ContentGraph,
    block_weights,
    content_graph,
    lengthened_graph,
    without_edges,
)
from sensorium.models.shared.masking import lengthened

EVENTS = "events"
"""The part of a contribution that no content passed on."""


class OnContentGraph:
    """A fitted content graph as learned attributes, beside a model's own."""

    weights: list[tuple[str, float]]
    """Blocks that count, with their weights, in the order of the graph."""
    edges: SparseMatrix
    """The edges of the graph; see `ContentGraph`."""
    degrees: FloatMatrix
    """Its degrees [n_blocks, n_learnt] float32."""
    seen: BoolVector
    """[n_items]: items with events."""

    def _find(self, data: TrainingData, wanted: Mapping[str, float], k: int, *, where: str) -> None:
        """Set the graph of the `wanted` blocks and `seen`."""
        weights = block_weights(wanted, data.blocks, where=where)
        if not weights:
            raise ConfigError("no feature block has a weight above zero", where=where)
        self.weights = list(weights.items())
        self.seen = data.seen_items
        self._take(content_graph(data, weights, k))

    def _find_new(self, blocks: Mapping[str, FeatureBlock], old: "OnContentGraph", k: int) -> None:
        """Set the graph of `old` with edges to the items that only `blocks` hold."""
        self.weights = old.weights
        self.seen = lengthened(old.seen, blocks, fill=False)
        learnt = old.seen[: old.degrees.shape[1]]
        self._take(lengthened_graph(old.graph, blocks, learnt, dict(old.weights), k))

    def without_blocks(self, names: Collection[str]) -> Self:
        """Return the model that a fit without the blocks `names` would give; it shares what stays."""
        fewer = copy(self)
        left_out = [position for position, (name, _) in enumerate(self.weights) if name in names]
        fewer._take(without_edges(self.graph, [weight for _, weight in self.weights], left_out))
        return fewer

    def _take(self, graph: ContentGraph) -> None:
        self.edges, self.degrees = graph.edges, graph.degrees
        if "_whole" in vars(self):
            del self._whole

    @property
    def graph(self) -> ContentGraph:
        """The content graph."""
        return ContentGraph(self.edges, self.degrees)

    @cached_property
    def _whole(self) -> SparseMatrix:
        """The edges of all blocks [n_items, n_learnt]."""
        return self.graph.whole

    @property
    def reached(self) -> BoolVector:
        """[n_items]: items with events, or with a medium like that of one."""
        return self.seen | (row_counts(self._whole) > 0)

    def _passed_on(self, items: IntVector) -> dict[str, SparseMatrix]:
        """Return the edges to `items` [n_items_asked, n_learnt] by block."""
        return {name: self.graph.block(position)[items] for position, (name, _) in enumerate(self.weights)}

    @abstractmethod
    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return what each history item adds, by what passed it on: `events`, and the name of each block."""

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what each history item adds in all [n_history, n_items_asked]."""
        divided = self.contributions_by_part(history, history_items, items)
        return np.asarray(sum(divided.values()), dtype=np.float32)

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items that nothing reaches."""
        return np.where(self.reached[items], np.float32(0), np.float32(np.nan))
