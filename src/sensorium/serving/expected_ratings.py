"""Ratings that somebody is expected to give."""

from typing import Any

import numpy as np

from sensorium.core.arrays import FloatVector, IntVector
from sensorium.core.errors import NotReadyError
from sensorium.models.base import QueryBatch, Recommender, TrainingData


def expected_ratings(
    model: Recommender[Any] | None, known: TrainingData, query: QueryBatch, items: IntVector
) -> FloatVector:
    """Return what the one who asks is expected to rate each of `items` [n_asked], within the known ratings.

    Raises
    ------
    NotReadyError
        If `model` is None: there were no ratings to learn from.
    """
    if model is None or known.ratings is None:
        raise NotReadyError(
            "no ratings were learnt, so that none can be predicted",
            remedy="Fit on events with a column of ratings: `value`",
        )
    return np.clip(model.score(query)[0, items], known.ratings.data.min(), known.ratings.data.max())
