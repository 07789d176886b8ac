"""A graph filter that is walked and one that is read from a matrix say the same."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.component import State
from sensorium.models import cost
from sensorium.models.base import QueryBatch, Size
from sensorium.models.cost import FOLLOWED
from sensorium.models.graph_filter import damped_walk
from sensorium.models.registry import make_model
from sensorium.models.shared.item_gram import gram_of, polynomial_of
from sensorium.models.shared.pruned_steps import followed_items, pruned_steps
from sensorium.testing.two_colour import two_colour

KNOWN = two_colour(120, 80)


def walked(model, data):
    """Return the model with the state that it had before there were matrices: it walks."""
    state = model.state()
    arrays = {
        name: array
        for name, array in state.arrays.items()
        if name.partition(".")[0] not in ("graph", "item_edges", "walk")
    }
    walk = damped_walk(data.interactions, model.config)
    parts = {
        "data": walk.data,
        "indices": walk.indices,
        "indptr": walk.indptr,
        "shape": np.asarray(walk.shape),
    }
    arrays |= {f"walk.{name}": array for name, array in parts.items()}
    return type(model)(model.config).restore(State(arrays, state.values))


@pytest.mark.parametrize("name", ["graph-filter", "smoothed-graph-filter"])
@pytest.mark.parametrize(
    "steps", [{}, {"third": 0.0}, {"second": 0.0, "third": 0.0}, {"second": -0.3, "third": 2.0}]
)
def test_both_forms_have_the_same_scores_and_contributions(name, steps):
    model = make_model(name, {"score_exponent": 0.2, **steps}).fit(KNOWN.data)
    walker = walked(model, KNOWN.data)
    assert model.graph.shape == (80, 80)
    assert walker.graph.shape == (0, 0)
    queries = QueryBatch.of_users(KNOWN.data, np.arange(100))
    np.testing.assert_allclose(walker.score(queries), model.score(queries), rtol=1e-4, atol=1e-6)
    history, items = queries.rows(3, 4).history, np.arange(80)
    asked = history.data, history.indices.astype(np.int64), items
    np.testing.assert_allclose(
        walker.contributions(*asked), model.contributions(*asked), rtol=1e-4, atol=1e-6
    )
    longer = walker.extend(KNOWN.data.blocks)
    np.testing.assert_array_equal(longer.score(queries), walker.score(queries))


@pytest.mark.parametrize("name", ["graph-filter", "smoothed-graph-filter"])
def test_with_all_edges_followed_the_scores_are_the_same(name):
    queries = QueryBatch.of_users(KNOWN.data, np.arange(100))
    exact = make_model(name, {}).fit(KNOWN.data)
    model = make_model(name, {"edges": 80}).fit(KNOWN.data)
    assert model.item_edges.shape == (80, 80)
    assert not model.walk.shape[0]
    np.testing.assert_allclose(model.score(queries), exact.score(queries), rtol=1e-4, atol=1e-6)


def test_steps_go_on_from_what_was_reached_most_and_shares_of_a_history_add_up():
    rng = np.random.default_rng(1)
    edges = rng.random((500, 500)).astype(np.float32)
    edges[edges < 0.8] = 0
    start = np.zeros((7, 500), dtype=np.float32)
    start[np.arange(7), rng.permutation(500)[:7]] = [1, 1, -2, 1, 0.5, 1, 1]
    whole, weights = start.sum(axis=0, keepdims=True), [1.0, 0.5, 2.0]
    expected, reached = np.zeros((1, 500)), whole
    for number, weight in enumerate(weights):
        if number:
            smallest = np.sort(np.abs(reached[0]))[-FOLLOWED]
            reached = np.where(np.abs(reached) >= smallest, reached, 0)
        reached = reached @ edges
        expected += weight * reached
    graph = sparse.csr_array(edges)
    found = pruned_steps(sparse.csr_array(whole), graph, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    followed = followed_items(sparse.csr_array(whole), graph, 3)
    assert [len(items) for items in followed] == [FOLLOWED, FOLLOWED]
    shares = pruned_steps(sparse.csr_array(start), graph, weights, followed=followed)
    np.testing.assert_allclose(shares.sum(axis=0), expected[0], rtol=1e-4, atol=1e-2)


def test_each_form_is_taken_where_it_is_the_cheapest_or_the_others_would_be_slow():
    size = replace(Size.of(KNOWN.data), n_users=6_000, n_items=3_000, n_events=700_000, n_pairs=2 * 10**8)
    few, many = replace(size, n_events=50_000, n_pairs=10**6), replace(size, n_items=90_000, n_events=10**7)
    assert [cost.form_of_steps(each) for each in (size, few, many)] == ["matrix", "walk", "edges"]
    model, asked = make_model("graph-filter"), {"n_queries": 1_000, "n_asked": 100_000}
    walked = cost.walks(replace(size, **asked))
    assert model.score_cost(replace(size, **asked)) < walked
    assert model.score_cost(replace(many, **asked)) < cost.walks(replace(many, **asked)) / 10
    assert model.fit_cost(few) < model.fit_cost(size) < model.fit_cost(many)
    assert make_model("graph-filter", {"edges": 50}).fit_cost(few) > model.fit_cost(few)


def test_a_gram_matrix_is_the_same_by_sparse_and_by_dense_products():
    rng = np.random.default_rng(0)
    for density in (0.01, 0.9):
        events = (rng.random((70, 30)) < density) * rng.random((70, 30))
        found = gram_of(events.astype(np.float32))
        np.testing.assert_allclose(found, events.T @ events, rtol=1e-4, atol=1e-5)


def test_a_polynomial_is_the_sum_of_its_powers():
    rng = np.random.default_rng(0)
    matrix = rng.random((20, 20)).astype(np.float32)
    matrix = matrix + matrix.T
    plain = matrix.astype(np.float64)
    for weights in ([2.0], [1.0, 3.0], [1.0, 0.5, -2.0]):
        expected = sum(w * np.linalg.matrix_power(plain, k + 1) for k, w in enumerate(weights))
        np.testing.assert_allclose(polynomial_of(matrix.copy(), weights), expected, rtol=1e-4)
