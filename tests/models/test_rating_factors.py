"""Ratings predicted by Bayesian factors: the sampler finds what made the data."""

import numpy as np
import pytest
from scipy import sparse
from tests.models.rated_factors import N_ITEMS, N_USERS, NOISE, made_ratings

from sensorium.core.component import State
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import with_data
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.rating_factors import RatingFactors, RatingFactorsConfig
from sensorium.models.shared.block_features import concatenated
from sensorium.models.shared.gibbs import sampled_rows
from sensorium.models.shared.rating_units import principal_axes

TRUTH, KNOWN, DATA = made_ratings()
MODEL = RatingFactors(RatingFactorsConfig(factors=3)).fit(DATA)
SCORES = MODEL.score(QueryBatch.of_users(DATA, np.arange(N_USERS)))


def error(scores, where):
    return float(np.sqrt(np.mean((scores - np.clip(TRUTH, *MODEL.scale))[where] ** 2)))


def test_the_truth_is_found_to_within_less_than_the_noise():
    rated = ~KNOWN & (np.arange(N_ITEMS) < N_ITEMS - 10)
    assert error(SCORES, rated) < 0.8 * NOISE
    noise = MODEL.spread * float(np.mean(MODEL.noise_precisions)) ** -0.5
    assert 0.8 * NOISE < noise < 1.2 * NOISE


def test_an_item_without_ratings_is_what_its_features_tell():
    new = np.broadcast_to(np.arange(N_ITEMS) >= N_ITEMS - 10, TRUTH.shape)
    blind = RatingFactors(RatingFactorsConfig(factors=3, content=False)).fit(DATA)
    without = blind.score(QueryBatch.of_users(DATA, np.arange(N_USERS)))
    assert error(SCORES, new) < 0.6 * error(without, new)


def test_a_stranger_with_the_ratings_of_a_known_user_gets_the_same_predictions():
    ratings = sparse.csr_array(DATA.ratings[:3])
    new_users = QueryBatch(sparse.csr_array((3, N_ITEMS), dtype=np.float32), np.full(3, -1), ratings=ratings)
    np.testing.assert_allclose(MODEL.score(new_users), SCORES[:3], atol=1e-4)


def test_known_users_are_remembered_and_new_users_without_ratings_are_all_alike():
    nothing = sparse.csr_array((3, N_ITEMS), dtype=np.float32)
    scores = MODEL.score(QueryBatch(nothing, np.asarray([-1, 5, -1])))
    np.testing.assert_allclose(scores[1], SCORES[5], atol=1e-4)
    np.testing.assert_allclose(scores[0], scores[2], atol=1e-4)
    assert np.abs(scores[0] - scores[1]).max() > 0.1


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1000.0, 1e9])
@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_ratings_in_another_unit_are_predicted_as_well(unit, shift):
    short = RatingFactorsConfig(factors=3, warm_up=5, samples=5)
    turned = with_data(DATA.ratings, ((DATA.ratings.data + np.float32(shift)) * unit).astype(np.float32))
    users = np.arange(N_USERS)
    plain, other = (
        RatingFactors(short).fit(data).score(QueryBatch.of_users(data, users))
        for data in (DATA, TrainingData(turned, None, turned, DATA.blocks))
    )
    np.testing.assert_allclose(other / unit - shift, plain, atol=0.02)


def test_ratings_that_are_all_equal_are_predicted_as_they_are():
    ones = with_data(DATA.ratings, np.full(DATA.ratings.nnz, 0.1, dtype=np.float32))
    data = TrainingData(ones, None, ones, DATA.blocks)
    model = RatingFactors(RatingFactorsConfig(factors=2, warm_up=2, samples=2)).fit(data)
    np.testing.assert_allclose(model.score(QueryBatch.of_users(data, np.arange(3))), 0.1, rtol=1e-6)


def test_a_model_of_an_older_bundle_is_in_units_of_the_ratings():
    state = MODEL.state()
    old = State(state.arrays, {name: value for name, value in state.values.items() if name != "spread"})
    assert RatingFactors(MODEL.config).restore(old).spread == 1.0


def test_a_seed_gives_the_same_model_twice():
    short = RatingFactorsConfig(factors=2, samples=2)
    first, again, other = (RatingFactors(short).fit(DATA, FitOptions(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.items, again.items)
    assert not np.array_equal(first.items, other.items)


def test_the_expected_row_is_the_ridge_regression_on_the_others():
    rng = np.random.default_rng(1)
    others = rng.normal(size=(6, 3))
    values = sparse.csr_array(rng.normal(size=(1, 6)))
    precision, prior = np.diag([1.0, 2, 3]), np.asarray([[0.5, 0, -0.5]])
    row = sampled_rows(values, others, prior, precision, 4.0)
    inputs = np.concatenate([np.ones((6, 1)), others[:, 1:]], axis=1)
    right = 4 * inputs.T @ (values.toarray()[0] - others[:, 0]) + precision @ prior[0]
    np.testing.assert_allclose(row[0], np.linalg.solve(4 * inputs.T @ inputs + precision, right), rtol=1e-6)


def test_draws_scatter_around_the_expected_row_as_the_posterior_says():
    rng = np.random.default_rng(2)
    others, precision = rng.normal(size=(6, 3)), np.eye(3)
    values = sparse.csr_array(np.tile(rng.normal(size=(1, 6)), (20_000, 1)))
    draws = sampled_rows(values, others, np.zeros((1, 3)), precision, 2.0, np.random.default_rng(0))
    inputs = np.concatenate([np.ones((6, 1)), others[:, 1:]], axis=1)
    np.testing.assert_allclose(np.cov(draws.T), np.linalg.inv(2 * inputs.T @ inputs + precision), atol=0.02)


def test_a_missing_medium_shows_in_a_column_of_its_own():
    block = FeatureBlock("image:poster", np.ones((3, 2), np.float32), np.asarray([True, False, True]))
    assert concatenated({"image:poster": block}, 3).tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert concatenated({}, 3).shape == (3, 0)


@pytest.mark.parametrize(("n_items", "n_columns"), [(30, 5), (5, 30)])
def test_axes_are_those_of_most_squared_length_and_none_are_empty(n_items, n_columns):
    shapes = (n_items, 2), (2, n_columns)
    rng = np.random.default_rng(3)
    one, other = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    features = one @ other
    axes = principal_axes(features)
    assert axes.shape == (n_columns, 2)
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-4)
    rotated = features @ axes
    np.testing.assert_allclose(np.square(rotated).sum(), np.square(features).sum(), rtol=1e-4)
    assert abs(rotated[:, 0] @ rotated[:, 1]) < 1e-3 * np.square(rotated).sum()


def test_without_ratings_it_says_what_to_do():
    with pytest.raises(NotReadyError, match="rating column"):
        RatingFactors().fit(TrainingData(sparse.csr_array(np.eye(3, dtype=np.float32))))
