"""Nobody moves by much what others see: no wrong date, no thousand events of one user, no hour of a bot."""

import copy

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import sensorium as sn
from sensorium.core.units import DAY_S
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.ease import EASE
from sensorium.models.item_knn import ItemKNN
from sensorium.models.popularity import Popularity, RecentPopularity

N_USERS, N_ITEMS, EACH = 300, 250, 16
START_S, DAYS = 1_000_000_000.0, 400
CENTURY_S = (0.0, 4_102_444_800.0)
"""1970 to 2100."""
TOP = 100
OTHERS = [None, "u1", "u2", "u50", "u200"]
BY_ONE, BY_A_BOT = 0.9, 0.6
"""The rank correlation of the 100 items that others saw first, before and after: at least that."""
MEMBERS = {
    "popularity": (Popularity(), 0.1),
    "of half a day": (RecentPopularity(half_life_days=0.5), 0.1),
    "of a month": (RecentPopularity(half_life_days=30), 0.2),
    "ease": (EASE(regularization=100), 0.4),
    "item-knn": (ItemKNN(), 0.2),
}
"""What is fused: unfitted models and their weights."""
COUNTING = ("popularity", "of half a day", "of a month")
FEW = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def log(*, empty_year):
    """Return events of users of three tastes over `DAYS`, with or without a year of nothing near the end."""
    rng = np.random.default_rng(0)
    popular = rng.permutation(np.arange(3, N_ITEMS + 3) ** -0.9)
    taste, kind = rng.integers(0, 3, N_USERS), rng.integers(0, 3, N_ITEMS)
    liked = []
    for user in range(N_USERS):
        chances = popular * np.where(kind == taste[user], 4, 1)
        liked.append(rng.choice(N_ITEMS, EACH, replace=False, p=chances / chances.sum()))
    days = rng.permutation(np.sort(rng.random(N_USERS * EACH)) * DAYS)
    days += 365 * ((days > 0.9 * DAYS) & empty_year)
    users = np.repeat(np.arange(N_USERS), EACH)
    return events([f"u{user}" for user in users], np.concatenate(liked), START_S + days * DAY_S)


def events(users, items, times):
    return pl.DataFrame(
        {
            "user_id": pl.Series(users, dtype=pl.String),
            "item_id": [f"i{item}" for item in items],
            "timestamp": np.asarray(times, dtype=np.float64),
        }
    )


ITEMS = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{item}" for item in range(N_ITEMS)]}))
LOGS = {name: log(empty_year=name == "an empty year") for name in ("a steady log", "an empty year")}
END_S = {name: float(table["timestamp"].max()) for name, table in LOGS.items()}


def fitted(table):
    """Return a model of `table`: a fusion of the `MEMBERS` with fixed settings and weights."""
    known = sn.Events.from_frame(table, items=ITEMS.items)
    model = sn.fit(ITEMS, known, model=Popularity())
    parts = {name: type(one)(one.config).fit(model.data) for name, (one, _) in MEMBERS.items()}
    model.fusion = LateFusion.from_members(parts, {name: weight for name, (_, weight) in MEMBERS.items()})
    return model


def tuned(table):
    """Return what `sn.fit` makes of `table`: settings by default, weights learnt from held-back events."""
    return sn.fit(ITEMS, sn.Events.from_frame(table, items=ITEMS.items), seconds=0)


@pytest.fixture(scope="module", params=LOGS)
def world(request):
    """The name of a log, and a model that was fitted on it. Do not change it."""
    return request.param, fitted(LOGS[request.param])


def seen(model):
    """Return the scores that others are shown [n, n_items]: of the fusion, and of all that counts alone."""
    alone = [model.fusion.members[name].popularity for name in COUNTING]
    return np.concatenate([model.score(OTHERS), np.stack(alone)])


def correlations(before, after):
    """Return the rank correlation of the first `TOP` items in each row of scores, before and after."""
    found = []
    for one, other in zip(before, after, strict=True):
        first = np.argsort(-one, kind="stable")[:TOP]
        found.append(spearmanr(one[first], other[first]).statistic)
    return found


def assert_others_see_the_same(world, new, least):
    """Assert the bound for a model that takes the `new` events in, and for one that was fitted with them."""
    name, model = world
    updated = copy.deepcopy(model)
    updated.update(new)
    for after in (updated, fitted(pl.concat([LOGS[name], new]))):
        assert min(correlations(seen(model), seen(after))) >= least


