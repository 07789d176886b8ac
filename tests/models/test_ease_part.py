"""EASE of the most popular items is EASE of their events, and says nothing of the others."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.component import State
from sensorium.models.base import QueryBatch, Size, TrainingData
from sensorium.models.ease import EASE, LEAST_PART
from sensorium.models.item_knn import ItemKNN

RNG = np.random.default_rng(3)
CLICKS = (RNG.random((200, 40)) < np.linspace(0.05, 0.5, 40)[RNG.permutation(40)]).astype(np.float32)
POPULAR = np.sort(np.lexsort((np.arange(40), -CLICKS.sum(axis=0)))[:12])
SETTINGS = {"regularization": 20.0, "user_exponent": 0.3, "item_exponent": 0.2, "dropout": 0.1}
DATA = TrainingData(sparse.csr_array(CLICKS))


@pytest.fixture(scope="module")
def model():
    return EASE(max_items=12, **SETTINGS).fit(DATA)


def test_scores_of_the_popular_are_those_of_a_fit_on_them_alone(model):
    alone = EASE(**SETTINGS).fit(sparse.csr_array(CLICKS[:, POPULAR]))
    scores = model.score(QueryBatch.of_users(DATA, np.arange(200)))
    np.testing.assert_array_equal(model.part, POPULAR)
    assert model.weights.shape == (12, 12)
    np.testing.assert_allclose(
        scores[:, POPULAR], alone.score(sparse.csr_array(CLICKS[:, POPULAR])), rtol=1e-4, atol=1e-6
    )
    others = np.setdiff1d(np.arange(40), POPULAR)
    assert np.isnan(scores[:, others]).all()


def test_a_history_of_others_alone_has_no_score(model):
    others = np.setdiff1d(np.arange(40), POPULAR)
    history = np.zeros((2, 40), dtype=np.float32)
    history[0, others[:3]] = 1
    history[1, [others[0], POPULAR[0]]] = 1
    scores = model.score(sparse.csr_array(history))
    assert np.isnan(scores[0]).all()
    assert np.isfinite(scores[1, POPULAR]).all()


def test_as_many_items_as_there_are_give_the_same_as_no_limit():
    queries = QueryBatch.of_users(DATA, np.arange(20))
    plain = EASE(**SETTINGS).fit(DATA).score(queries)
    for limit in (40, 1000):
        np.testing.assert_array_equal(EASE(max_items=limit, **SETTINGS).fit(DATA).score(queries), plain)


def test_what_was_saved_before_there_were_parts_opens():
    model = EASE(**SETTINGS).fit(DATA)
    state = model.state()
    before = State({name: array for name, array in state.arrays.items() if name != "part"}, state.values)
    queries = QueryBatch.of_users(DATA, np.arange(20))
    opened = EASE(**SETTINGS).restore(before)
    np.testing.assert_array_equal(opened.score(queries), model.score(queries))


def test_the_largest_part_within_memory_and_seconds_keeps_within_both():
    size = replace(Size.of(DATA), n_items=60_000, n_users=10**6, n_pairs=10**8)
    for memory_bytes, seconds in ((400e6, 1000.0), (100e9, 5.0), (30e6, 3.0)):
        settings = EASE.part_within(size, memory_bytes, seconds)
        assert settings is not None
        model = EASE(**settings)
        assert LEAST_PART <= model.n_dense(size) < size.n_items
        assert 4 * model.n_dense(size) ** 2 <= memory_bytes
        assert model.fit_cost(size) <= seconds
        more = EASE(max_items=model.n_dense(size) + 2)
        assert 4 * more.n_dense(size) ** 2 > memory_bytes or more.fit_cost(size) > seconds
    assert EASE.part_within(size, 100e9, 1e9) == {}
    assert EASE.part_within(size, 1e5, 1e9) is None
    assert EASE.part_within(size, 100e9, 0.1) is None
    assert ItemKNN.part_within(size, 100e9, 1e9) is None


def test_a_part_costs_what_so_many_items_cost():
    size = replace(Size.of(DATA), n_items=60_000)
    few = replace(size, n_items=5_000)
    assert EASE(max_items=5_000).fit_cost(size) == pytest.approx(EASE().fit_cost(few))
    assert EASE(max_items=5_000).score_cost(size) <= EASE().score_cost(size)
