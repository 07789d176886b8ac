"""Where each item stands in the list of a source, query by query."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, IntVector, SparseMatrix
from sensorium.core.sparse import entry_rows
from sensorium.index.blocks import block_rows

BYTES = 2 * 2**20
"""Scores that are ordered at once: few enough for the processor's cache."""


@dataclass(frozen=True)
class Ranks:
    """The ranks of one source's scores."""

    values: FloatMatrix
    """[n_queries, n_items] float32, from 1; equal scores share the mean of their ranks; NaN where the source
    cannot score."""
    n_ranked: IntVector
    """[n_queries]: how many items are ranked: those that can be scored and are not known."""


def ranked(scores: FloatMatrix, known: SparseMatrix) -> Ranks:
    """Return the rank of each item among those that are not `known`; both are [n_queries, n_items].

    What is known has the rank that it would have.
    """
    counted = ~np.isnan(scores)
    counted[entry_rows(known), known.indices] = False
    ranks, step = np.empty(scores.shape, dtype=np.float32), block_rows(scores.shape[1], block_bytes=BYTES)
    for start in range(0, len(scores), step):
        rows = slice(start, start + step)
        ranks[rows] = _ranks(scores[rows], counted[rows])
    return Ranks(ranks, counted.sum(axis=1))


def _ranks(scores: FloatMatrix, counted: "NDArray[np.bool_]") -> FloatMatrix:
    """Return the ranks among the items that are `counted` [n_queries, n_items]."""
    order = np.argsort(-scores, axis=1)  # NaN comes last
    values = np.take_along_axis(scores, order, axis=1)
    so_far = np.cumsum(np.take_along_axis(counted, order, axis=1), axis=1, dtype=np.float32)
    positions = np.broadcast_to(np.arange(scores.shape[1], dtype=np.int32), scores.shape)
    begins = np.ones(scores.shape, dtype=np.bool_)
    begins[:, 1:] = values[:, 1:] != values[:, :-1]
    ends = np.ones_like(begins)
    ends[:, :-1] = begins[:, 1:]
    last = np.where(ends, positions, np.int32(scores.shape[1]))[:, ::-1]
    last = np.minimum.accumulate(last, axis=1)[:, ::-1]  # where the group of equal scores ends
    up_to = np.take_along_axis(so_far, last, axis=1)
    above = np.zeros_like(up_to)
    above[:, 1:] = np.where(begins[:, 1:], so_far[:, :-1], np.float32(0))
    above = np.maximum.accumulate(above, axis=1)  # what stands before the group; it never falls
    ranks = np.empty(scores.shape, dtype=np.float32)
    np.put_along_axis(ranks, order, (above + up_to + np.float32(1)) / np.float32(2), axis=1)
    ranks[np.isnan(scores)] = np.nan
    return ranks
