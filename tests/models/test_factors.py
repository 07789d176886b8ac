"""Factor models: users are folded in as the formulas say."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.ials import balanced
from sensorium.models.registry import make_model
from sensorium.models.shared.folded_in import mean_rows, ridge_map
from sensorium.ranking.top_k import top_k
from sensorium.testing.two_colour import two_colour

RNG = np.random.default_rng(5)
CLICKS = (RNG.random((50, 20)) < 0.3).astype(np.float32)
CLICKS[:, 19] = 0
HISTORY = np.asarray([[2.0, 0, 1, -1] + [0] * 16], dtype=np.float32)


def training():
    return TrainingData(sparse.csr_array(CLICKS))


def query(history):
    return QueryBatch(sparse.csr_array(history), np.full(len(history), -1))


def test_ials_solves_the_weighted_ridge_of_the_history():
    model = make_model("ials", {"factors": 4, "alpha": 5, "regularization": 2}).fit(training())
    weights = np.where(HISTORY[0] != 0, 5 * np.abs(HISTORY[0]), 1)
    chosen = HISTORY[0] > 0
    factors = model.item_factors.astype(np.float64)
    left = factors.T @ (weights[:, None] * factors) + 2 * np.eye(4)
    user = np.linalg.solve(left, factors.T @ (weights * chosen))
    np.testing.assert_allclose(
        model.score(query(HISTORY))[0, :19], (factors @ user)[:19], rtol=1e-4, atol=1e-5
    )


def test_ials_factors_are_those_of_the_library_and_users_those_it_would_recalculate():
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    model = make_model("ials", {"factors": 4, "item_exponent": 0}).fit(training(), FitOptions(seed=3))
    clicks = sparse.csr_matrix(CLICKS)
    with threadpool_limits(1, "blas"):
        library = AlternatingLeastSquares(
            factors=4, alpha=100, regularization=250, iterations=10, random_state=3
        )
        library.fit(clicks, show_progress=False)
        users = library.recalculate_user(np.arange(50), clicks)
    scores = model.score(QueryBatch.of_users(training(), np.arange(50)))
    some = CLICKS.any(axis=1)
    expected = users @ library.item_factors.T
    np.testing.assert_allclose(scores[some, :19], expected[some, :19], rtol=1e-3, atol=1e-4)


def test_exponents_hold_back_the_events_of_active_users_and_popular_items_one_on_average():
    clicks = sparse.csr_array(np.asarray([[1, 1, 2], [1, 0, 0]], dtype=np.float32))
    weights = np.asarray([3**-0.5 / 2, 3**-0.5, 3**-0.5, 1 / 2])
    expected = np.asarray([1, 1, 2, 1]) * weights / weights.mean()
    np.testing.assert_allclose(balanced(clicks, 0.5, 1.0).data, expected, rtol=1e-6)
    np.testing.assert_array_equal(balanced(clicks, 0, 0).toarray(), clicks.toarray())
    nothing = sparse.csr_array((2, 3), dtype=np.float32)
    assert balanced(nothing, 0.5, 0.5).nnz == 0


@pytest.mark.parametrize("name", ["ials", "bpr"])
def test_a_seed_gives_the_same_factors_twice_and_another_seed_others(name):
    data = two_colour(n_users=100).data
    first, again, other = (
        make_model(name, {"factors": 8}).fit(data, FitOptions(seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.item_factors, again.item_factors)
    assert not np.array_equal(first.item_factors, other.item_factors)


def test_factors_of_bpr_are_those_of_the_library_whose_bias_counts_too():
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = make_model("bpr", {"factors": 4, "iterations": 5}).fit(training(), FitOptions(seed=3))
    library = BayesianPersonalizedRanking(
        factors=4, learning_rate=0.05, regularization=0.01, iterations=5, num_threads=1, random_state=3
    )
    library.fit(sparse.csr_matrix(CLICKS), show_progress=False)
    items = np.asarray(library.item_factors)[:19]
    np.testing.assert_array_equal(model.item_factors[:19], items[:, :-1])
    expected = items[:, -1] + items[:, :-1] @ model.mean_user
    np.testing.assert_allclose(model.item_bias[:19], expected, rtol=1e-4, atol=1e-6)


def test_a_user_of_bpr_is_the_learnt_map_of_the_mean_factors():
    model = make_model("bpr", {"factors": 4}).fit(training())
    shares = HISTORY[0] / np.abs(HISTORY[0]).sum()
    user = (shares @ model.item_factors) @ model.fold_in
    expected = model.item_factors @ user + model.item_bias
    np.testing.assert_allclose(model.score(query(HISTORY))[0, :19], expected[:19], rtol=1e-4, atol=1e-5)


def test_the_map_finds_the_affine_relation_that_is_there():
    rng = np.random.default_rng(6)
    inputs = rng.normal(size=(500, 3)).astype(np.float32)
    weights, constant = rng.normal(size=(3, 2)), np.asarray([1.0, -2.0])
    found, offset = ridge_map(inputs, (inputs @ weights + constant).astype(np.float32))
    np.testing.assert_allclose(found, weights, atol=0.03)
    np.testing.assert_allclose(offset, constant, atol=0.03)


def test_a_history_without_events_has_no_mean():
    assert not mean_rows(sparse.csr_array((2, 3), dtype=np.float32), np.ones((3, 4), np.float32)).any()


@pytest.mark.parametrize("name", ["ials", "bpr"])
def test_the_best_of_a_batch_are_those_of_the_scores(name):
    data = two_colour(n_users=100).data
    model = make_model(name, {"factors": 8}).fit(data)
    queries = QueryBatch.of_users(data, np.arange(100))
    nothing = sparse.csr_array((1, data.n_items), dtype=np.float32)
    both = sparse.csr_array(sparse.vstack([queries.history, nothing]))
    queries = QueryBatch(both, np.full(101, -1))
    indices, scores = model.recommend(queries, 7)
    expected, plain = top_k(model.score(queries), 7, exclude=queries.history)
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_allclose(scores, plain, rtol=1e-4, atol=1e-5)
    assert (indices[-1] == -1).all()


def test_items_with_the_same_factors_are_ranked_by_their_index():
    data = two_colour(n_users=100).data
    model = make_model("ials", {"factors": 8}).fit(data)
    model.item_factors[1::2] = model.item_factors[::2]  # twins
    found, scores = model.recommend(data.interactions, data.n_items)
    tied = scores[:, 1:] == scores[:, :-1]
    assert tied.sum() > 50 * len(found) // 10
    assert (found[:, 1:] > found[:, :-1])[tied].all()


def test_a_model_by_itself_answers_as_fast_users_of_matrices_expect():
    likes = sparse.csr_matrix(np.kron(np.eye(2), np.ones((6, 4))) * (1 - np.eye(12, 8)))
    found, scores = make_model("ials", {"factors": 2}).fit(likes).recommend(likes, 3)
    assert (found[:4, 0] == np.arange(4)).all()  # what each of the first four lacks of its own kind
    assert np.isfinite(scores[:, 0]).all()
