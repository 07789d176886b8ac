"""After scaling, the dot product of two rows is their cosine, and no part shouts down another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sensorium.core.component import State
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling


def block(values, present=None, name="image:poster", parts=None):
    values = np.asarray(values, dtype=np.float32)
    present = np.ones(len(values), dtype=bool) if present is None else np.asarray(present)
    return FeatureBlock(name, values, present, {}, parts or {})


TWO_PARTS = {"colours": (0, 2), "shape": (2, 22)}


def two_parts(n=50):
    rng = np.random.default_rng(0)
    return np.hstack([rng.normal(5, 0.001, (n, 2)), rng.normal(-3, 1000, (n, 20))])


def test_rows_are_of_unit_length():
    scaled = Scaling.fit(block(two_parts(), parts=TWO_PARTS)).scaled(block(two_parts(), parts=TWO_PARTS))
    np.testing.assert_allclose(np.linalg.norm(scaled.values, axis=1), 1, atol=1e-5)


def test_parts_weigh_the_same_whatever_their_units_and_widths():
    given_block = block(two_parts(500), parts=TWO_PARTS)
    scaling = Scaling.fit(given_block)
    scaled = scaling.scaled(given_block).values
    assert scaling.method == "standard"
    assert np.square(scaled[:, :2]).sum(1).mean() == pytest.approx(0.5, abs=0.1)


def test_a_part_that_is_missing_stays_zero_and_out_of_the_statistics():
    values = two_parts(40)
    values[::2, 2:] = 0
    scaling = Scaling.fit(block(values, parts=TWO_PARTS))
    scaled = scaling.apply(values)
    assert not scaled[::2, 2:].any()
    np.testing.assert_allclose(scaling.mean[2:], values[1::2, 2:].mean(0), rtol=1e-3)


def test_one_wild_value_does_not_decide():
    values = np.random.default_rng(1).normal(size=(100, 22))
    values[0, 5] = 1e9
    scaled = Scaling.fit(block(values, parts=TWO_PARTS)).apply(values.astype(np.float32))
    assert abs(scaled[0, 5]) < 0.7


def test_absent_rows_are_zeros_and_do_not_count():
    values = two_parts(20)
    present = np.arange(20) % 2 == 0
    loud = values.copy()
    loud[~present] = 1e6
    scaling = Scaling.fit(block(loud, present, parts=TWO_PARTS))
    np.testing.assert_allclose(scaling.mean, values[present].mean(0), rtol=1e-3)
    assert not scaling.scaled(block(loud, present, parts=TWO_PARTS)).values[~present].any()


def test_columns_that_never_vary_say_nothing():
    values = two_parts(20)
    values[:, 3] = 7
    scaled = Scaling.fit(block(values, parts=TWO_PARTS)).apply(values.astype(np.float32))
    assert not scaled[:, 3].any()


@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_items_still_get_rows(n):
    values = np.abs(two_parts(n)).astype(np.float32)
    scaled = Scaling.fit(block(values, parts=TWO_PARTS)).apply(values)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("present", [[], [False, False]])
def test_no_items_at_all_are_no_problem(present):
    values = np.zeros((len(present), 22))
    scaling = Scaling.fit(block(values, np.array(present, dtype=bool), parts=TWO_PARTS))
    assert (
        scaling.scaled(block(values, np.array(present, dtype=bool), parts=TWO_PARTS)).values.shape
        == values.shape
    )


def test_words_keep_their_zeros():
    values = np.array([[1, 0], [1, 1], [0, 2], [3, 0], [0, 1]])
    scaling = Scaling.fit(block(values, name="text:plot"))
    assert scaling.method == "unit"
    assert scaling.apply(values.astype(np.float32))[2].tolist() == [0, 1]


def test_embeddings_from_elsewhere_lose_their_mean_row():
    values = np.random.default_rng(2).normal(size=(30, 4)) + 10
    scaling = Scaling.fit(block(values, name="image"))
    assert scaling.method == "centred"
    cosines = scaling.apply(values.astype(np.float32)) @ scaling.apply(values.astype(np.float32)).T
    assert cosines.min() < -0.5


def test_a_restored_scaling_scales_alike(tmp_path):
    values = two_parts().astype(np.float32)
    scaling = Scaling.fit(block(values, parts=TWO_PARTS))
    scaling.state().save(tmp_path)
    np.testing.assert_array_equal(
        Scaling.from_state(State.load(tmp_path)).apply(values), scaling.apply(values)
    )


@settings(max_examples=60)
@given(arrays(np.float32, st.tuples(st.integers(0, 12), st.just(4)), elements=st.floats(-1e6, 1e6, width=32)))
def test_any_values_give_finite_rows_no_longer_than_one(values):
    for parts in ({}, {"a": (0, 1), "b": (1, 4)}):
        scaled = Scaling.fit(block(values, parts=parts)).apply(values)
        assert np.isfinite(scaled).all()
        assert (np.linalg.norm(scaled, axis=1) <= 1 + 1e-4).all()
