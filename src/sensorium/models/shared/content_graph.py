"""Content graphs: edges from items with events to the items that look, sound or read like them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.sparse import entry_rows, row_starts, with_data
from sensorium.features.block import FeatureBlock
from sensorium.index.blocks import block_rows
from sensorium.index.largest import largest_per_row
from sensorium.models.base import TrainingData


@dataclass(frozen=True)
class ContentGraph:
    """For each item the items with events that it resembles most, block by block."""

    edges: SparseMatrix
    """[n_blocks * n_items, n_learnt] CSR float32: row b * n_items + i holds item i's edges in block b."""
    degrees: FloatMatrix
    """[n_blocks, n_learnt] float32: how alike in all the items are whose neighbour an item is."""
    owned: NDArray[np.bool_]
    """[n_blocks, n_items]: whether an item has the medium, also where it is like no other."""

    @property
    def n_items(self) -> int:
        """Number of items that edges lead to."""
        return self.edges.shape[0] // max(len(self.degrees), 1)

    def block(self, position: int) -> SparseMatrix:
        """Return the edges of one block [n_items, n_learnt]."""
        n = self.n_items
        return sparse.csr_array(self.edges[position * n : (position + 1) * n])

    @property
    def whole(self) -> SparseMatrix:
        """The edges of all blocks [n_items, n_learnt]."""
        blocks = (self.block(position) for position in range(len(self.degrees)))
        return sum(blocks, sparse.csr_array((self.n_items, self.degrees.shape[1]), dtype=np.float32))


def block_weights(
    wanted: Mapping[str, float], blocks: Mapping[str, FeatureBlock], *, where: str
) -> dict[str, float]:
    """Return block name -> weight above zero, in the order of `blocks`; all weigh 1 if none is `wanted`."""
    unknown = ", ".join(sorted(set(wanted) - set(blocks)))
    if unknown:
        known = ", ".join(sorted(blocks)) or "there are none"
        raise ConfigError(f"unknown feature block {unknown!r}", where=where, remedy=f"Known blocks: {known}")
    weights = dict(wanted) or dict.fromkeys(blocks, 1.0)
    return {name: float(weights[name]) for name in blocks if weights.get(name, 0) > 0}


def content_graph(data: TrainingData, weights: Mapping[str, float], k: int) -> ContentGraph:
    """Return the graph of the `k` nearest items with events of every item, in the blocks of `weights`.

    An edge is the cosine over the root of the degrees of both its ends, times the block's share of
    the weights of the blocks that the item has. An item without a medium has no edges in its block.
    """
    rows = np.arange(data.n_items)
    alike = {
        name: data.memo.of(
            ("content graph", name, k),
            lambda name=name: nearest_sources(data.blocks[name], rows, data.seen_items, k),
        )
        for name in weights
    }
    degrees = np.zeros((len(weights), data.n_items), dtype=np.float32)
    for row, graph in zip(degrees, alike.values(), strict=True):
        row[:] = graph.sum(axis=0)
    edges = _weighted(alike, degrees, _shares(weights, data.blocks, rows))
    return ContentGraph(edges, degrees, _owned(weights, data.blocks, rows))


def lengthened_graph(
    graph: ContentGraph,
    blocks: Mapping[str, FeatureBlock],
    seen: BoolVector,
    weights: Mapping[str, float],
    k: int,
) -> ContentGraph:
    """Return `graph` with edges to the items that only `blocks` hold; edges to the others stay.

    `seen` [n_learnt] says which items have events.
    """
    n_old = graph.n_items
    rows = np.arange(n_old, max((len(block) for block in blocks.values()), default=n_old))
    alike = {name: nearest_sources(blocks[name], rows, seen, k) for name in weights}
    edges = _weighted(alike, graph.degrees, _shares(weights, blocks, rows))
    new = ContentGraph(edges, graph.degrees, _owned(weights, blocks, rows))
    both = [part for position in range(len(weights)) for part in (graph.block(position), new.block(position))]
    owned = np.concatenate([graph.owned, new.owned], axis=1)
    return ContentGraph(_stacked(both, graph.degrees.shape[1]), graph.degrees, owned)


