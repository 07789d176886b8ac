"""Errors of predicted ratings, and how well they tell what is liked from what is not.

`predicted` and `actual` are numbers of the same length, a pair for each rating; where `predicted` is NaN the
pair is left out. With a `threshold`, a rating of at least so much means liked.
"""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensorium.core.errors import ConfigError, DataError


def rmse(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Return sqrt(mean((predicted - actual)^2)) in the unit of the ratings; see `rated` for NaN."""
    known, real = _pairs(predicted, actual)
    return float(np.sqrt(np.mean((known - real) ** 2)))


def mae(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Return mean(|predicted - actual|) in the unit of the ratings; see `rated` for NaN."""
    known, real = _pairs(predicted, actual)
    return float(np.mean(np.abs(known - real)))


def rated(predicted: ArrayLike) -> float:
    """Return the share of pairs that got a prediction; everything else here is over these alone."""
    return float(np.mean(~np.isnan(np.asarray(predicted, dtype=np.float64))))


def accuracy(predicted: ArrayLike, actual: ArrayLike, threshold: float) -> float:
    """Return the share of pairs in which both are liked or both are not: (TP + TN) / n."""
    counts = _counts(predicted, actual, threshold)
    return (counts.both + counts.neither) / sum(counts)


def rating_precision(predicted: ArrayLike, actual: ArrayLike, threshold: float) -> float:
    """Return the share of those predicted to be liked that are: TP / (TP + FP); NaN if none is predicted."""
    counts = _counts(predicted, actual, threshold)
    return _share(counts.both, counts.both + counts.predicted_alone)


def rating_recall(predicted: ArrayLike, actual: ArrayLike, threshold: float) -> float:
    """Return the share of the liked that is predicted: TP / (TP + FN); NaN if nothing is liked."""
    counts = _counts(predicted, actual, threshold)
    return _share(counts.both, counts.both + counts.actual_alone)


def rating_f1(predicted: ArrayLike, actual: ArrayLike, threshold: float) -> float:
    """Return the harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN); NaN if all three are 0."""
    counts = _counts(predicted, actual, threshold)
    return _share(2 * counts.both, 2 * counts.both + counts.predicted_alone + counts.actual_alone)


class _Counts(NamedTuple):
    """How many pairs are liked by prediction and in fact."""

    both: int
    predicted_alone: int
    actual_alone: int
    neither: int


def _counts(predicted: ArrayLike, actual: ArrayLike, threshold: float) -> _Counts:
    if not isinstance(threshold, Real) or np.isnan(float(threshold)):
        raise ConfigError(f"{threshold!r} is no threshold", where="threshold", remedy="Give for example 4")
    known, real = (values >= threshold for values in _pairs(predicted, actual))
    cells = (known & real, known & ~real, ~known & real, ~known & ~real)
    return _Counts(*(int(np.count_nonzero(cell)) for cell in cells))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            "what is given is no array of numbers", where="ratings", remedy="Give numbers"
        ) from error


def _pairs(predicted: ArrayLike, actual: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the pairs that have a prediction, as float64."""
    guessed, real = _numbers(predicted), _numbers(actual)
    if guessed.shape != real.shape:
        raise DataError(
            f"{guessed.shape} predictions for {real.shape} ratings",
            where="ratings",
            remedy="Give one prediction for each rating",
        )
    known = ~np.isnan(guessed)
    if not known.any():
        raise DataError("no rating was predicted", where="ratings")
    return guessed[known], real[known]
