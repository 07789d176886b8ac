import numpy as np
import pytest

from sensorium.evaluation.intervals import bootstrap, sign_flip_p_value


def test_an_interval_repeats_with_its_seed() -> None:
    values = np.random.default_rng(0).random((40, 2))
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_an_interval_holds_the_true_mean_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    intervals = [bootstrap(rng.exponential(size=(150, 1)), n_resamples=500)[0] for _ in range(200)]
    held = sum(interval.low <= 1 <= interval.high for interval in intervals)
    assert 180 <= held <= 198


def test_an_interval_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(2).normal(size=(4_000, 1))
    interval = bootstrap(values)[0]
    assert interval.high - interval.low == pytest.approx(2 * 1.96 / np.sqrt(4_000), rel=0.1)


def test_one_user_and_no_user_have_intervals() -> None:
    one = bootstrap(np.array([[0.25]]))[0]
    assert (one.mean, one.low, one.high, one.n_users) == (0.25, 0.25, 0.25, 1)
    none = bootstrap(np.zeros((0, 1)))[0]
    assert np.isnan(none.mean)
    assert none.n_users == 0


def test_p_value_is_exact_in_the_small() -> None:
    """Of the 8 sign patterns of three equal differences, 2 are as far out as the observed one."""
    assert sign_flip_p_value(np.ones(3), n_flips=20_000) == pytest.approx(0.25, abs=0.02)


def test_p_values_are_uniform_when_nothing_differs() -> None:
    rng = np.random.default_rng(5)
    values = [sign_flip_p_value(rng.normal(size=60), n_flips=200) for _ in range(300)]
    assert np.mean(np.array(values) < 0.1) == pytest.approx(0.1, abs=0.06)


def test_the_smallest_p_value_is_one_in_so_many_and_never_zero() -> None:
    assert sign_flip_p_value(np.ones(60), n_flips=99) == pytest.approx(0.01)
