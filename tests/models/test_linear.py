"""The models in closed form and on graphs against the plainest possible computation of their formulas."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.component import State
from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model
from sensorium.testing.recommender_contract import world

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
    divided = model.contributions_by_block(*asked)
    assert list(divided) == ["events", "text:plot", "image:poster"]
    np.testing.assert_allclose(sum(divided.values()), model.contributions(*asked), rtol=1e-5, atol=1e-6)
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
    np.testing.assert_array_equal(first._content.edges.toarray(), again._content.edges.toarray())
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


def test_pure_svd_of_all_directions_and_no_exponents_gives_the_history_back():
    exponents = dict.fromkeys(["user_exponent", "item_exponent", "history_exponent", "score_exponent"], 0)
    scores = scores_of("pure-svd", **exponents, factors=12, spectrum=0)
    np.testing.assert_allclose(scores[:, EVENTS], CLICKS[:, EVENTS], atol=1e-4)


def test_pure_svd_projects_on_the_largest_directions_of_the_damped_events():
    _, sizes, directions = np.linalg.svd(np.diag(ACTIVITY**-0.5) @ CLICKS @ np.diag(DEGREE**-0.3))
    project = directions[:4].T @ np.diag((sizes[:4] / sizes[0]) ** 1.5) @ directions[:4]
    expected = CLICKS @ np.diag(DEGREE**-0.1) @ project @ np.diag(DEGREE**0.4)
    settings = {"user_exponent": 0.5, "item_exponent": 0.3, "history_exponent": 0.1, "score_exponent": 0.4}
    found = scores_of("pure-svd", **settings, factors=4, spectrum=1.5)
    np.testing.assert_allclose(found[:, EVENTS], expected[:, EVENTS], rtol=1e-2, atol=1e-3)


def test_ease_prior_is_the_least_of_its_objective():
    weights, prior = prior_weights(pull=15, scale=2)
    slope = CLICKS.T @ (CLICKS @ weights - CLICKS) + 7 * weights + 15 * (weights - prior)
    np.fill_diagonal(slope, 0)
    np.testing.assert_allclose(slope, 0, atol=1e-3)
    np.testing.assert_allclose(np.diag(weights), 0, atol=1e-5)


def test_ease_prior_goes_from_ease_to_its_prior():
    near_ease, _ = prior_weights(pull=1e-4)
    near_prior, prior = prior_weights(pull=1e6)
    plain = make_model("ease", {"regularization": 7}).fit(DATA).weights
    np.testing.assert_allclose(near_ease[EVENTS, EVENTS], plain[EVENTS, EVENTS], atol=1e-3)
    np.testing.assert_allclose(near_prior, prior, atol=5e-3)


def prior_weights(**settings):
    """Return what one unit of each item adds to each other, and the prior [12, 12]."""
    model = make_model("ease-prior", {"regularization": 7, "neighbours": 3, **settings}).fit(DATA)
    everyone = np.arange(12)
    prior = settings.get("scale", 1) * content_graph(dict.fromkeys(BLOCKS, 1.0), 3).T
    return model.contributions(np.ones(12, np.float32), everyone, everyone), prior


def test_an_item_appended_later_is_scored_as_by_a_refit():
    longer = {name: lengthened(source) for name, source in BLOCKS.items()}
    clicks = sparse.csr_array(
        (DATA.interactions.data, DATA.interactions.indices, DATA.interactions.indptr), (30, 13)
    )
    whole = TrainingData(clicks, blocks=longer)
    for name in ("ease-prior", "smoothed-graph-filter"):
        settings = {"neighbours": 3}
        refitted = make_model(name, settings).fit(whole)
        extended = make_model(name, settings).fit(DATA).extend(longer)
        query = QueryBatch(clicks, np.full(30, -1))
        # The refit counts the new item in the degrees of its neighbours; only that may differ.
        found, expected = extended.score(query)[:, 12], refitted.score(query)[:, 12]
        assert np.corrcoef(found, expected)[0, 1] > 0.98


def lengthened(source):
    values = np.concatenate([source.values, source.values[5:6]])
    return FeatureBlock(source.name, values, np.concatenate([source.present, [True]]))


@pytest.mark.parametrize("name", ["smoothed-graph-filter", "ease-prior"])
def test_a_block_is_taken_out_of_a_fitted_model_as_if_it_had_never_been_there(name):
    known = world()
    gone, *others = known.data.blocks
    fewer = make_model(name).fit(known.data).forget_blocks([gone])
    blocks = {other: known.data.blocks[other] for other in others}
    never = make_model(name).fit(dataclasses.replace(known.data, blocks=blocks))
    np.testing.assert_allclose(fewer.score(known.queries), never.score(known.queries), atol=1e-5)


def world_with_one_like_no_other():
    """The world, in which the first item's picture is the opposite of everybody's."""
    known = world()
    positive = {
        name: dataclasses.replace(block, values=np.abs(block.values))
        for name, block in known.data.blocks.items()
    }
    _, lonely, *_ = positive
    values = positive[lonely].values.copy()
    present = positive[lonely].present.copy()
    values[0], present[0] = -np.abs(values).max(axis=0), True
    positive[lonely] = dataclasses.replace(positive[lonely], values=values, present=present)
    data = dataclasses.replace(known.data, blocks=positive)
    return dataclasses.replace(known, data=data)


@pytest.mark.parametrize("name", ["smoothed-graph-filter", "ease-prior"])
def test_a_medium_that_is_like_no_other_still_has_its_share_when_a_block_is_taken_out(name):
    known = world_with_one_like_no_other()
    gone = next(iter(known.data.blocks))
    model = make_model(name).fit(known.data)
    fewer = model.forget_blocks([gone]).score(known.queries)
    never = make_model(name).fit(known.data.without_blocks([gone])).score(known.queries)
    np.testing.assert_allclose(fewer, never, atol=1e-5)


@pytest.mark.parametrize("name", ["smoothed-graph-filter", "ease-prior"])
def test_a_model_saved_before_its_graph_knew_who_has_what_opens_and_scores_alike(name):
    known = world()
    model = make_model(name).fit(known.data)
    state = model.state()
    before = State({key: array for key, array in state.arrays.items() if key != "owned"}, state.values)
    again = make_model(name).restore(before)
    np.testing.assert_array_equal(again.score(known.queries), model.score(known.queries))
    gone = next(iter(known.data.blocks))
    found, expected = (one.forget_blocks([gone]).score(known.queries) for one in (again, model))
    np.testing.assert_allclose(found, expected, atol=1e-5)
