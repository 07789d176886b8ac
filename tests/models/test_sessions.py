"""A history that fades, and transitions, against plain computations."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import NotReadyError
from sensorium.core.units import DAY_S
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch, TrainingData, ValidationData
from sensorium.models.registry import make_model
from sensorium.models.shared.recency import RecencyConfig, fade_history, later_items
from sensorium.models.transitions import followers

N_ITEMS = 9
RNG = np.random.default_rng(5)
SESSIONS = [RNG.permutation(N_ITEMS - 1)[: RNG.integers(2, 7)] for _ in range(25)]


def data_of(sessions, n_items=N_ITEMS):
    users = np.repeat(np.arange(len(sessions)), [len(session) for session in sessions])
    items = np.concatenate(sessions)
    moments = np.concatenate([1e9 + DAY_S * np.arange(len(session)) for session in sessions])
    shape = (len(sessions), n_items)
    clicks = sparse.csr_array((np.ones(len(items), np.float32), (users, items)), shape=shape)
    return TrainingData(clicks, sparse.csr_array((moments, (users, items)), shape=shape))


def query(items, times, n_items=N_ITEMS):
    order = np.argsort(items)
    parts = np.asarray(items)[order], np.asarray([0, len(items)])
    history = sparse.csr_array((np.ones(len(items), np.float32), *parts), shape=(1, n_items))
    moments = sparse.csr_array((np.asarray(times, dtype=np.float64)[order], *parts), shape=(1, n_items))
    return QueryBatch(history, np.asarray([-1]), moments)


def test_followers_are_counted_by_their_distance():
    ordered = sparse.csr_array(
        (np.ones(5, np.float32), np.asarray([3, 0, 2, 2, 3]), np.asarray([0, 3, 5])), shape=(2, 4)
    )
    expected = np.zeros((4, 4))
    expected[3, 0] += 1
    expected[0, 2] += 1
    expected[3, 2] += 2**-0.5
    expected[2, 3] += 1
    np.testing.assert_allclose(followers(ordered, 5, 0.5).toarray(), expected, rtol=1e-6)
    np.testing.assert_allclose(followers(ordered, 1, 0.5).toarray(), expected * (expected == 1), rtol=1e-6)


def test_transitions_score_as_their_formula_says():
    data = data_of(SESSIONS)
    settings = {"window": 2, "distance_exponent": 1, "from_exponent": 0.5, "to_exponent": 0.2}
    model = make_model("transitions", settings | {"half_life_items": 3}).fit(data)
    weights = np.zeros((N_ITEMS, N_ITEMS))
    for session in SESSIONS:
        for place, item in enumerate(session):
            for distance, later in enumerate(session[place + 1 : place + 3], 1):
                weights[item, later] += 1 / distance
    degree = np.maximum(np.bincount(np.concatenate(SESSIONS), minlength=N_ITEMS), 1)
    weights *= (degree + 5.0)[:, None] ** -0.5 * degree**-0.2
    asked = query([4, 1, 6], [10.0, 20.0, 30.0])
    expected = 2 ** (-2 / 3) * weights[4] + 2 ** (-1 / 3) * weights[1] + weights[6]
    np.testing.assert_allclose(model.score(asked)[0, :8], expected[:8], rtol=1e-5, atol=1e-6)


def test_the_order_of_the_history_decides_what_comes_next():
    data = data_of([[0, 1, 2, 3]] * 6 + [[3, 2, 1, 0]] * 2)
    model = make_model("transitions", {"window": 1, "half_life_items": 0.5}).fit(data)
    assert np.nanargmax(model.score(query([0, 1], [1.0, 2.0]))[0]) == 2
    assert np.nanargmax(model.score(query([0, 1], [2.0, 1.0]))[0]) in (1, 2)
    there, back = model.score(query([1, 2], [1.0, 2.0]))[0], model.score(query([1, 2], [2.0, 1.0]))[0]
    assert there[3] > back[3]


def test_transitions_without_times_say_what_to_do():
    with pytest.raises(NotReadyError, match="timestamp column"):
        make_model("transitions").fit(TrainingData(sparse.csr_array(np.eye(3, dtype=np.float32))))


def test_a_history_fades_by_the_items_and_the_days_that_followed():
    asked = query([2, 5, 7], [0.0, 3 * DAY_S, 4 * DAY_S])
    faded = fade_history(asked, RecencyConfig(half_life_items=2, half_life_days=4)).history
    np.testing.assert_allclose(faded.data, [2.0 ** (-1 - 1), 2.0 ** (-0.5 - 0.25), 1.0], rtol=1e-6)


def test_what_happened_at_one_moment_fades_alike():
    faded = fade_history(query([2, 5, 7], [1.0, 1.0, 2.0]), RecencyConfig(half_life_items=1)).history
    np.testing.assert_allclose(faded.data, [0.5, 0.5, 1.0], rtol=1e-6)


def test_an_event_without_a_time_counts_as_the_oldest():
    faded = fade_history(query([2, 5, 7], [9.0, np.nan, 8.0]), RecencyConfig(half_life_items=1)).history
    np.testing.assert_allclose(faded.data, [1.0, 0.25, 0.5], rtol=1e-6)


@pytest.mark.parametrize("undated", [0, 1, 2])
def test_an_event_without_a_time_leads_to_those_that_have_one(undated):
    times = np.asarray([10.0, 20.0, 30.0])
    times[undated] = np.nan
    parts = np.asarray([2, 4, 6]), np.asarray([0, 3])
    clicks = sparse.csr_array((np.ones(3, np.float32), *parts), shape=(1, N_ITEMS))
    data = TrainingData(clicks, sparse.csr_array((times, *parts), shape=(1, N_ITEMS)))
    model = make_model("transitions", {"window": 1}).fit(data)
    first = [2, 4, 6][undated]
    order = [first, *(item for item in (2, 4, 6) if item != first)]
    pairs = set(zip(*(place.tolist() for place in model.weights.nonzero()), strict=True))
    assert pairs == {(order[0], order[1]), (order[1], order[2])}


def test_an_event_without_a_time_fades_by_days_as_the_oldest():
    asked = query([2, 5, 7], [2 * DAY_S, np.nan, 6 * DAY_S])
    faded = fade_history(asked, RecencyConfig(half_life_days=2)).history.data
    np.testing.assert_allclose(faded, [2**-2, 2**-2, 1], rtol=1e-4)


def test_a_history_without_times_does_not_fade():
    timed = query([2, 5, 7], [1.0, 2.0, 3.0])
    untimed = QueryBatch(timed.history, timed.users)
    assert fade_history(untimed, RecencyConfig(half_life_items=1)) is untimed
    assert fade_history(timed, RecencyConfig()) is timed


def test_later_items_are_counted_within_each_row():
    times, rows = np.asarray([5.0, 1.0, 3.0, 9.0, 9.0]), np.asarray([0, 0, 0, 1, 1])
    assert later_items(times, rows, np.asarray([0, 3, 5])).tolist() == [0, 2, 1, 0, 0]


@pytest.mark.parametrize("name", ["ease", "rp3", "item-knn"])
def test_a_faded_history_scores_like_a_weighted_one(name):
    data = data_of(SESSIONS)
    asked = query([4, 1, 6], [10.0, 20.0, 30.0])
    faded = make_model(name, {"half_life_items": 1}).fit(data)
    weights = np.asarray([0.5, 0.25, 1.0], dtype=np.float32)  # items 1, 4, 6
    history = sparse.csr_array((weights, asked.history.indices, asked.history.indptr), shape=(1, N_ITEMS))
    plain = make_model(name).fit(data).score(QueryBatch(history, asked.users))
    np.testing.assert_allclose(faded.score(asked), plain, rtol=1e-5, atol=1e-6)


def test_the_reasons_of_a_fusion_add_up_though_the_history_fades():
    data = data_of(SESSIONS)
    members = {
        "transitions": make_model("transitions", {"half_life_items": 2}).fit(data),
        "ease": make_model("ease", {"half_life_items": 1, "half_life_days": 3}).fit(data),
        "popularity": make_model("popularity").fit(data),
    }
    fusion = LateFusion.from_members(members, dict.fromkeys(members, 1.0))
    asked, items = query([4, 1, 6], [10.0, 20.0, 30.0]), np.arange(N_ITEMS)
    summed = [sum(reason.contribution for reason in reasons) for reasons in fusion.explain(asked, items)]
    np.testing.assert_allclose(summed, fusion.score(asked)[0], rtol=1e-4, atol=1e-5)


def test_each_history_fades_from_its_own_latest_event():
    parts = np.asarray([0, 1, 1, 2]), np.asarray([0, 2, 4])
    history = sparse.csr_array((np.ones(4, np.float32), *parts), shape=(2, 3))
    times = sparse.csr_array((DAY_S * np.asarray([0.0, 10, 20, 30]), *parts), shape=(2, 3))
    faded = fade_history(QueryBatch(history, np.asarray([-1, -1]), times), RecencyConfig(half_life_days=10))
    assert faded.history.data.tolist() == [0.5, 1.0, 0.5, 1.0]


def test_what_queries_rated_stays_with_them_when_they_are_chosen_or_fade():
    history = sparse.csr_array(np.eye(3, 4, dtype=np.float32))
    times, ratings = history.astype(np.float64), history * np.float32(5)
    queries = QueryBatch(history, np.asarray([2, 0, -1]), times, ratings)
    validation = ValidationData(queries, history, history)
    chosen = validation.rows(np.asarray([2, 0])).queries
    np.testing.assert_array_equal(chosen.ratings.toarray(), ratings.toarray()[[2, 0]])
    np.testing.assert_array_equal(queries.rows(1, 3).ratings.toarray(), ratings.toarray()[1:])
    assert fade_history(queries, RecencyConfig(half_life_items=2.0)).ratings is ratings
