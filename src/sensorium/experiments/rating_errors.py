"""Errors of predicted ratings on test, beside those of their baseline."""

import numpy as np

from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatVector
from sensorium.evaluation.splits import Split, TuningView
from sensorium.metrics.ratings import accuracy, mae, rating_f1, rating_precision, rating_recall, rmse
from sensorium.models.base import FitOptions, TrainingData
from sensorium.models.rating_bias import RatingBias
from sensorium.training.rating_prediction import fit_ratings, predictions


def rating_errors(train: TrainingData, split: Split, options: FitOptions) -> dict[str, float]:
    """Return `rmse` and `mae` of the expected rating of each rated test event; empty without ratings.

    The model that predicts best on validation, fitted on `train`, is judged. Where ratings from some value on
    count as liked, there is also `rating_threshold`, and how well the prediction tells what is liked:
    `rating_accuracy`, `rating_precision`, `rating_recall`, `rating_f1`. With `_floor`, each is that of
    `RatingBias`.
    """
    if train.ratings is None or not train.ratings.nnz or not split.test.has_values:
        return {}
    floor = RatingBias().fit(train, options)
    model = fit_ratings(train, TuningView(split.train, split.validation), options)
    assert model is not None, "there are ratings"  # noqa: S101
    threshold = liked_from(Events.concat(split.train, split.validation))
    found = _errors(*predictions(model, train, split.test), threshold)
    floored = _errors(*predictions(floor, train, split.test), threshold)
    said = {} if threshold is None else {"rating_threshold": threshold}
    return found | {f"{name}_floor": value for name, value in floored.items()} | said


def liked_from(events: Events) -> float | None:
    """Return the value from which on ratings count as liked; None if no single value tells the two apart."""
    rated = np.isfinite(events.value)
    liked, other = events.value[rated & events.positive], events.value[rated & ~events.positive]
    if not len(liked) or not len(other) or liked.min() <= other.max():
        return None
    return float(liked.min())


def _errors(predicted: FloatVector, actual: FloatVector, threshold: float | None) -> dict[str, float]:
    found = {"rmse": rmse(predicted, actual), "mae": mae(predicted, actual)}
    if threshold is None:
        return found
    told = {
        "rating_accuracy": accuracy(predicted, actual, threshold),
        "rating_precision": rating_precision(predicted, actual, threshold),
        "rating_recall": rating_recall(predicted, actual, threshold),
        "rating_f1": rating_f1(predicted, actual, threshold),
    }
    return found | {name: value for name, value in told.items() if np.isfinite(value)}
