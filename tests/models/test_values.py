"""Each model against the plainest possible computation of its formula."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import ConfigError, DataError, NotReadyError, UserError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.popularity import capped
from sensorium.models.registry import make_model, model_types

RNG = np.random.default_rng(3)
CLICKS = (RNG.random((30, 12)) < 0.35).astype(np.float32)
CLICKS[:, 11] = 0
WORDS = RNG.normal(size=(12, 5)).astype(np.float32)
WORDS /= np.linalg.norm(WORDS, axis=1, keepdims=True)
GENRES = (RNG.random((12, 6)) < 0.4).astype(np.float32)


def block(name, values, absent=()):
    present = ~np.isin(np.arange(len(values)), absent)
    return FeatureBlock(name, (values * present[:, None]).astype(np.float32), present)


def training(**extra):
    blocks = {
        "text:plot": block("text:plot", WORDS, absent=[4]),
        "category:genres": block("category:genres", GENRES),
    }
    return TrainingData(sparse.csr_array(CLICKS), blocks=blocks, **extra)


def scores_of(name, **settings):
    data = training()
    queries = QueryBatch.of_users(data, np.arange(data.n_users))
    return make_model(name, settings).fit(data).score(queries)


def checked(scores, expected):
    """Compare all but the item without events."""
    np.testing.assert_allclose(scores[:, :11], expected[:, :11], rtol=2e-4, atol=1e-5)


def test_popularity_counts_events_and_knows_nothing_of_items_without():
    scores = scores_of("popularity")
    assert scores[5, :11].tolist() == CLICKS.sum(axis=0)[:11].tolist()
    assert np.isnan(scores[:, 11]).all()


def test_recent_popularity_halves_an_event_in_each_half_life():
    clicks = sparse.csr_array(np.asarray([[1, 1, 0], [1, 0, 1]], dtype=np.float32))
    days = np.asarray([0.0, 30.0, 20.0, 25.0])
    times = sparse.csr_array((1e9 + 86_400 * days, clicks.indices, clicks.indptr), shape=clicks.shape)
    model = make_model("recent-popularity", {"half_life_days": 10}).fit(TrainingData(clicks, times))
    least = 0.1  # of so few events
    expected = [2**-3 + 2**-1 + 2 * least, 1 + least, 2**-0.5 + least]
    np.testing.assert_allclose(model.popularity, expected, rtol=1e-6)


def test_recent_popularity_counts_events_without_a_time_as_the_oldest():
    clicks = sparse.csr_array(np.asarray([[1, 1, 0], [1, 0, 1]], dtype=np.float32))
    days = np.asarray([np.nan, 30.0, 10.0, np.nan])
    times = sparse.csr_array((1e9 + 86_400 * days, clicks.indices, clicks.indptr), shape=clicks.shape)
    model = make_model("recent-popularity", {"half_life_days": 10}).fit(TrainingData(clicks, times))
    np.testing.assert_allclose(model.popularity, [2 * 2**-2 + 0.2, 1.1, 2**-2 + 0.1], rtol=1e-6)


def test_recent_popularity_without_any_known_time_is_popularity():
    clicks = sparse.csr_array(np.asarray([[1, 1, 0], [1, 0, 1]], dtype=np.float32))
    nothing = np.full(clicks.nnz, np.nan)
    times = sparse.csr_array((nothing, clicks.indices, clicks.indptr), shape=clicks.shape)
    model = make_model("recent-popularity").fit(TrainingData(clicks, times))
    np.testing.assert_allclose(model.popularity, [2.2, 1.1, 1.1])


def recent_of_all(moments, days=10.0):
    """Return the popularity of items of which each has one event, by a user of its own."""
    clicks = sparse.csr_array(np.eye(len(moments), dtype=np.float32))
    times = sparse.csr_array((np.asarray(moments, dtype=np.float64), clicks.indices, clicks.indptr))
    model = make_model("recent-popularity", {"half_life_days": days})
    return model.fit(TrainingData(clicks, times)).popularity


def test_recent_popularity_is_dated_by_a_crowd_and_what_is_later_counts_once():
    moments = 1e9 + 86_400 * np.arange(40.0)
    plain = recent_of_all(moments)
    assert plain[-3:].tolist() == pytest.approx([1.1] * 3), "three of forty make a crowd"
    assert plain[-13] == pytest.approx(0.5 + 0.1)
    moments[:2] = 4e9
    age_days = np.maximum(39.0 - np.arange(40.0), 0)
    age_days[:2] = 0
    np.testing.assert_allclose(recent_of_all(moments), np.exp2(-age_days / 10) + 0.1, rtol=1e-6)


def test_recent_popularity_counts_all_time_where_nothing_is_recent():
    clicks = sparse.csr_array(np.repeat([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0]], 10, axis=0))
    clicks = sparse.csr_array(sparse.vstack([clicks, sparse.csr_array(np.tile([[0, 0, 0, 1]], (3, 1)))]))
    moments = np.where(clicks.indices < 3, 0.0, 1e9)
    times = sparse.csr_array((moments, clicks.indices, clicks.indptr), shape=clicks.shape)
    data = TrainingData(sparse.csr_array(clicks, dtype=np.float32), times)
    found = make_model("recent-popularity", {"half_life_days": 0.5}).fit(data).popularity
    assert found.tolist() == pytest.approx([1, 2, 3, 3.3])


def test_no_user_adds_more_to_recent_popularity_than_the_least_of_a_crowd():
    users = np.repeat(np.arange(5), [1000, 40, 30, 1, 1])
    found = capped(np.ones(len(users)), users, 6)
    sums = np.bincount(users, weights=found)
    assert sums.tolist() == pytest.approx([30, 30, 30, 1, 1])
    assert capped(np.zeros(2), np.asarray([0, 1]), 2).tolist() == [0, 0]


def test_recent_popularity_without_times_says_what_to_do():
    with pytest.raises(NotReadyError, match="timestamp column"):
        make_model("recent-popularity").fit(training())


def test_ease_is_the_closed_form():
    gram = CLICKS.T @ CLICKS + 20 * np.eye(12)
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    checked(scores_of("ease", regularization=20), CLICKS @ weights)


def test_ease_is_what_ridge_regression_on_the_other_items_gives():
    weights = make_model("ease", {"regularization": 7}).fit(training()).weights
    others = np.arange(12) != 3
    X, y = CLICKS[:, others], CLICKS[:, 3]
    ridge = np.linalg.solve(X.T @ X + 7 * np.eye(11), X.T @ y)
    np.testing.assert_allclose(weights[others, 3], ridge, rtol=1e-3, atol=1e-5)


def test_ease_with_exponents_is_the_closed_form_of_the_scaled_clicks():
    n, d = CLICKS.sum(axis=1), np.maximum(CLICKS.sum(axis=0), 1)
    scale = np.diag(d**-0.3)
    gram = scale @ CLICKS.T @ np.diag(np.maximum(n, 1) ** -0.5) @ CLICKS @ scale
    inverse = np.linalg.inv(gram + 20 * np.trace(gram) / CLICKS.sum() * np.eye(12))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    expected = CLICKS @ scale @ weights @ np.linalg.inv(scale)
    checked(scores_of("ease", regularization=20, user_exponent=0.5, item_exponent=0.3), expected)


def test_rp3_is_the_damped_walk():
    n, d = np.maximum(CLICKS.sum(axis=1), 1), np.maximum(CLICKS.sum(axis=0), 1)
    walk = np.diag(d**-0.4) @ CLICKS.T @ np.diag(1 / n) @ CLICKS @ np.diag(d**-0.7)
    np.fill_diagonal(walk, 0)
    checked(scores_of("rp3", from_exponent=0.4, to_exponent=0.7), CLICKS @ walk)


def test_rp3_keeps_the_largest_of_each_row():
    all_of_them = make_model("rp3").fit(training()).weights.toarray()
    few = make_model("rp3", {"neighbours": 3}).fit(training()).weights.toarray()
    for row, kept in zip(all_of_them, few, strict=True):
        assert sorted(kept[kept > 0]) == sorted(np.sort(row[row > 0])[-3:])


@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "euclidean"])
def test_item_knn_sums_similarities(similarity):
    both = CLICKS.T @ CLICKS
    d = np.diag(both)
    plain = {
        "cosine": both / (np.sqrt(np.outer(d, d)) + 2 + 1e-12),
        "jaccard": both / (d[:, None] + d[None, :] - both + 2 + 1e-12),
        "euclidean": both / (both + 2) / (1 + np.sqrt(d[:, None] + d[None, :] - 2 * both)),
    }[similarity]
    np.fill_diagonal(plain, 0)
    checked(scores_of("item-knn", similarity=similarity, shrinkage=2), CLICKS @ plain)


@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "euclidean"])
def test_user_knn_sums_the_histories_of_the_nearest(similarity):
    both = CLICKS @ CLICKS.T
    n = np.diag(both)
    plain = {
        "cosine": both / (np.sqrt(np.outer(n, n)) + 1),
        "jaccard": both / (n[:, None] + n[None, :] - both + 1),
        "euclidean": both / (both + 1) / (1 + np.sqrt(n[:, None] + n[None, :] - 2 * both)),
    }[similarity]
    for row in plain:
        row[np.lexsort((np.arange(30), -row))[8:]] = 0
    checked(scores_of("user-knn", similarity=similarity, shrinkage=1, neighbours=8), plain @ CLICKS)


def content(values, similarity):
    if similarity == "cosine":
        return values @ values.T
    if similarity == "euclidean":
        return 1 / (1 + np.linalg.norm(values[:, None] - values[None], axis=2))
    has = values != 0
    return (has[:, None] & has[None]).sum(axis=2) / np.maximum((has[:, None] | has[None]).sum(axis=2), 1)


@pytest.mark.parametrize("neighbours", [None, 4])
@pytest.mark.parametrize(
    ("name", "similarity"),
    [("text:plot", "cosine"), ("text:plot", "euclidean"), ("category:genres", "jaccard")],
)
def test_content_knn_sums_similarities_to_the_history(name, similarity, neighbours):
    source = training().blocks[name]
    alike = content(source.values, similarity)
    np.fill_diagonal(alike, 0)
    alike[~source.present] = 0
    alike[:, ~source.present] = 0
    if neighbours:
        for row in alike:
            row[np.lexsort((np.arange(12), -row))[neighbours:]] = 0
        alike = np.maximum(alike, 0)
    scores = scores_of("content-knn", block=name, similarity=similarity, neighbours=neighbours)
    np.testing.assert_allclose(
        scores[:, source.present], (CLICKS @ alike)[:, source.present], rtol=1e-4, atol=1e-5
    )
    assert np.isnan(scores[:, ~source.present]).all()


def test_content_knn_does_not_score_a_history_without_the_medium():
    data = training()
    only = np.zeros((1, 12), dtype=np.float32)
    only[0, 4] = 1
    model = make_model("content-knn", {"block": "text:plot"}).fit(data)
    assert np.isnan(model.score(QueryBatch(sparse.csr_array(only), np.asarray([-1])))).all()


def test_an_unknown_block_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="unknown feature block 'image'.*category:genres, text:plot"):
        make_model("content-knn").fit(training())


def test_multimodal_knn_weighs_the_blocks_that_an_item_has():
    text = scores_of("content-knn", block="text:plot")
    genres = scores_of("content-knn", block="category:genres")
    both = scores_of("multimodal-knn", blocks={"text:plot": 3, "category:genres": 1})
    has_text = np.arange(12) != 4
    np.testing.assert_allclose(both[:, has_text], (3 * text + genres)[:, has_text] / 4, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(both[:, 4], genres[:, 4], rtol=1e-4, atol=1e-5)


def test_rating_bias_predicts_the_damped_means():
    ratings = sparse.csr_array(np.asarray([[5, 3, 0], [4, 0, 0]], dtype=np.float32))
    data = TrainingData(ratings, ratings=ratings)
    model = make_model("rating-bias", {"item_damping": 0, "user_damping": 0}).fit(data)
    queries = QueryBatch(ratings, np.asarray([0, -1]))
    items = np.asarray([0.5, -1, 0])
    first = (5 - 4.5 + 3 - 3) / 2
    np.testing.assert_allclose(model.score(queries), [4 + items + first, 4 + items], rtol=1e-6)


def test_rating_bias_without_ratings_says_what_to_do():
    with pytest.raises(NotReadyError, match="rating column"):
        make_model("rating-bias").fit(training())


def test_disliked_items_count_against_what_is_like_them():
    data = training()
    liked = sparse.csr_array(np.eye(1, 12, dtype=np.float32))
    model = make_model("ease").fit(data)
    both = [model.score(QueryBatch(sign * liked, np.asarray([-1])))[0, :11] for sign in (1, -1)]
    np.testing.assert_allclose(both[0], -both[1])


@pytest.mark.parametrize("shrinkage", [0, 1, 2.5])
@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "euclidean"])
def test_user_knn_turns_from_whom_likes_what_is_disliked(similarity, shrinkage):
    history = np.zeros((2, 12), dtype=np.float32)
    history[:, [0, 3, 5]] = [[-1, -1, -1], [-1, 1, -1]]
    both = history @ CLICKS.T
    n, m = np.square(history).sum(axis=1)[:, None], CLICKS.sum(axis=1)[None, :]
    with np.errstate(invalid="ignore"):
        plain = {
            "cosine": both / (np.sqrt(n * m) + shrinkage),
            "jaccard": both / (n + m - both + shrinkage),
            "euclidean": both / (abs(both) + shrinkage) / (1 + np.sqrt(n + m - 2 * both)),
        }[similarity]
    plain[both == 0] = 0
    data = training()
    model = make_model("user-knn", {"similarity": similarity, "shrinkage": shrinkage, "neighbours": 100})
    scores = model.fit(data).score(QueryBatch(sparse.csr_array(history), np.asarray([-1, -1])))
    checked(scores, plain @ CLICKS)
    assert (scores[0, :11] <= 0).all()


def test_an_unknown_model_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match=f"unknown model 'eese'.*{', '.join(sorted(model_types()))}"):
        make_model("eese")


def test_blocks_of_different_lengths_are_refused():
    model = make_model("ease").fit(training())
    with pytest.raises(DataError, match="different numbers of items"):
        model.extend({"a": block("a", WORDS), "b": block("b", WORDS[:3])})


def test_a_model_refuses_to_shrink():
    model = make_model("ease").fit(training())
    with pytest.raises(UserError, match="lack 9 of the items"):
        model.extend({"a": block("a", WORDS[:3])})
