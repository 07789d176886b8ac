"""The content graph that a model holds: its blocks and their weights, what it reaches, what comes later."""

from collections.abc import Collection, Mapping
from copy import copy
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import Component, ConfigT, State
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.sparse import csr_from_arrays, row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import Recommender, Size, TrainingData
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
    owned: NDArray[np.bool_]
    """[n_blocks, n_items]: whether an item has the medium."""
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
        made.edges, made.degrees, made.owned = graph.edges, graph.degrees, graph.owned
        return made

    def extend(self, blocks: Mapping[str, FeatureBlock], k: int) -> Self:
        """Return the graph with edges to the items that only `blocks` hold; the old ones keep theirs."""
        seen = lengthened(self.seen, blocks, fill=False)
        learnt = self.seen[: self.degrees.shape[1]]
        longer = lengthened_graph(self.graph, blocks, learnt, dict(self.weights), k)
        return self._made(self.weights, longer, seen)

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
        return ContentGraph(self.edges, self.degrees, self.owned)

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

    def restore(self, state: State) -> Self:
        """Set the graph from `state`; one saved without `owned` has what it has edges in."""
        if "owned" not in state.arrays and (edges := csr_from_arrays(state.arrays, "edges")) is not None:
            n_edges = row_counts(edges).reshape(len(state.values["weights"]), -1)
            state = State({**state.arrays, "owned": n_edges > 0}, state.values)
        return super().restore(state)

    def beside(self, own: State) -> State:
        """Return the state of the graph beside the `own` of the model that holds it."""
        part = self.state()
        return State({**own.arrays, **part.arrays}, {**own.values, **part.values})


class HoldsBlockGraph(Recommender[ConfigT]):
    """What models on a content graph share: they tell its blocks apart, and forget them without a refit."""

    _content: BlockGraph
    """The graph; its state stands beside the model's own."""

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what each history item adds in all [n_history, n_items_asked]."""
        divided = self.contributions_by_block(history, history_items, items)
        return np.asarray(sum(divided.values()), dtype=np.float32)

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items that nothing reaches."""
        return self._content.constants(items)

    def separable_blocks(self) -> tuple[BlockName, ...]:
        """Return the blocks of the graph."""
        return self._content.blocks

    def forget_blocks(self, names: Collection[str]) -> Self:
        """Return the model that a fit without the blocks `names` would give; it shares what stays."""
        fewer = copy(self)
        fewer._content = self._content.without_blocks(names)
        return fewer

    def state(self) -> State:
        """Return the state of the model and of its graph, side by side."""
        own = super().state()
        return self._content.beside(own)

    def restore(self, state: State) -> Self:
        """Set the graph and what else is learnt from `state`, and return self."""
        self._content = BlockGraph().restore(state)
        return super().restore(state)

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of the rest and, the first time, of finding the nearest of each item."""
        columns = size.n_columns(self.reads_blocks())
        return super().fit_cost(size) + (0.0 if again else cost.nearest_in_content(size, columns))