moments = st.floats(*CENTURY_S)
items = st.integers(0, N_ITEMS - 1)


@FEW
@given(user=st.sampled_from(["somebody new", "u0"]), item=items, time=moments)
@example(user="u0", item=7, time=CENTURY_S[1])
def test_one_event_of_any_time(world, user, item, time):
    assert_others_see_the_same(world, events([user], [item], [time]), BY_ONE)


@FEW
@given(seed=st.integers(0, 9), time=moments, n_items=st.integers(1, N_ITEMS))
def test_a_thousand_events_of_one_user(world, seed, time, n_items):
    rng = np.random.default_rng(seed)
    liked = rng.choice(N_ITEMS, n_items, replace=False)[rng.integers(0, n_items, 1000)]
    assert_others_see_the_same(world, events(["bot"] * 1000, liked, time + rng.random(1000) * 3600), BY_ONE)


@FEW
@given(
    seed=st.integers(0, 9),
    n_users=st.integers(1, N_USERS // 10),
    targets=st.lists(items, min_size=1, max_size=3, unique=True),
    later_days=st.sampled_from([0, 1, 30, 365]),
)
def test_an_hour_of_a_bot_that_comes_as_many_new_users(world, seed, n_users, targets, later_days):
    rng = np.random.default_rng(seed)
    users = [f"bot{user}" for user in range(n_users) for _ in targets]
    times = END_S[world[0]] + later_days * DAY_S + rng.random(len(users)) * 3600
    assert_others_see_the_same(world, events(users, targets * n_users, times), BY_A_BOT)


def test_what_a_bot_does_not_touch_keeps_its_order_in_what_counts(world):
    name, model = world
    targets = [3, 5, 8]
    users = [f"bot{user}" for user in range(N_USERS) for _ in targets]
    updated = copy.deepcopy(model)
    updated.update(events(users, targets * N_USERS, np.full(len(users), END_S[name] + 60)))
    for kind in COUNTING:
        before, after = (np.delete(one.fusion.members[kind].popularity, targets) for one in (model, updated))
        assert spearmanr(before, after).statistic > 0.99


def test_a_crowd_does_move_the_clock(world):
    name, model = world
    users = [f"new{user}" for user in range(40)]
    updated = copy.deepcopy(model)
    updated.update(events(users, [7] * 40, np.full(40, END_S[name] + 300 * DAY_S)))
    assert np.argmax(updated.fusion.members["of half a day"].popularity) == 7


@pytest.fixture(scope="module", params=LOGS)
def tuned_world(request):
    """The name of a log, and what others see of a model that was tuned on it."""
    return request.param, tuned(LOGS[request.param]).score(OTHERS)


@FEW
@given(
    user=st.sampled_from(["somebody new", "u0"]),
    n_events=st.sampled_from([1, 30, 300, 1000]),
    where=st.sampled_from([*CENTURY_S, START_S + 0.85 * DAYS * DAY_S, None]),
    hours=st.sampled_from([1, 300]),
    seed=st.integers(0, 9),
)
@example(user="somebody new", n_events=300, where=None, hours=1, seed=0)
@example(user="u0", n_events=1000, where=None, hours=300, seed=0)
@example(user="u0", n_events=1, where=CENTURY_S[1], hours=1, seed=0)
@example(user="somebody new", n_events=1000, where=CENTURY_S[1], hours=1, seed=0)
def test_what_is_tuned_moves_no_more_by_one_user(tuned_world, user, n_events, where, hours, seed):
    name, before = tuned_world
    rng = np.random.default_rng(seed)
    end = (END_S[name] if where is None else where) + 1800
    times = end - rng.random(n_events) * hours * 3600
    new = events([user] * n_events, rng.integers(0, N_ITEMS, n_events), times)
    after = tuned(pl.concat([LOGS[name], new])).score(OTHERS)
    assert min(correlations(before, after)) >= BY_ONE


@pytest.mark.parametrize("later_days", [0, 30])
def test_what_is_tuned_moves_no_more_by_an_hour_of_a_bot(tuned_world, later_days):
    name, before = tuned_world
    users = [f"bot{user}" for user in range(N_USERS // 10) for _ in range(3)]
    times = END_S[name] + later_days * DAY_S + np.random.default_rng(0).random(len(users)) * 3600
    new = events(users, [3, 5, 8] * (N_USERS // 10), times)
    after = tuned(pl.concat([LOGS[name], new])).score(OTHERS)
    assert min(correlations(before, after)) >= BY_A_BOT
