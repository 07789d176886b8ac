import numpy as np
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.metrics.ratings import (
    accuracy,
    mae,
    rated,
    rating_f1,
    rating_precision,
    rating_recall,
    rmse,
)


def test_errors_by_hand() -> None:
    predicted, actual = np.array([3.0, 5.0]), np.array([4.0, 2.0])
    assert rmse(predicted, actual) == pytest.approx(np.sqrt((1 + 9) / 2))
    assert mae(predicted, actual) == 2


def test_pairs_without_prediction_are_counted_apart() -> None:
    predicted, actual = np.array([3.0, np.nan]), np.array([4.0, 2.0])
    assert rmse(predicted, actual) == 1
    assert rated(predicted) == 0.5


def test_wrong_shapes_and_no_prediction_are_refused() -> None:
    with pytest.raises(DataError, match="2.*1"):
        rmse(np.zeros(2), np.zeros(1))
    with pytest.raises(DataError, match="no rating was predicted"):
        mae(np.array([np.nan]), np.array([1.0]))


def test_liked_or_not_is_told_by_a_threshold() -> None:
    predicted = [4.5, 4.0, 3.9, 4.2, 1.0, np.nan]
    actual = [
        5,
        4,
        4,
        2,
        1,
        5,
    ]  # true positive twice, false negative, false positive, true negative, no prediction
    assert accuracy(predicted, actual, threshold=4) == pytest.approx(3 / 5)
    assert rating_precision(predicted, actual, threshold=4) == pytest.approx(2 / 3)
    assert rating_recall(predicted, actual, threshold=4) == pytest.approx(2 / 3)
    assert rating_f1(predicted, actual, threshold=4) == pytest.approx(2 / 3)


def test_they_are_what_scikit_learn_finds() -> None:
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    rng = np.random.default_rng(0)
    predicted, actual = rng.uniform(1, 5, 200), rng.integers(1, 6, 200)
    for own, theirs in (
        (accuracy, accuracy_score),
        (rating_precision, precision_score),
        (rating_recall, recall_score),
        (rating_f1, f1_score),
    ):
        assert own(predicted, actual, 3.5) == pytest.approx(theirs(actual >= 3.5, predicted >= 3.5))


def test_where_nothing_is_liked_or_predicted_there_is_no_share() -> None:
    assert np.isnan(rating_precision([1.0], [5.0], 4))
    assert np.isnan(rating_recall([5.0], [1.0], 4))
    assert np.isnan(rating_f1([1.0], [1.0], 4))
    assert accuracy([1.0], [1.0], 4) == 1


def test_what_is_no_rating_or_threshold_is_refused():
    with pytest.raises(DataError, match="^ratings: what is given is no array of numbers"):
        sn.metrics.rmse(["good", "bad"], [1, 2])
    for threshold in ("4", None, float("nan")):
        with pytest.raises(ConfigError, match="is no threshold"):
            sn.metrics.accuracy([1, 2], [1, 2], threshold=threshold)
