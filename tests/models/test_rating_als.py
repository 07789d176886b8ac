"""Ratings predicted by alternating least squares: each half round is exact, all find the truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from tests.models.rated_factors import N_ITEMS, N_USERS, NOISE, made_ratings

from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import with_data
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.rating_als import RatingALS, RatingALSConfig
from sensorium.models.shared.expected_rows import RowLaw, Rows, expected_rows, full

TRUTH, KNOWN, DATA = made_ratings()
MODEL = RatingALS(RatingALSConfig(factors=3)).fit(DATA)
BLIND = RatingALS(RatingALSConfig(factors=3, content=False)).fit(DATA)
USERS = np.arange(N_USERS)
SCORES, BLIND_SCORES = (model.score(QueryBatch.of_users(DATA, USERS)) for model in (MODEL, BLIND))
UNRATED = np.arange(N_ITEMS) >= N_ITEMS - 10


def data_of(ratings):
    ratings = sparse.csr_array(ratings, dtype=np.float32)
    return TrainingData(ratings, ratings=ratings)


def strangers(ratings):
    return QueryBatch(
        sparse.csr_array(ratings.shape, dtype=np.float32), np.full(ratings.shape[0], -1), ratings=ratings
    )


def error(scores, where):
    return float(np.sqrt(np.mean((scores - np.clip(TRUTH, *MODEL.scale))[where] ** 2)))


def some_rows(n=6, d=3):
    """Rows of the other side with covariances, ratings of five rows, and a law."""
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(n, d, d))
    covariances = (roots @ roots.transpose(0, 2, 1))[:, *np.triu_indices(d)].astype(np.float32)
    values = sparse.csr_array(rng.normal(size=(5, n)) * (rng.random((5, n)) < 0.7))
    root = rng.normal(size=(d, d))
    return (
        Rows(rng.normal(size=(n, d)), covariances),
        values,
        rng.normal(size=(5, d)),
        root @ root.T + np.eye(d),
    )


def test_each_row_solves_its_normal_equations():
    others, values, prior, precision = some_rows()
    rows, _ = expected_rows(values, others, prior, precision, 4.0)
    covariances = full(others.covariances, 3)
    for row, mean in enumerate(rows.means):
        left, right = precision.copy(), precision @ prior[row]
        for column in values[[row]].indices:
            bias, w = others.means[column, 0], np.asarray([1, *others.means[column, 1:]])
            unsure = covariances[column].copy()
            unsure[0], unsure[:, 0] = 0, 0
            with_bias = np.asarray([0, *covariances[column, 0, 1:]])
            left += 4 * (np.outer(w, w) + unsure)
            right += 4 * (w * (values[row, column] - bias) - with_bias)
        np.testing.assert_allclose(left @ mean, right, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(full(rows.covariances, 3)[row], np.linalg.inv(left), rtol=1e-3, atol=1e-6)


def test_where_the_other_side_is_certain_a_row_is_the_ridge_regression_on_it():
    others, values, _, precision = some_rows()
    certain = replace(others, covariances=np.zeros_like(others.covariances))
    rows, _ = expected_rows(values, certain, np.zeros((1, 3)), precision, 4.0)
    for row, mean in enumerate(rows.means):
        chosen = values[[row]].indices
        inputs = np.concatenate([np.ones((len(chosen), 1)), others.means[chosen, 1:]], axis=1)
        right = 4 * inputs.T @ (values[[row]].data - others.means[chosen, 0])
        expected = np.linalg.solve(4 * inputs.T @ inputs + precision, right)
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)


def test_the_expected_squared_error_is_what_draws_of_both_sides_have():
    others, values, prior, precision = some_rows()
    rows, told = expected_rows(values, others, prior, precision, 1.0)
    rng, n_draws = np.random.default_rng(0), 100_000
    x, y = (
        np.stack(
            [
                rng.multivariate_normal(mean, covariance, n_draws)
                for mean, covariance in zip(side.means, full(side.covariances, 3), strict=True)
            ]
        )
        for side in (rows, others)
    )
    row, column = values.nonzero()
    predicted = x[row, :, 0] + y[column, :, 0] + np.einsum("nsd,nsd->ns", x[row, :, 1:], y[column, :, 1:])
    drawn = np.square(values[row, column][:, None] - predicted).mean(axis=1).sum()
    assert told == pytest.approx(drawn, rel=0.02)


def test_a_law_learns_mean_precision_and_slopes_of_rows():
    rng = np.random.default_rng(5)
    features = np.linalg.qr(rng.normal(size=(4000, 2)))[0] * 40
    rows = [1.0, -2.0] + features @ [[3.0, 0], [0, 0.5]] + rng.normal(size=(4000, 2)) * [0.5, 2]
    law = RowLaw(2, features)
    for _ in range(20):
        law.learn(Rows.around(rows, np.zeros((2, 2))))
    np.testing.assert_allclose(law.mean, [1, -2], atol=0.1)
    np.testing.assert_allclose(law.slopes, [[3, 0], [0, 0.5]], atol=0.1)
    np.testing.assert_allclose(np.linalg.inv(law.precision), np.diag([0.25, 4]), atol=0.2)


def test_the_truth_is_found_to_within_less_than_the_noise():
    assert error(SCORES, ~KNOWN & ~UNRATED) < 0.8 * NOISE
    assert 0.8 * NOISE < MODEL.spread * MODEL.noise_precision**-0.5 < 1.2 * NOISE


def test_an_item_without_ratings_is_what_its_features_tell_and_without_them_all_are_alike():
    new = np.broadcast_to(UNRATED, TRUTH.shape)
    assert error(SCORES, new) < 0.6 * error(BLIND_SCORES, new)
    np.testing.assert_array_equal(BLIND_SCORES[:, -10:], np.tile(BLIND_SCORES[:, -1:], 10))
    assert np.isfinite(BLIND_SCORES).all()


def test_an_item_that_comes_later_is_what_one_without_ratings_is():
    block = DATA.blocks["text:plot"]
    values = np.concatenate([block.values, block.values[-3:]])
    longer = MODEL.extend({"text:plot": FeatureBlock("text:plot", values, np.ones(len(values), np.bool_))})
    np.testing.assert_allclose(longer.items[-3:], MODEL.items[-3:], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(longer.item_covariances[-3:], MODEL.item_covariances[-3:], rtol=1e-6)
    np.testing.assert_allclose(longer.score(strangers(DATA.ratings))[:, :N_ITEMS], SCORES, atol=1e-4)


def test_a_stranger_with_the_ratings_of_a_known_user_gets_what_training_found_for_that_user():
    np.testing.assert_allclose(MODEL.score(strangers(DATA.ratings)), SCORES, atol=1e-5)
    known = MODEL.score(QueryBatch(sparse.csr_array(DATA.ratings.shape, dtype=np.float32), USERS))
    np.testing.assert_allclose(known, SCORES, atol=1e-5)


def test_somebody_without_ratings_is_the_mean_user():
    nothing = sparse.csr_array((2, N_ITEMS), dtype=np.float32)
    scores = MODEL.score(QueryBatch(nothing, np.asarray([-1, -1])))
    np.testing.assert_allclose(scores, MODEL.score(strangers(nothing)), atol=1e-5)
    assert np.abs(scores[0] - SCORES[5]).max() > 0.1


def test_the_order_of_users_changes_nothing():
    order = np.random.default_rng(0).permutation(N_USERS)
    turned = sparse.csr_array(DATA.ratings[order])
    other = RatingALS(MODEL.config).fit(TrainingData(turned, None, turned, DATA.blocks))
    np.testing.assert_allclose(other.score(strangers(turned)), SCORES[order], atol=1e-3)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1000.0, 1e9, 1e30])
@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_ratings_in_another_unit_are_predicted_as_well(unit, shift):
    turned = with_data(DATA.ratings, ((DATA.ratings.data + np.float32(shift)) * unit).astype(np.float32))
    other = RatingALS(MODEL.config).fit(TrainingData(turned, None, turned, DATA.blocks))
    np.testing.assert_allclose(other.score(strangers(turned)) / unit - shift, SCORES, atol=0.02)


@pytest.mark.parametrize("value", [0.1, -4.0, 1e30])
def test_ratings_that_are_all_equal_are_predicted_as_they_are(value):
    equal = with_data(DATA.ratings, np.full(DATA.ratings.nnz, value, dtype=np.float32))
    scores = (
        RatingALS(MODEL.config).fit(TrainingData(equal, None, equal, DATA.blocks)).score(strangers(equal))
    )
    np.testing.assert_allclose(scores, value, rtol=1e-6)


def test_one_rating_is_what_everything_is_expected_to_be():
    one = sparse.csr_array((np.float32([4]), ([1], [2])), shape=(3, 5))
    model = RatingALS().fit(data_of(one))
    assert (model.score(QueryBatch.of_users(data_of(one), np.arange(3))) == 4).all()


def test_a_single_user_and_a_single_item_are_learnt_from():
    for ratings in ([[1, 5, 3, 4]], [[1], [5], [3], [4]]):
        data = data_of(np.asarray(ratings))
        scores = RatingALS().fit(data).score(QueryBatch.of_users(data, np.arange(data.n_users)))
        assert np.isfinite(scores).all()
        assert ((scores >= 1) & (scores <= 5)).all()


def test_without_factors_it_is_biases_alone():
    model = RatingALS(RatingALSConfig(factors=0, content=False)).fit(DATA)
    scores = model.score(QueryBatch.of_users(DATA, USERS))
    told = model.mean + model.spread * (model.users + model.items.T)
    np.testing.assert_allclose(scores, np.clip(told, *model.scale), rtol=1e-5)
    assert (
        NOISE < error(scores, ~KNOWN & ~UNRATED) < error(np.full(TRUTH.shape, model.mean), ~KNOWN & ~UNRATED)
    )


def test_a_seed_gives_the_same_model_twice_and_a_restored_one_answers_alike():
    first, again, other = (RatingALS(MODEL.config).fit(DATA, FitOptions(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.items, again.items)
    assert not np.array_equal(first.items, other.items)
    restored = RatingALS(MODEL.config).restore(MODEL.state())
    np.testing.assert_array_equal(restored.score(QueryBatch.of_users(DATA, USERS)), SCORES)


def test_without_ratings_it_says_what_to_do():
    with pytest.raises(NotReadyError, match="rating column"):
        RatingALS().fit(TrainingData(sparse.csr_array(np.eye(3, dtype=np.float32))))
