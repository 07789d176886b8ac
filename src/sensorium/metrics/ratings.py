"""Errors of predicted ratings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import DataError


def rmse(predicted: NDArray[Any], actual: NDArray[Any]) -> float:
    """Return sqrt(mean((predicted - actual)^2)) in the unit of the ratings; see `rated` for NaN."""
    difference = _differences(predicted, actual)
    return float(np.sqrt(np.mean(difference**2)))


def mae(predicted: NDArray[Any], actual: NDArray[Any]) -> float:
    """Return mean(|predicted - actual|) in the unit of the ratings; see `rated` for NaN."""
    return float(np.mean(np.abs(_differences(predicted, actual))))


def rated(predicted: NDArray[Any]) -> float:
    """Return the share of pairs that got a prediction; `rmse` and `mae` are over these alone."""
    return float(np.mean(~np.isnan(predicted)))


def _differences(predicted: NDArray[Any], actual: NDArray[Any]) -> NDArray[np.float64]:
    if predicted.shape != actual.shape:
        raise DataError(
            f"{predicted.shape} predictions for {actual.shape} ratings",
            where="ratings",
            remedy="Give one prediction for each rating",
        )
    known = ~np.isnan(predicted)
    if not known.any():
        raise DataError("no rating was predicted", where="ratings")
    return predicted[known].astype(np.float64) - actual[known]
