import numpy as np

from sensorium.core.component import State
from sensorium.encoders import whitening
from sensorium.encoders.whitening import Whitening


def rows_of(n, d, seed=0):
    """Rows whose columns repeat each other."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 4)) @ rng.normal(size=(4, d)) + 7).astype(np.float32)


def test_whitened_columns_are_centred_of_spread_one_and_do_not_repeat_each_other():
    rows = rows_of(200, 9)
    made = Whitening.fit(rows, 3).apply(rows).astype(np.float64)
    assert made.shape == (200, 3)
    np.testing.assert_allclose(np.cov(made.T), np.eye(3), atol=1e-4)
    np.testing.assert_allclose(made.mean(axis=0), 0, atol=1e-5)


def test_no_more_columns_are_kept_than_rows_span():
    rows = np.ones((50, 6), dtype=np.float32)
    rows[:, 0] = np.arange(50)
    assert Whitening.fit(rows, 6).dimension == 1
    assert Whitening.fit(rows[:1], 4).apply(rows[:1]).shape == (1, 4)
    constant = Whitening.fit(np.ones((5, 3), dtype=np.float32), 2)
    assert np.isfinite(constant.apply(rows[:, :3])).all()


def test_rows_of_zeros_stay_zeros_and_are_not_learnt_from():
    rows = rows_of(60, 5)
    longer = np.concatenate([rows, np.zeros((40, 5), dtype=np.float32)])
    learnt = Whitening.fit(longer, 4)
    np.testing.assert_array_equal(learnt.axes, Whitening.fit(rows, 4).axes)
    assert not learnt.apply(longer)[60:].any()


def test_the_same_rows_give_the_same_columns_also_when_kept(tmp_path):
    rows = rows_of(30, 50)
    first, second = Whitening.fit(rows, 5), Whitening.fit(rows, 5)
    first.state().save(tmp_path)
    for other in (second, Whitening.from_state(State.load(tmp_path))):
        np.testing.assert_array_equal(first.apply(rows), other.apply(rows))


def test_of_many_rows_evenly_spaced_ones_are_learnt_from(monkeypatch):
    monkeypatch.setattr(whitening, "MAX_ROWS", 50)
    rows = rows_of(100, 6)
    np.testing.assert_array_equal(Whitening.fit(rows, 2).axes, Whitening.fit(rows[::2], 2).axes)
