"""One space for several feature blocks: side by side, whitened, or mapped to what they have in common."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.linalg import TINY, largest_eigenpairs, randomized_svd, unit_rows
from sensorium.features.block import FeatureBlock

JOINT = "joint"
"""The name of the block that stands for all."""
MOST_EXACT = 1_500
"""Columns up to which the spectrum of a block is computed exactly; beyond, by a seeded random projection."""


@dataclass(frozen=True)
class Entry:
    """How one block enters the joint space."""

    weight: float
    mean: FloatVector | None = None
    """[d]; None: nothing is taken away."""
    matrix: FloatMatrix | None = None
    """[d, k]; None: columns stay as they are."""

    def rows(self, block: FeatureBlock) -> FloatMatrix:
        """Return rows of length sqrt(weight), zeros where absent [n_items, k] float32."""
        values = np.asarray(block.values, dtype=np.float32)
        if self.mean is not None and self.matrix is not None:
            values = np.asarray((values - self.mean) @ self.matrix, dtype=np.float32)
        rows = unit_rows(values) * np.float32(np.sqrt(self.weight))
        rows[~block.present] = 0.0
        return rows


@dataclass(frozen=True)
class JointSpace:
    """How the blocks of an item become one row; new items go the same way."""

    entries: Mapping[str, Entry]
    """Block name -> how it enters, in the order of the columns."""
    shared: FloatMatrix | None = field(default=None, repr=False)
    """[sum of k, r]: from the columns side by side to a shared space; None: they stay side by side."""

    def side_by_side(self, blocks: Mapping[str, FeatureBlock]) -> FloatMatrix:
        """Return the rows of all blocks beside each other [n_items, sum of k] float32."""
        return np.concatenate([entry.rows(blocks[name]) for name, entry in self.entries.items()], axis=1)

    def present(self, blocks: Mapping[str, FeatureBlock]) -> BoolVector:
        """Return which items have any of the blocks [n_items]."""
        return np.any([blocks[name].present for name in self.entries], axis=0)

    def joined(self, blocks: Mapping[str, FeatureBlock]) -> FeatureBlock:
        """Return one block of unit rows; in parts by block where these stand side by side."""
        rows = self.side_by_side(blocks)
        parts: dict[str, tuple[int, int]] = {}
        if self.shared is not None:
            rows = rows @ self.shared
        else:
            ends = np.cumsum([0, *(self._width(name, blocks) for name in self.entries)]).tolist()
            parts = dict(zip(self.entries, itertools.pairwise(ends), strict=True))
        values = unit_rows(rows)
        # What lies at the mean of every block has no direction, and says nothing.
        present = self.present(blocks) & values.any(axis=1)
        return FeatureBlock(BlockName(JOINT), values, present, {"joint": list(self.entries)}, parts)

    def _width(self, name: str, blocks: Mapping[str, FeatureBlock]) -> int:
        matrix = self.entries[name].matrix
        return blocks[name].dimension if matrix is None else matrix.shape[1]

    def state(self) -> State:
        """Return all that `from_state` needs."""
        arrays: dict[str, FloatMatrix] = {} if self.shared is None else {"shared": self.shared}
        for position, entry in enumerate(self.entries.values()):
            if entry.mean is not None and entry.matrix is not None:
                arrays |= {f"mean{position}": entry.mean, f"matrix{position}": entry.matrix}
        return State(arrays, {"entries": [[name, entry.weight] for name, entry in self.entries.items()]})

    @classmethod
    def from_state(cls, state: State) -> "JointSpace":
        """Return the space that `state` describes."""
        arrays = state.arrays
        entries = {
            str(name): Entry(float(weight), arrays.get(f"mean{place}"), arrays.get(f"matrix{place}"))
            for place, (name, weight) in enumerate(state.values["entries"])
        }
        return cls(entries, arrays.get("shared"))


def whitened(block: FeatureBlock, weight: float, *, dimensions: int, ridge: float, seed: int) -> Entry:
    """Return the entry that gives a block's main directions equal spread, but for those that hardly vary.

    Formula: (x - m) V_k (L_k + ridge l_1)^-1/2, with V and L the directions and variances of the present
    rows, l_1 the largest variance: without a ridge all `dimensions` count alike.
    """
    rows = np.asarray(block.values[block.present], dtype=np.float32)
    mean = rows.mean(axis=0) if len(rows) else np.zeros(block.dimension, dtype=np.float32)
    centred = rows - mean
    k = max(min(dimensions, len(rows) - 1, block.dimension), 1)
    if block.dimension <= MOST_EXACT or not len(rows):
        variances, directions = largest_eigenpairs((centred.T @ centred).astype(np.float64), k)
    else:
        lengths, directions = randomized_svd(centred, k, seed=seed)
        variances = np.square(lengths.astype(np.float64))
    scale = 1 / np.sqrt(np.maximum(variances, 0) + ridge * max(float(variances[0]), TINY) + TINY)
    scale[variances <= 1e-9 * max(float(variances[0]), TINY)] = 0.0
    matrix = np.asarray(directions * scale * np.sqrt(max(len(rows), 1)), dtype=np.float32)
    return Entry(weight, mean, matrix)
