"""Errors of predicted ratings on test, beside those of their baseline."""

from sensorium.evaluation.splits import Split, TuningView
from sensorium.metrics.ratings import mae, rmse
from sensorium.models.base import FitOptions, TrainingData
from sensorium.models.rating_bias import RatingBias
from sensorium.training.rating_prediction import fit_ratings, predictions


def rating_errors(train: TrainingData, split: Split, options: FitOptions) -> dict[str, float]:
    """Return `rmse` and `mae` of the expected rating of each rated test event; empty without ratings.

    The model that predicts best on validation, fitted on `train`, is judged; `rmse_floor` and `mae_floor`
    are those of `RatingBias`.
    """
    if train.ratings is None or not train.ratings.nnz or not split.test.has_values:
        return {}
    floor = RatingBias().fit(train, options)
    model = fit_ratings(train, TuningView(split.train, split.validation), options)
    assert model is not None, "there are ratings"  # noqa: S101
    (predicted, actual), (floored, _) = (
        predictions(model, train, split.test),
        predictions(floor, train, split.test),
    )
    return {
        "rmse": rmse(predicted, actual),
        "mae": mae(predicted, actual),
        "rmse_floor": rmse(floored, actual),
        "mae_floor": mae(floored, actual),
    }
