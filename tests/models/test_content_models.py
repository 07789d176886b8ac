"""Factors that content tells: maps found, cold items reached, seeds kept."""

import numpy as np
import pytest

from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.content_factors import WeightedRidge
from sensorium.models.registry import make_model
from sensorium.models.shared.adam import Adam
from sensorium.models.vbpr import step
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


def test_an_item_without_events_has_no_factors_of_behaviour_in_vbpr():
    model = make_model("vbpr", {"factors": 3, "content_factors": 2, "iterations": 1}).fit(KNOWN.data)
    assert not model.item_factors[-N_COLD:, :3].any()
    assert model.item_factors[-N_COLD:, 3:].any()
    assert model.item_factors[:-N_COLD, :3].all()


def test_vbpr_gives_the_same_model_for_a_seed():
    short = {"factors": 3, "content_factors": 3, "iterations": 2}
    first, again, other = (make_model("vbpr", short).fit(KNOWN.data, FitOptions(seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.item_factors, again.item_factors)
    assert not np.array_equal(first.item_factors, other.item_factors)


def test_the_first_step_of_vbpr_goes_up_the_slope_of_its_objective():
    """The first step of Adam is as long as its rate and goes where the slope points."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, 4)).astype(np.float32)
    shapes = {"p": (2, 2), "t": (2, 2), "q": (3, 2), "b": (3, 1), "E": (4, 2), "c": (4, 1)}
    start = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    user, chosen, other, pull = 1, 0, 2, 3.0

    def objective(at):
        def score(item):
            f = features[item]
            content = f @ at["c"][:, 0] + at["t"][user] @ (f @ at["E"])
            return at["b"][item, 0] + at["p"][user] @ at["q"][item] + content

        taking_part = [at["p"][user], at["t"][user], at["E"], at["c"]]
        taking_part += [at[name][item] for name in ("q", "b") for item in (chosen, other)]
        squares = sum((part**2).sum() for part in taking_part)
        return -np.log1p(np.exp(score(other) - score(chosen))) - pull / 2 * squares

    steps = {name: Adam(value.astype(np.float32), 0.001) for name, value in start.items()}
    step(steps, features, tuple(np.asarray([n]) for n in (user, chosen, other)), pull)
    for name, value in start.items():
        for place in np.ndindex(value.shape):
            moved = {**start, name: value.copy()}
            moved[name][place] += 1e-6
            slope = (objective(moved) - objective(start)) / 1e-6
            gone = steps[name].value[place] - value[place]
            assert gone == pytest.approx(0.001 * np.sign(round(slope, 4)), abs=1e-5), (name, place)
