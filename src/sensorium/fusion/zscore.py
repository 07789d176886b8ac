"""One scale for every source: z-scores over the items that the source can score, query by query."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix

NOISE = 1e-6
"""A spread below this share of the largest score is rounding: such a source says nothing."""


STANDING_OUT = 4
"""So many items at least are taken to stand out where one does, for the least spread of scores."""
NEAR = 5.0
"""No floor for a spread by which no score is farther than so many spreads from the mean."""


@dataclass(frozen=True)
class ZScores:
    """The z-scores of one source, and what made them."""

    values: FloatMatrix
    """[n_queries, n_items] float32: (score - mean) * inverse_spread; zero where the source cannot score."""
    can: "NDArray[np.bool_] | None"
    """[n_queries, n_items]: where the source can score, [1, n_items] if that is alike for all queries; None:
    everywhere."""
    mean: NDArray[np.float64]
    """[n_queries]: mean over the items that can be scored."""
    inverse_spread: NDArray[np.float64]
    """[n_queries]: one over the spread, or zero if all scores are equal."""

    @property
    def able(self) -> NDArray[np.bool_]:
        """Where the source can score [n_queries, n_items], also if that is everywhere."""
        return np.broadcast_to(np.True_ if self.can is None else self.can, self.values.shape)


def zscores(scores: FloatMatrix) -> ZScores:
    """Return the z-scores of each row of `scores` [n_queries, n_items]; NaN means "cannot score".

    The spread is the standard deviation, and has a floor: no z-score exceeds `most_z`. So a source in which a
    single item stands out cannot put it ahead of whatever all others say.
    """
    filled, can = _filled(scores)
    n_items = scores.shape[1]
    counts = np.asarray([n_items]) if can is None else can.sum(axis=1)  # [n_queries] or [1]
    counts = np.maximum(counts, 1)
    mean = filled.sum(axis=1, dtype=np.float64) / counts
    centred = filled - mean[:, None].astype(np.float32)
    if can is not None:
        centred *= can.astype(np.float32)
    spread = np.sqrt(np.einsum("ij,ij->i", centred, centred, dtype=np.float64) / counts)
    meant = spread > NOISE * _largest(filled)
    spread = np.maximum(spread, _largest(centred) / most_z(counts))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=meant)
    centred *= inverse[:, None].astype(np.float32)
    return ZScores(centred, can, mean, inverse)


def _filled(scores: FloatMatrix) -> "tuple[FloatMatrix, NDArray[np.bool_] | None]":
    """Return `scores` with zeros in the place of NaN, and where there is none, as `ZScores.can`."""
    if not np.isnan(scores.sum(axis=1)).any():  # a sum tells, and makes no matrix
        return scores, None
    first = np.isnan(scores[:1])
    missing = np.flatnonzero(first)
    filled = scores.copy()
    filled[:, missing] = 0
    if np.isnan(scores[:, missing]).all() and not np.isnan(filled.sum(axis=1)).any():
        return filled, (~first if len(missing) else None)
    can = ~np.isnan(scores)
    return np.where(can, scores, np.float32(0)), None if can.all() else can


def _largest(values: FloatMatrix) -> NDArray[np.float32]:
    """Return the largest magnitude of each row [n_queries]."""
    return np.maximum(values.max(axis=1, initial=0), -values.min(axis=1, initial=0))


def most_z(n_items: "NDArray[np.int64] | int") -> NDArray[np.float64]:
    """Return the largest z-score among `n_items`: what `STANDING_OUT` items have that alone stand out."""
    return np.maximum(np.sqrt(np.asarray(n_items) / STANDING_OUT), NEAR)