def without_edges(graph: ContentGraph, weights: Sequence[float], left_out: Collection[int]) -> ContentGraph:
    """Return `graph` without the edges of the blocks at the positions `left_out`.

    `weights` are those of all blocks: an item's are shared out anew among the other blocks that it has.
    """
    blocks = [graph.block(position) for position in range(len(graph.degrees))]
    nothing = sparse.csr_array((graph.n_items, graph.degrees.shape[1]), dtype=np.float32)
    kept = [nothing if position in left_out else block for position, block in enumerate(blocks)]
    owned = graph.owned.copy()
    owned[list(left_out)] = False
    total, left = np.asarray(weights) @ graph.owned, np.asarray(weights) @ owned
    more = sparse.diags_array(np.divide(total, left, out=np.ones_like(total), where=left > 0))
    edges = _stacked([sparse.csr_array(more @ block) for block in kept], graph.degrees.shape[1])
    return ContentGraph(edges, graph.degrees, owned)


def _owned(names: Iterable[str], blocks: Mapping[str, FeatureBlock], rows: IntVector) -> NDArray[np.bool_]:
    """Return whether each of the items `rows` has the medium of each block [n_blocks, n_rows]."""
    return np.stack([blocks[name].present[rows] for name in names])


def nearest_sources(block: FeatureBlock, rows: IntVector, sources: BoolVector, k: int) -> SparseMatrix:
    """Return the cosines of the items `rows` to their `k` nearest among `sources`, others than themselves.

    CSR [n_rows, n_sources] float32 with positive cosines only. `sources` [n_sources] flags the first
    items of the block; absent items are nobody's neighbour and have none.
    """
    chosen = np.flatnonzero(sources & block.present[: len(sources)])
    features = np.asarray(block.values[chosen], dtype=np.float32)
    parts: list[SparseMatrix] = []
    step = block_rows(len(chosen))
    for start in range(0, len(rows), step):
        asked = rows[start : start + step]
        alike = np.asarray(block.values[asked], dtype=np.float32) @ features.T
        alike[~block.present[asked]] = 0
        alike[asked[:, None] == chosen[None, :]] = 0
        parts.append(_largest(alike, chosen, k, len(sources)))
    return _stacked(parts, len(sources))


def _largest(alike: FloatMatrix, columns: IntVector, k: int, n_columns: int) -> SparseMatrix:
    found, best = largest_per_row(alike, k)
    kept = np.nan_to_num(best, nan=-1.0) > 0
    indptr = row_starts(kept.sum(axis=1))
    return sparse.csr_array((best[kept], columns[found[kept]], indptr), shape=(len(alike), n_columns))


def _shares(
    weights: Mapping[str, float], blocks: Mapping[str, FeatureBlock], rows: IntVector
) -> dict[str, FloatVector]:
    """Return for each block its share of the weights of the blocks that each of `rows` has [n_rows]."""
    owned = {name: weight * blocks[name].present[rows] for name, weight in weights.items()}
    total = np.maximum(sum(owned.values(), np.zeros(len(rows))), 1e-12)
    return {name: np.asarray(weight / total, dtype=np.float32) for name, weight in owned.items()}


def _weighted(
    alike: Mapping[str, SparseMatrix], degrees: FloatMatrix, shares: Mapping[str, FloatVector]
) -> SparseMatrix:
    """Return the normalised edges of all blocks, one block under the other."""
    parts: list[SparseMatrix] = []
    for (name, graph), degree in zip(alike.items(), degrees, strict=True):
        own = np.asarray(graph.sum(axis=1), dtype=np.float32)
        reach = shares[name] / np.sqrt(np.where(own > 0, own, 1))
        values = graph.data * reach[entry_rows(graph)] / np.sqrt(degree[graph.indices])
        parts.append(with_data(graph, values))
    return _stacked(parts, degrees.shape[1])


def _stacked(parts: list[SparseMatrix], n_columns: int) -> SparseMatrix:
    if not parts:
        return sparse.csr_array((0, n_columns), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(parts, format="csr"), dtype=np.float32)
