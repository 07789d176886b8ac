"""What tuning maximises: NDCG@20 on validation data, query by query."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.sparse import entry_rows, row_counts
from sensorium.index.blocks import block_rows
from sensorium.models.base import Recommender, ValidationData

CUTOFF = 20


def mean_ndcg(model: Recommender[Any], validation: ValidationData) -> float:
    """Return the mean NDCG@20 of a fitted model over the validation queries, by full ranking."""
    return float(ndcg_of_queries(model, validation).sum()) / max(len(validation), 1)


def ndcg_of_queries(model: Recommender[Any], validation: ValidationData) -> NDArray[np.float64]:
    """Return NDCG@20 of each validation query [n_queries], by full ranking."""
    step = block_rows(validation.relevant.shape[1])
    reached = np.zeros(len(validation))
    for start in range(0, len(validation), step):
        part = validation.rows(np.arange(start, min(start + step, len(validation))))
        scores = unmasked(model.score(part.queries), part)
        relevant = entry_rows(part.relevant), part.relevant.indices
        reached[start : start + step] = ndcg(scores, *relevant, row_counts(part.relevant))
    return reached


def unmasked(scores: FloatMatrix, validation: ValidationData) -> FloatMatrix:
    """Set `scores` [n_queries, n_items] to minus infinity where they are masked or NaN; return them."""
    scores[np.isnan(scores)] = -np.inf
    scores[entry_rows(validation.masked), validation.masked.indices] = -np.inf
    return scores


def ndcg(
    scores: FloatMatrix, rows: IntVector, columns: IntVector, n_relevant: IntVector
) -> NDArray[np.float64]:
    """Return NDCG@20 of each row of `scores`; tied items share the mean of their ranks.

    Parameters
    ----------
    scores
        [n_queries, n_candidates] float32; minus infinity is not ranked.
    rows, columns
        [n_pairs]: the relevant entries of `scores`.
    n_relevant
        [n_queries]: how many items are relevant, ranked or not.
    """
    wanted = scores[rows, columns]
    ranks = np.full(len(rows), np.inf)
    hopeful = np.flatnonzero(wanted >= _thresholds(scores)[rows])
    step = block_rows(scores.shape[1])
    for start in range(0, len(hopeful), step):
        pairs = hopeful[start : start + step]
        against = scores[rows[pairs]]
        above = (against > wanted[pairs, None]).sum(axis=1)
        level = (against == wanted[pairs, None]).sum(axis=1)
        ranks[pairs] = above + (level - 1) / 2
    gains = np.where((ranks < CUTOFF) & (wanted > -np.inf), 1 / np.log2(ranks + 2), 0.0)
    found = np.bincount(rows, weights=gains, minlength=len(scores))
    best = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(CUTOFF) + 2))])
    ideal = best[np.minimum(n_relevant, CUTOFF)]
    return np.divide(found, ideal, out=np.zeros(len(scores)), where=ideal > 0)


def _thresholds(scores: FloatMatrix) -> FloatVector:
    """Return the score at the cutoff of each row [n_queries]: what is below it cannot count."""
    n = scores.shape[1]
    if n <= CUTOFF:
        return np.full(len(scores), -np.inf, dtype=np.float32)
    return np.partition(scores, n - CUTOFF, axis=1)[:, n - CUTOFF]
