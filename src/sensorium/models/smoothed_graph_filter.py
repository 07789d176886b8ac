"""A graph filter whose scores are smoothed by content, so that they reach items without events too."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, QueryBatch, TrainingData, Traits
from sensorium.models.cold import blanked, has_any, n_items_of
from sensorium.models.content_graph import ContentGraph, block_weights, content_graph, lengthened_graph
from sensorium.models.graph_filter import SPACE, Filter, GraphFilterConfig, one_by_one
from sensorium.models.space import LogBetween, OneOf, Space

EVENTS = "events"
"""The part of a contribution that no content passed on."""


class SmoothedGraphFilterConfig(GraphFilterConfig):
    """A graph filter, and how far its scores spread over items alike."""

    smoothing: PositiveFloat = 0.3
    """How much the scores of items alike count beside the item's own."""
    neighbours: PositiveInt = 20
    """Items with events, alike in a block, from which each item takes over."""
    blocks: Mapping[str, NonNegativeFloat] = Field(default_factory=dict[str, float])
    """Block name -> weight; empty: every block counts 1."""


class SmoothedGraphFilter(Filter[SmoothedGraphFilterConfig]):
    """The scores of a graph filter, plus those of the items that look, sound or read alike.

    Formula: score = (g + smoothing g C') D_d^e, g the scores of `graph-filter` before its last exponent e,
    C_ij = sum_b w_b S_bij / sqrt(S_bi. S_b.j) over the blocks b that item i has, w summing to 1, and S_b the
    cosines of each item to its nearest `neighbours` among the items with events. An item without
    events is scored by C alone. Cost: n_items^2 d for each block once, `neighbours` numbers an item and block
    kept. Source: the frozen item graph of Zhou and Shen 2023, "FREEDOM", arXiv 2211.06924, as a filter.
    """

    traits: ClassVar[Traits] = Traits(additive=True, cold_items=True)
    space: ClassVar[Mapping[str, Space]] = {
        **SPACE,
        "smoothing": LogBetween(0.03, 3.0),
        "neighbours": OneOf((10, 20, 40)),
    }

    weights: list[tuple[str, float]]
    """Blocks that count, with their weights, in the order of the graph."""
    edges: SparseMatrix
    """The edges of the content graph; see `ContentGraph`."""
    degrees: FloatMatrix
    """Its degrees [n_blocks, n_learnt] float32."""

    def fit(self, data: TrainingData, options: FitOptions = DEFAULT_OPTIONS) -> Self:
        """Damp the events and find the nearest of each item, which the data remembers for the next fit."""
        del options
        weights = block_weights(self.config.blocks, data.blocks, where=self.name)
        if not weights:
            raise ConfigError("no feature block has a weight above zero", where=self.name)
        self._learn(data)
        self.weights = list(weights.items())
        self._take(content_graph(data, weights, self.config.neighbours))
        return self

    def _take(self, graph: ContentGraph) -> None:
        self.edges, self.degrees = graph.edges, graph.degrees
        if "_graph" in vars(self):
            del self._graph

    @property
    def _content(self) -> ContentGraph:
        return ContentGraph(self.edges, self.degrees)

    @cached_property
    def _graph(self) -> SparseMatrix:
        """The edges of all blocks, times the smoothing [n_items, n_learnt]."""
        return sparse.csr_array(self._content.whole * np.float32(self.config.smoothing))

    @property
    def _scored(self) -> BoolVector:
        """[n_items]: items with events, or with a medium like that of one."""
        return _padded(self.seen, self._content.n_items) | (np.diff(self._graph.indptr) > 0)

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items that neither events nor content reach."""
        scores = np.empty((len(queries), self._content.n_items), dtype=np.float32)
        everyone = np.arange(self._content.n_items)
        for rows, reached in self._walked(self.weighed(queries).history):
            smooth = self._graph @ reached
            smooth[: len(reached)] += reached
            scores[rows] = (smooth * self._after(everyone)[:, None]).T
        return blanked(scores, rows=has_any(queries.history, self.seen), items=self._scored)

    def _after(self, items: IntVector) -> FloatVector:
        known = np.minimum(items, len(self.after) - 1)
        return np.where(items < len(self.after), self.after[known], np.float32(1))

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return what is reached from each history item alone [n_history, n_items_asked]."""
        divided = self.contributions_by_part(history, history_items, items)
        return np.asarray(sum(divided.values()), dtype=np.float32)

    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` by what passed them on: `events`, and the name of each block."""
        blocks = {
            name: self._content.block(position)[items] * np.float32(self.config.smoothing)
            for position, (name, _) in enumerate(self.weights)
        }
        itself = one_by_one(
            np.ones(len(items), np.float32), np.minimum(items, len(self.after)), len(self.after) + 1
        )
        passed: dict[str, SparseMatrix] = {EVENTS: itself[:, : len(self.after)], **blocks}
        shape = len(history_items), len(items)
        parts = {name: np.zeros(shape, dtype=np.float32) for name in passed}
        alone = one_by_one(history, history_items, self._content.n_items)
        for rows, reached in self._walked(alone):
            for name, edges in passed.items():
                parts[name][rows] = (edges @ reached).T * self._after(items)
        return parts

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items that nothing reaches."""
        return np.where(self._scored[items], np.float32(0), np.float32(np.nan))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by those they are like; the old ones keep their edges."""
        longer = type(self)(self.config)
        longer.walk, longer.before, longer.after = self.walk, self.before, self.after
        longer.weights = self.weights
        longer.seen = _padded(self.seen, n_items_of(blocks))
        seen = self.seen[: len(self.after)]
        graph = lengthened_graph(self._content, blocks, seen, dict(self.weights), self.config.neighbours)
        longer._take(graph)
        return longer


def _padded(flags: BoolVector, n: int) -> BoolVector:
    """Return `flags` with False appended up to length `n`."""
    return np.concatenate([flags, np.zeros(n - len(flags), dtype=np.bool_)])
