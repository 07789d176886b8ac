"""What tuning maximises: NDCG@20 on validation data, query by query, as it is reported."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix
from sensorium.core.sparse import entry_rows
from sensorium.index.blocks import block_rows
from sensorium.metrics.ranking import ndcg_of_scores
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
        n_relevant = np.diff(part.relevant.indptr)
        reached[start : start + step] = ndcg_of_scores(scores, *relevant, n_relevant, CUTOFF)
    return reached


def unmasked(scores: FloatMatrix, validation: ValidationData) -> FloatMatrix:
    """Set `scores` [n_queries, n_items] to minus infinity where they are masked or NaN; return them."""
    scores[np.isnan(scores)] = -np.inf
    scores[entry_rows(validation.masked), validation.masked.indices] = -np.inf
    return scores
