import numpy as np
import pytest

from sensorium.core.errors import DataError
from sensorium.metrics.ratings import mae, rated, rmse


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
