"""The content graph that a model holds: its blocks and their weights, what it reaches, what comes later."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Self

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import Component, State
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
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


class BlockGraph(Component[Config]):
    """A fitted content graph: a part of a model, with a state of its own."""

    weights: list[tuple[str, float]]
    """Blocks that count, with their weights, in the order of the graph."""
    edges: SparseMatrix
    """The edges of the graph; see `ContentGraph`."""
    degrees: FloatMatrix
    """Its degrees [n_blocks, n_learnt] float32."""
    seen: BoolVector
    """[n_items]: items with events."""

    @classmethod
    def find(cls, data: TrainingData, weights: Mapping[str, float], k: int, *, where: str) -> Self:
        """Return the graph of the `k` nearest of each item in the blocks of `weights`; in all, if empty."""
        counting = block_weights(weights, data.blocks, where=where)
        if not counting:
            raise ConfigError("no feature block has a weight above zero", where=where)
        return cls._made(list(counting.items()), content_graph(data, counting, k), data.seen_items)

    @classmethod
    def _made(cls, weights: list[tuple[str, float]], graph: ContentGraph, seen: BoolVector) -> Self:
        made = cls()
        made.weights, made.seen = weights, seen
        made.edges, made.degrees = graph.edges, graph.degrees
        return made

    def extend(self, blocks: Mapping[str, FeatureBlock], k: int) -> Self:
        """Return the graph with edges to the items that only `blocks` hold; the old ones keep theirs."""
        learnt = self.seen[: self.degrees.shape[1]]
        longer = lengthened_graph(self.graph, blocks, learnt, dict(self.weights), k)
        return self._made(self.weights, longer, lengthened(self.seen, blocks, fill=False))

    def without_blocks(self, names: Collection[str]) -> Self:
        """Return the graph without the edges of the blocks `names`; it shares what stays."""
        left_out = [position for position, (name, _) in enumerate(self.weights) if name in names]
        fewer = without_edges(self.graph, [weight for _, weight in self.weights], left_out)
        return self._made(self.weights, fewer, self.seen)

    @property
    def blocks(self) -> tuple[BlockName, ...]:
        """The blocks that count, in the order of the graph."""
        return tuple(BlockName(name) for name, _ in self.weights)

    @property
    def graph(self) -> ContentGraph:
        """The content graph."""
        return ContentGraph(self.edges, self.degrees)

    @cached_property
    def whole(self) -> SparseMatrix:
        """The edges of all blocks [n_items, n_learnt]."""
        return self.graph.whole

    @property
    def reached(self) -> BoolVector:
        """[n_items]: items with events, or with a medium like that of one."""
        return self.seen | (np.diff(self.whole.indptr) > 0)

    def edges_to(self, items: IntVector) -> dict[str, SparseMatrix]:
        """Return the edges to `items` [n_items_asked, n_learnt] by block."""
        return {name: self.graph.block(position)[items] for position, (name, _) in enumerate(self.weights)}

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero for each of `items`, or NaN where nothing reaches it."""
        return np.where(self.reached[items], np.float32(0), np.float32(np.nan))

    def beside(self, own: State) -> State:
        """Return the state of the graph beside the `own` of the model that holds it."""
        part = self.state()
        return State({**own.arrays, **part.arrays}, {**own.values, **part.values})
