"""What an item lacks, told by the items that the same people like."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.sparse import row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData

Impute: TypeAlias = Literal["no", "neighbours"]
"""Whether absent rows are filled, and from what."""

STEPS = 3
"""How far features travel: from items liked together, from those liked together with them, and once more."""
TINY = 1e-12


@dataclass(frozen=True)
class Neighbourhood:
    """Which items the training users like together, without a matrix of all pairs."""

    users: SparseMatrix
    """[n_users, n_items]: events, each row divided by the root of its length."""
    own: FloatVector
    """[n_items]: the weight of each item with itself, which does not count."""
    scale: FloatVector
    """[n_items]: one over the root of an item's weight with all others; zero without any."""

    @classmethod
    def of(cls, interactions: SparseMatrix) -> "Neighbourhood":
        """Return the neighbourhood in `interactions` [n_users, n_items]."""
        liked = sparse.csr_array((interactions > 0).astype(np.float32))
        lengths = np.maximum(row_counts(liked), 1).astype(np.float32)
        users = sparse.csr_array(sparse.diags_array(lengths**-0.5) @ liked, dtype=np.float32)
        own = np.asarray(users.power(2).sum(axis=0), dtype=np.float32).ravel()
        weight = np.asarray(users.T @ users.sum(axis=1), dtype=np.float32).ravel() - own
        alone = weight <= 1e-6 * np.maximum(own, TINY)
        scale = np.where(alone, 0, 1 / np.sqrt(np.where(alone, 1, weight))).astype(np.float32)
        return cls(users, own, scale)

    def spread(self, values: FloatMatrix) -> FloatMatrix:
        """Return D^-1/2 (R'R - diag) D^-1/2 `values` [n_items, d], R the users, D the row sums."""
        scaled = values * self.scale[:, None]
        together = np.asarray(self.users.T @ (self.users @ scaled)) - self.own[:, None] * scaled
        return np.asarray(together * self.scale[:, None], dtype=np.float32)


def impute_missing(data: TrainingData, impute: Impute) -> TrainingData:
    """Return `data`, imputed if so wished."""
    return imputed(data) if impute == "neighbours" else data


def imputed(data: TrainingData, *, steps: int = STEPS) -> TrainingData:
    """Return `data` with the absent rows of its blocks filled from items that the same users like.

    Features travel over the graph of training events, `steps` times; known rows stay as they are. Rows that
    are reached become present, at unit length, and the block's spec says how many. Rows of items that
    no user likes together with a known one stay absent: unknown, not average. Source: Malitesta et al.
    2024, "Do we really need to drop items with missing modalities in multimodal recommendation?"; the
    propagation of Rossi et al. 2022, "On the unreasonable effectiveness of feature propagation".
    """
    if all(block.present.all() for block in data.blocks.values()):
        return data
    graph = Neighbourhood.of(data.interactions)
    return replace(data, blocks={name: _filled(block, graph, steps) for name, block in data.blocks.items()})


def _filled(block: FeatureBlock, graph: Neighbourhood, steps: int) -> FeatureBlock:
    absent = ~block.present
    if not absent.any() or not block.present.any():
        return block
    known = np.asarray(block.values, dtype=np.float32)
    values = known.copy()
    for _ in range(steps):
        values = graph.spread(values)
        values[block.present] = known[block.present]
    lengths = np.linalg.norm(values, axis=1)
    reached = absent & (lengths > 1e-6)
    values[reached] /= lengths[reached, None]
    values[absent & ~reached] = 0.0
    spec: Mapping[str, object] = {
        "imputed": {"by": "neighbours", "steps": steps, "items": int(reached.sum())}
    }
    return replace(block, values=values, present=block.present | reached, spec={**block.spec, **spec})
