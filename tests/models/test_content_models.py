"""Factors that content tells: maps found, cold items reached, seeds kept."""

import numpy as np
import pytest

from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.content_factors import WeightedRidge
from sensorium.models.registry import make_model
from sensorium.testing.recommender_contract import N_COLD, world

KNOWN = world()
SETTINGS = {"content-factors": {"regularization": 10}, "vbpr": {"learning_rate": 0.005, "iterations": 30}}


@pytest.mark.parametrize("n_columns", [3, 30])
def test_the_ridge_counts_rows_by_their_weights(n_columns):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(9, n)).astype(np.float32) for n in (n_columns, 2))
    weights = np.asarray([1.0, 2, 0, 1, 1, 3, 1, 1, 1])
    repeated = np.repeat(np.arange(9), weights.astype(int))
    left = x[repeated].T @ x[repeated] + 2 * np.eye(n_columns)
    expected = np.linalg.solve(left, x[repeated].T @ y[repeated])
    np.testing.assert_allclose(WeightedRidge.of(x, weights).solved(y, 2.0), expected, rtol=1e-4, atol=1e-6)


def test_warm_items_have_the_factors_of_ials_and_cold_ones_what_their_content_tells():
    settings = {"factors": 6, "alpha": 40, "regularization": 10}
    model = make_model("content-factors", settings).fit(KNOWN.data)
    plain = make_model("ials", settings).fit(KNOWN.data)
    np.testing.assert_array_equal(model.item_factors[:-N_COLD], plain.item_factors[:-N_COLD])
    scores = model.score(KNOWN.queries)
    np.testing.assert_allclose(scores[:, :-N_COLD], plain.score(KNOWN.queries)[:, :-N_COLD], rtol=1e-3)


@pytest.mark.parametrize("name", ["content-factors", "vbpr"])
def test_cold_items_of_the_own_colour_stand_above_the_others(name):
    model = make_model(name, SETTINGS[name]).fit(KNOWN.data)
    cold = model.score(KNOWN.queries)[:, -N_COLD:]
    own = KNOWN.own_colour[:, -N_COLD:]
    assert np.nanmean(cold[own]) > np.nanmean(cold[~own])
    better = np.nanmin(np.where(own, cold, np.nan), axis=1) > np.nanmax(np.where(own, np.nan, cold), axis=1)
    assert better.mean() > 0.9


def test_an_item_without_events_and_without_media_gets_no_score():
    bare = TrainingData(KNOWN.data.interactions)
    for name in ("content-factors", "vbpr"):
        scores = make_model(name, {"factors": 4}).fit(bare).score(QueryBatch.of_users(bare, np.arange(4)))
        assert np.isnan(scores[:, -N_COLD:]).all()
        assert np.isfinite(scores[:, :-N_COLD]).all()


def test_vbpr_gives_the_same_model_for_a_seed():
    short = {"factors": 3, "content_factors": 3, "iterations": 2}
    first, again, other = (make_model("vbpr", short).fit(KNOWN.data, FitOptions(seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.item_factors, again.item_factors)
    assert not np.array_equal(first.item_factors, other.item_factors)
