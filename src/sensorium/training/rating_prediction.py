"""Predicted ratings: a model chosen on validation, and what it expects of users."""

from typing import Any

import numpy as np

from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatVector
from sensorium.core.crowd import bounded_weights
from sensorium.evaluation.splits import TuningView
from sensorium.index.blocks import block_rows
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData
from sensorium.models.rating_als import RatingALS, RatingALSConfig
from sensorium.models.rating_bias import RatingBias
from sensorium.models.rating_factors import RatingFactors
from sensorium.training.training_data import training_data

MOST_SAMPLED = 3_000_000
"""With more ratings than that, sampling would take longer than everything else; least squares answer."""
MOST_RATINGS = 10_000_000
"""With more than that least squares would too; the bias answers."""


def fit_ratings(
    data: TrainingData, tuning: TuningView | None, options: FitOptions
) -> Recommender[Any] | None:
    """Return the model that predicts ratings best, fitted on `data`; None without ratings.

    Parameters
    ----------
    data
        All that may be learnt from.
    tuning
        What to choose by; `RatingBias` if not given.
    """
    if data.ratings is None or not data.ratings.nnz:
        return None
    best: Recommender[Any] = RatingBias()
    if tuning is not None:
        best = _chosen(training_data(tuning.train, data.blocks), tuning.validation, options)
    return type(best)(best.config).fit(data, options)


def rating_models(n_ratings: int, *, content: bool) -> list[Recommender[Any]]:
    """Return what is tried on so many ratings, with and without the content of items where it is known."""
    if n_ratings > MOST_RATINGS:
        return [RatingBias()]
    if n_ratings > MOST_SAMPLED:
        return [RatingBias(), RatingALS(RatingALSConfig(content=content))]
    plain: list[Recommender[Any]] = [RatingBias(), RatingALS(RatingALSConfig(content=False))]
    return [*plain, RatingALS(), RatingFactors()] if content else plain


def _chosen(train: TrainingData, validation: Events, options: FitOptions) -> Recommender[Any]:
    """Return the model with the least error on `validation`, fitted on `train`."""
    if train.ratings is None or not train.ratings.nnz or not validation.has_values:
        return RatingBias()
    models = rating_models(train.ratings.nnz, content=bool(train.blocks))
    if len(models) == 1:
        return models[0]
    rated, errors = validation.where(np.isfinite(validation.value)), list[float]()
    with options.progress.stage("ratings", len(models), unit="models") as stage:
        for model in models:
            errors.append(_error(model.fit(train, options), train, rated))
            stage.advance(note=model.name)
    return models[int(np.argmin(errors))]


def _error(model: Recommender[Any], known: TrainingData, rated: Events) -> float:
    """Return the mean squared error on `rated`, in which the ratings of one are bounded."""
    predicted, real = predictions(model, known, rated)
    weights = np.where(np.isnan(predicted), 0, bounded_weights(rated.user, len(rated.users)))
    return float(weights @ np.square(np.nan_to_num(predicted) - real) / weights.sum())


def predictions(
    model: Recommender[Any], known: TrainingData, asked: Events
) -> tuple[FloatVector, FloatVector]:
    """Return the expected and the real rating of each rated event of `asked` [n_rated].

    Users are asked about with the ratings in `known`.
    """
    asked = asked.where(np.isfinite(asked.value))
    users, rows = np.unique(asked.user, return_inverse=True)
    predicted = np.empty(len(asked), dtype=np.float32)
    step = block_rows(known.n_items)
    for start in range(0, len(users), step):
        scores = model.score(QueryBatch.of_users(known, users[start : start + step]))
        inside = np.flatnonzero((rows >= start) & (rows < start + step))
        predicted[inside] = scores[rows[inside] - start, asked.item[inside]]
    return predicted, np.asarray(asked.value, dtype=np.float32)
