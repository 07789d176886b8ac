"""The best items of many queries at once, on all cores: by products of vectors where that is all there is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, SparseMatrix
from sensorium.fusion.blend import PATHS
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.sole_member import sole_member
from sensorium.fusion.zscore import NOISE, most_z
from sensorium.index.blocks import block_rows, in_threads
from sensorium.index.products import largest_products
from sensorium.models.base import FactorScores, QueryBatch
from sensorium.models.best_items import factors_in_threads
from sensorium.ranking.top_k import top_k

SCORE_BYTES = 8 * 2**20
"""Scores held by each thread; what puts them together holds some ten times as much."""
_BEHAVIOUR = PATHS.index("fusion")


class Ranked(NamedTuple):
    """The best items of each query."""

    items: NDArray[np.int64]
    """[n_queries, k]: indices, best first; -1 where there are fewer."""
    scores: FloatMatrix
    """[n_queries, k] float32; NaN where there are fewer."""
    paths: NDArray[np.int8]
    """[n_queries, k]: codes into `PATHS`."""


def rank_batch(
    fusion: LateFusion,
    queries: QueryBatch,
    k: int,
    *,
    eligible: BoolVector | None = None,
    exclude: SparseMatrix | None = None,
) -> Ranked:
    """Return the best `k` items of each query: what `fusion.scored` and `top_k` give.

    Parameters
    ----------
    eligible
        [n_items]: only these are ranked; None: all.
    exclude
        [n_queries, n_items] CSR: items stored here are left out of their row.
    """
    k = min(k, queries.history.shape[1])
    ranked = Ranked(
        np.full((len(queries), k), -1, dtype=np.int64),
        np.full((len(queries), k), np.nan, dtype=np.float32),
        np.zeros((len(queries), k), dtype=np.int8),
    )
    decided = _rank_by_factors(fusion, queries, ranked, eligible, exclude)
    rest = np.flatnonzero(~decided)
    if len(rest):
        left_out = None if exclude is None else sparse.csr_array(exclude[rest])
        asked = queries if len(rest) == len(queries) else queries.at(rest)
        for to, made in zip(ranked, rank_by_scores(fusion, asked, k, eligible, left_out), strict=True):
            to[rest] = made
    return ranked


def rank_by_scores(
    fusion: LateFusion,
    queries: QueryBatch,
    k: int,
    eligible: BoolVector | None,
    exclude: SparseMatrix | None,
) -> Ranked:
    """Return what `rank_batch` does, from all scores of all queries, a block at a time."""
    eligible = None if eligible is None or eligible.all() else eligible

    def answer(start: int, stop: int) -> Ranked:
        fused = fusion.scored(queries.rows(start, stop))
        left_out = None if exclude is None else exclude[start:stop]
        items, scores = top_k(fused.scores, k, exclude=left_out, eligible=eligible)
        return Ranked(items, scores, np.take_along_axis(fused.paths, np.maximum(items, 0), axis=1))

    step = block_rows(queries.history.shape[1], block_bytes=SCORE_BYTES)
    parts = in_threads(answer, len(queries), step)
    return Ranked(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _rank_by_factors(
    fusion: LateFusion,
    queries: QueryBatch,
    ranked: Ranked,
    eligible: BoolVector | None,
    exclude: SparseMatrix | None,
) -> BoolVector:
    """Fill `ranked` where one model of vectors alone decides; return for which queries it does.

    Its order is that of the products, since a z-score grows with the score; mean and spread over all items
    follow from those of the item vectors.
    """
    decided = np.zeros(len(queries), dtype=np.bool_)
    name = sole_member(fusion)
    made = None if name is None else factors_in_threads(fusion.members[name], queries)
    if made is None or name is None or not len(made.scored):
        return decided
    allowed = np.arange(len(made.scored)) if eligible is None else np.flatnonzero(eligible[made.scored])
    k = ranked.items.shape[1]
    if len(allowed) < k:
        return decided
    columns = made.scored[allowed]
    left_out = None
    if exclude is not None:
        whole = len(columns) == exclude.shape[1]
        left_out = exclude if whole else sparse.csr_array(exclude[:, columns])
    found, products = largest_products(made.users, made.items[allowed], k, exclude=left_out)
    with threadpool_limits(1, "blas"):  # small products: threads would only wait for one another
        mean, spread, is_meant = _distribution(made)
    decided = np.asarray(made.known & is_meant & (found >= 0).all(axis=1))
    weight = fusion.weights[name]
    scores = weight * (products - mean[:, None]) / np.where(is_meant, spread, 1)[:, None]
    ranked.items[decided] = columns[found[decided]]
    ranked.scores[decided] = scores[decided]
    ranked.paths[decided] = _BEHAVIOUR
    return decided


def _distribution(made: FactorScores) -> tuple[FloatVector, FloatVector, BoolVector]:
    """Return mean and spread of each query's scores [n_queries], and whether z-scores surely divide by it.

    They do not where the spread is noise, or may be less than its floor.
    """
    centre = made.items.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = made.items - centre
    spreads = centred.T @ centred / np.float32(len(made.items))
    variance = np.einsum("ij,ij->i", made.users @ spreads, made.users)
    spread = np.sqrt(np.maximum(variance, 0))
    longest = np.sqrt(_squares(made.items).max(initial=0) * _squares(made.users))
    farthest = np.sqrt(_squares(centred).max(initial=0) * _squares(made.users))
    is_meant = (spread > 100 * NOISE * longest) & (spread * most_z(len(centred)) > farthest)
    return made.users @ centre, spread, np.asarray(is_meant)


def _squares(rows: FloatMatrix) -> FloatVector:
    """Return the squared length of each row [n]."""
    return np.einsum("ij,ij->i", rows, rows)
