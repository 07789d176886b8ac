"""The models in closed form and on graphs against the plainest possible computation of their formulas."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model

RNG = np.random.default_rng(3)
CLICKS = (RNG.random((30, 12)) < 0.35).astype(np.float32)
CLICKS[:, 11] = 0
DEGREE = np.maximum(CLICKS.sum(axis=0), 1)
ACTIVITY = np.maximum(CLICKS.sum(axis=1), 1)
ABSENT = {"text:plot": [4], "image:poster": [2, 4]}


def block(name, d):
    values = RNG.normal(size=(12, d)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    present = ~np.isin(np.arange(12), ABSENT[name])
    return FeatureBlock(name, values * present[:, None], present)


BLOCKS = {"text:plot": block("text:plot", 5), "image:poster": block("image:poster", 4)}
DATA = TrainingData(sparse.csr_array(CLICKS), blocks=BLOCKS)
QUERIES = QueryBatch.of_users(DATA, np.arange(30))
EVENTS = slice(0, 11)
FILTER = {
    "user_exponent": 0.6,
    "item_exponent": 0.3,
    "history_exponent": 0.1,
    "score_exponent": -0.2,
    "second": 3.0,
    "third": 5.0,
}


def scores_of(name, **settings):
    return make_model(name, settings).fit(DATA).score(QUERIES)


def filtered():
    walk = np.diag(ACTIVITY**-0.6) @ CLICKS @ np.diag(DEGREE**-0.3)
    step = walk.T @ walk
    step /= np.linalg.eigvalsh(step).max()
    return CLICKS @ np.diag(DEGREE**-0.1) @ (step + 3 * step @ step + 5 * step @ step @ step)


def nearest(source, k):
    """Return the cosines to the `k` nearest items that have events, not normalised."""
    alike = source.values @ source.values.T
    np.fill_diagonal(alike, 0)
    alike[:, 11] = 0
    for row in alike:
        row[np.argsort(-row)[k:]] = 0
    return np.maximum(alike, 0)


def content_graph(weights, k):
    total = sum(weight * BLOCKS[name].present for name, weight in weights.items())
    graph = np.zeros((12, 12))
    for name, weight in weights.items():
        alike = nearest(BLOCKS[name], k)
        rows, columns = np.maximum(alike.sum(axis=1), 1e-9), np.maximum(alike.sum(axis=0), 1e-9)
        share = weight * BLOCKS[name].present / np.maximum(total, 1e-9)
        graph += share[:, None] * alike / np.sqrt(rows[:, None] * columns[None, :])
    return graph


def test_graph_filter_is_the_polynomial_of_the_damped_graph():
    expected = filtered() * DEGREE**-0.2
    np.testing.assert_allclose(scores_of("graph-filter", **FILTER)[:, EVENTS], expected[:, EVENTS], rtol=1e-2)


def test_graph_filter_of_no_more_steps_is_the_first_one_alone():
    one = scores_of("graph-filter", **{**FILTER, "second": 0, "third": 0})
    walk = np.diag(ACTIVITY**-0.6) @ CLICKS @ np.diag(DEGREE**-0.3)
    expected = CLICKS @ np.diag(DEGREE**-0.1) @ walk.T @ walk @ np.diag(DEGREE**-0.2)
    ratio = one[0, 0] / expected[0, 0]
    np.testing.assert_allclose(one[:, EVENTS], ratio * expected[:, EVENTS], rtol=1e-4, atol=1e-6)


def test_smoothing_adds_the_scores_of_items_alike():
    weights = {"text:plot": 3.0, "image:poster": 1.0}
    plain = filtered()
    expected = (plain + 0.4 * plain @ content_graph(weights, 3).T) * DEGREE**-0.2
    found = scores_of("smoothed-graph-filter", **FILTER, smoothing=0.4, neighbours=3, blocks=weights)
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-5)


def test_smoothing_says_which_block_passed_a_score_on():
    model = make_model("smoothed-graph-filter", FILTER).fit(DATA)
    query = QUERIES.rows(0, 1)
    asked = query.history.data, query.history.indices.astype(np.int64), np.asarray([2, 11, 4])
    divided = model.contributions_by_part(*asked)
    assert list(divided) == ["events", "text:plot", "image:poster"]
    np.testing.assert_allclose(sum(divided.values()), model.contributions(*asked), rtol=1e-6)
    assert not divided["events"][:, 1].any()
    assert divided["text:plot"][:, 1].any()
    assert not divided["image:poster"][:, 0].any()
    assert not divided["text:plot"][:, 2].any()


def test_smoothing_without_blocks_says_so():
    with pytest.raises(ConfigError, match="no feature block has a weight above zero"):
        make_model("smoothed-graph-filter").fit(TrainingData(sparse.csr_array(CLICKS)))
    with pytest.raises(ConfigError, match="unknown feature block 'audio'.*image:poster, text:plot"):
        make_model("smoothed-graph-filter", {"blocks": {"audio": 1}}).fit(DATA)


def test_fits_on_the_same_data_find_the_nearest_once():
    first = make_model("smoothed-graph-filter", FILTER).fit(DATA)
    again = make_model("smoothed-graph-filter", {**FILTER, "smoothing": 2}).fit(DATA)
    np.testing.assert_array_equal(first.edges.toarray(), again.edges.toarray())
    assert DATA.memo.of(("content graph", "text:plot", 20), lambda: None) is not None


def test_dropout_hides_history_in_thought_as_edlae_does():
    """The closed form is the ridge regression on histories from which p is dropped, in the mean."""
    weights = make_model("ease", {"regularization": 7, "dropout": 0.4}).fit(DATA).weights
    others = np.arange(12) != 3
    X, y = CLICKS[:, others], CLICKS[:, 3]
    gram = X.T @ X
    in_the_mean = 0.6**2 * gram + 0.6 * 0.4 * np.diag(np.diag(gram))
    ridge = np.linalg.solve(in_the_mean + 0.6**2 * 7 * np.eye(11), 0.6 * X.T @ y)
    np.testing.assert_allclose(weights[others, 3], 0.6 * ridge, rtol=1e-3, atol=1e-5)
