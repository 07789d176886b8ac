import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sensorium.fusion.zscore import zscores


def test_scores_of_a_query_get_mean_zero_and_spread_one_over_what_can_be_scored():
    scores = np.asarray([[1, 2, 3, np.nan], [10, np.nan, np.nan, 20]], dtype=np.float32)
    found = zscores(scores)
    np.testing.assert_allclose(found.values[0], np.asarray([-1, 0, 1, 0]) * np.sqrt(1.5), rtol=1e-6)
    np.testing.assert_allclose(found.values[1], [-1, 0, 0, 1], rtol=1e-6)
    assert found.can is not None
    assert found.can.tolist() == [[True, True, True, False], [True, False, False, True]]


def test_equal_scores_and_rounding_say_nothing():
    level = np.full((1, 50), 0.1, dtype=np.float32)
    level[0, ::2] = np.nextafter(np.float32(0.1), np.float32(1))
    assert not zscores(level).values.any()


def test_one_item_that_stands_out_is_no_farther_than_four_would_be():
    lone, four = np.zeros((1, 1000), dtype=np.float32), np.zeros((1, 1000), dtype=np.float32)
    lone[0, 7], four[0, :4] = 3, 3
    found = zscores(lone)
    assert found.values.max() == pytest.approx(np.sqrt(1000) / 2, rel=1e-4)
    assert found.values.max() == pytest.approx(zscores(four).values.max(), rel=0.01)
    again = (lone - found.mean[:, None]) * found.inverse_spread[:, None]
    np.testing.assert_allclose(found.values, again, rtol=1e-5)


def test_what_is_spread_as_usual_is_divided_by_its_standard_deviation():
    scores = np.random.default_rng(0).normal(size=(3, 400)).astype(np.float32)
    np.testing.assert_allclose(zscores(scores).values.std(axis=1), 1, rtol=1e-5)


def test_a_query_that_cannot_be_scored_gets_zeros():
    found = zscores(np.full((1, 3), np.nan, dtype=np.float32))
    assert not found.values.any()
    assert found.can is not None
    assert not found.can.any()


@given(
    hnp.arrays(np.float32, (2, 9), elements=st.floats(-100, 100, width=16)),
    st.sampled_from([0.25, 3.0]),
    st.sampled_from([-7.0, 40.0]),
)
def test_the_unit_and_the_zero_of_a_source_do_not_matter(scores, factor, shift):
    assume((scores.std(axis=1) >= 0.1).all())
    moved = (scores * np.float32(factor) + np.float32(shift)).astype(np.float32)
    np.testing.assert_allclose(zscores(scores).values, zscores(moved).values, atol=2e-3)


def test_what_cannot_be_scored_for_any_query_is_one_line():
    scores = np.asarray([[1, np.nan, 3, 5], [2, np.nan, 2, 7]], dtype=np.float32)
    found, apart = zscores(scores), [zscores(line[None]) for line in scores]
    assert found.can is not None
    assert found.can.tolist() == [[True, False, True, True]]
    assert found.able.tolist() == [[True, False, True, True]] * 2
    np.testing.assert_array_equal(found.values, np.concatenate([one.values for one in apart]))
