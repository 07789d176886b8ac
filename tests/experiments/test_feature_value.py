"""What a block is worth to recommendations, in a world where the right answer is known."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.errors import DataError
from sensorium.evaluation import splits
from sensorium.evaluation.result import paired_difference
from sensorium.evaluation.splits import TuningView
from sensorium.experiments.feature_value import HIDDEN_SHARE, NDCG, Baseline
from sensorium.features.block import FeatureBlock
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import Effort
from sensorium.fusion.search_schedule import search_model
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.models.base import FitOptions
from sensorium.models.content_knn import ContentKNN

N_USERS, N_ITEMS, N_KINDS = 240, 640, 80


@pytest.fixture(scope="module")
def events():
    """Everybody has chosen four of the eight items of one kind, as did two others: behaviour knows half."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(N_USERS):
        own = np.flatnonzero(np.arange(N_ITEMS) % N_KINDS == user % N_KINDS)
        for moment, item in enumerate(rng.choice(own, 4, replace=False)):
            rows.append((f"u{user}", str(item), 1_700_000_000 + 3600 * moment + user))
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row")
    items = pl.DataFrame({"item_id": [str(n) for n in range(N_ITEMS)]})
    return Events.from_frame(frame, items=Catalog.from_frame(items).items)


@pytest.fixture(scope="module")
def baseline(events):
    # more seconds than it needs: a plan that the clock cuts short is another plan
    return Baseline.of(splits.per_user(events, 1, 1).tuning, seconds=600)


def block(name, values):
    rows = values / np.linalg.norm(values, axis=1, keepdims=True)
    return FeatureBlock(name, rows.astype(np.float32), np.ones(len(rows), dtype=bool))


def telling(noise=0.1):
    kinds = np.eye(N_KINDS)[np.arange(N_ITEMS) % N_KINDS]
    return block("image:telling", kinds + np.random.default_rng(1).normal(0, noise, kinds.shape))


def silent():
    return block("image:silent", np.random.default_rng(2).normal(size=(N_ITEMS, N_KINDS)))


def test_what_tells_the_taste_helps_and_noise_does_not(baseline):
    good, bad = baseline.worth(telling()), baseline.worth(silent())
    assert good.gain.low > 0.02
    assert bad.gain.low <= 0
    assert good.over(bad).low > 0


def test_alone_and_for_items_without_events_it_is_far_above_chance(baseline):
    good, bad = baseline.worth(telling()), baseline.worth(silent())
    assert good.alone.metrics[NDCG] > 3 * bad.alone.metrics[NDCG]
    assert good.new.metrics[NDCG] > 3 * baseline.chance.metrics[NDCG]
    assert baseline.over_chance(good).low > 0.1
    assert baseline.over_chance(bad).low < 0.05


def test_the_same_block_is_worth_the_same_again(baseline):
    assert baseline.worth(telling()).gain == baseline.worth(telling()).gain


def test_enough_users_in_the_validation_part_are_asked_about_that_part(events):
    split = splits.per_user(events, 1, 1)
    found = Baseline.of(split.tuning)
    assert found.held_back == "the validation part"
    assert found.base.n_users == N_USERS
    assert found.base.n_relevant == len(split.validation)


def test_with_few_users_in_the_validation_part_the_last_events_of_everybody_are_held_back(events):
    split = splits.per_user(events, 1, 1)
    few = split.validation.where(split.validation.user < 20)
    found = Baseline.of(TuningView(split.train, few))
    assert found.held_back == "each user's last event before the test"
    assert found.base.n_users == N_USERS


def test_without_times_a_random_part_is_held_back(events):
    users, items = map(events.users.id, events.user), map(events.items.id, events.item)
    frame = pl.DataFrame({"user_id": list(users), "item_id": list(items)})
    timeless = Events.from_frame(frame, items=events.items)
    nobody = timeless.where(np.zeros(len(timeless), dtype=bool))
    found = Baseline.of(TuningView(timeless, nobody))
    assert found.held_back.startswith("a random ")
    assert found.base.n_users > 200


def test_each_half_is_judged_under_what_was_learnt_on_the_other(baseline):
    half = baseline.panel.half
    for side, other in enumerate(baseline.others):
        assert set(half[other.queries.users]) == {1 - side}
    assert sum(map(len, baseline.others)) == N_USERS


def judged_by_hand(baseline, members):
    """Return NDCG of each user under weights learnt on the other half; `members` for each half."""
    reached = np.full(N_USERS, np.nan)
    for side, other in enumerate(baseline.others):
        tuning = FusionTuning.of(
            {**baseline.behaviour.fusion.members, **members[side]},
            other,
            fallback=baseline.behaviour.fusion.config.fallback,
            method=baseline.methods[side] if members[side] else None,
        )
        asked = baseline.others[1 - side]
        reached[asked.queries.users] = ndcg_of_queries(tuning.fusion, asked)
    return reached


def test_behaviour_alone_and_with_the_block_are_judged_so(baseline):
    base = judged_by_hand(baseline, [{}, {}])
    np.testing.assert_allclose(baseline.base.per_user[NDCG], base, atol=1e-5)
    told = telling()
    worth = baseline.worth(told)
    data = replace(baseline.train, blocks={told.name: told})
    wanted = MemberSpec(told.name, ContentKNN.name, {"block": told.name})
    content = [
        {told.name: search_model(wanted, data, other, FitOptions(), effort=Effort(10.0))[0]}
        for other in baseline.others
    ]
    together = judged_by_hand(baseline, content)
    differing = np.abs(worth.together.per_user[NDCG] - together) > 1e-5
    assert differing.mean() < 0.02, "but for scores that are equal up to rounding"
    assert worth.gain == paired_difference(worth.together, baseline.base, NDCG)
    assert worth.gain.mean == pytest.approx((together - base).mean(), abs=1e-3)
    for side, other in enumerate(baseline.others):
        asked = baseline.others[1 - side]
        alone = ndcg_of_queries(content[side][told.name], asked)
        np.testing.assert_allclose(worth.alone.per_user[NDCG][asked.queries.users], alone, atol=1e-5)
        assert not set(other.queries.users) & set(asked.queries.users)


def test_behaviour_has_not_learnt_from_what_was_held_back(baseline, events):
    split = splits.per_user(events, 1, 1)
    train = split.train.interactions().toarray()
    for found in (baseline.train, baseline.panel.histories):
        np.testing.assert_array_equal(found.interactions.toarray(), train)
    held = split.validation.interactions().toarray()
    np.testing.assert_array_equal(baseline.panel.judge.relevant.toarray(), held)


def test_for_new_items_users_are_asked_without_the_events_that_are_to_be_found(baseline, events):
    split = splits.per_user(events, 1, 1)
    liked = Events.concat(split.train, split.validation).interactions().toarray()
    new, hidden = baseline.new, baseline.new.ranked
    assert hidden.sum() == round(HIDDEN_SHARE * (liked.sum(axis=0) > 0).sum())
    assert not new.histories.interactions.toarray()[:, hidden].any()
    np.testing.assert_array_equal(new.histories.interactions.toarray()[:, ~hidden], liked[:, ~hidden])
    asked = np.flatnonzero(new.judge.relevant.toarray().any(axis=1))
    np.testing.assert_array_equal(
        new.judge.relevant.toarray()[asked], (liked * hidden)[asked], "all that is hidden is to be found"
    )


def test_nobody_to_ask_is_said(events):
    alone = events.where(events.user == 0)
    nobody = alone.where(np.zeros(len(alone), dtype=bool))
    with pytest.raises(DataError, match="have a history and liked something after it"):
        Baseline.of(TuningView(alone, nobody))
