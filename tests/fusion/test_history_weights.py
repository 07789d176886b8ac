import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.fusion.conditional_weights import log_interpolated

KNOTS, VALUES = (2.0, 8.0, 50.0), (1.0, 3.0, 0.0)


def test_between_two_knots_values_move_with_the_logarithm():
    assert log_interpolated(np.asarray([2, 4, 8, 20, 50]), KNOTS, VALUES) == pytest.approx([1, 2, 3, 1.5, 0])


def test_beyond_the_knots_values_stay_and_zero_is_no_exception():
    assert log_interpolated(np.asarray([[0, 1], [60, 1e9]]), KNOTS, VALUES).tolist() == [[1, 1], [0, 0]]


@given(st.floats(0, 1e6), st.floats(0.01, 1e3), st.floats(1.01, 1e3))
def test_what_is_between_two_values_is_one_part_of_each(asked, low, ratio):
    knots = (low, low * ratio)
    part = np.clip(np.log(max(asked, low) / low) / np.log(ratio), 0, 1)
    found = log_interpolated(np.asarray([asked]), knots, (5.0, 7.0))
    assert found == pytest.approx([5 + 2 * part], abs=1e-6)
