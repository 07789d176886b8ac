"""What models learn from where events differ in strength: chosen once a fit, on held-back events."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.evaluation import splits
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.models.base import FitOptions
from sensorium.serving.fit_record import FitRecord
from sensorium.training.event_weighting import choose_weighting, weighed_split
from sensorium.training.training_data import training_data, tuning_split

N_USERS, N_ITEMS = 120, 40
SHOP = {"view": 0.2, "purchase": 1, "return": -1}


def shop_log(*, told: bool) -> pl.DataFrame:
    """Views of anything and purchases of one's own half; not `told`: types are dealt at random."""
    rng = np.random.default_rng(7)
    rows = []
    for user in range(N_USERS):
        half = user % 2
        for step in range(24):
            item = int(rng.integers(N_ITEMS))
            own = item % 2 == half
            kind = ("purchase" if own else "view") if told else rng.choice(["purchase", "view"])
            rows.append((f"u{user}", f"i{item}", str(kind), float(step + rng.random())))
            if told and not own and step % 6 == 5:
                rows.append((f"u{user}", f"i{item}", "return", step + 1.0))
    return pl.DataFrame(rows, schema=["user_id", "item_id", "type", "time"], orient="row")


@pytest.fixture(scope="module")
def catalog() -> sn.Catalog:
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)], "kind": ["a"] * N_ITEMS})
    return sn.Catalog.from_frame(frame, category="kind")


@pytest.fixture(scope="module")
def events(catalog) -> sn.Events:
    return sn.Events.from_frame(shop_log(told=True), items=catalog.items, strength=SHOP)


@pytest.fixture(scope="module")
def fitted(catalog, events) -> sn.FittedModel:
    return sn.fit(catalog, events, model="item-knn", seconds=0.5)


def test_what_strengths_tell_is_learnt_from_where_that_is_surely_better(events):
    choice = choose_weighting(tuning_split(events), FitOptions())
    assert choice.weighting != "plain"
    assert choice.gains[choice.weighting].low > 0
    assert choice.ndcg[choice.weighting] > choice.ndcg["plain"]


def test_strengths_that_tell_nothing_leave_all_events_alike(catalog):
    told_nothing = sn.Events.from_frame(shop_log(told=False), items=catalog.items, strength=SHOP)
    choice = choose_weighting(tuning_split(told_nothing), FitOptions())
    assert choice.weighting == "plain"
    assert all(gain.low <= 0 for gain in choice.gains.values())


def test_events_that_do_not_differ_or_were_decided_by_hand_leave_nothing_to_choose(catalog, events):
    plain = sn.Events.from_frame(shop_log(told=True), items=catalog.items, positive=["purchase"])
    assert choose_weighting(tuning_split(plain), FitOptions()) is None
    assert choose_weighting(tuning_split(events.weighed("strength")), FitOptions()) is None


def test_a_fit_learns_from_what_was_chosen_and_keeps_it_in_its_record(fitted, events):
    chosen = fitted.record.weighting
    expected = training_data(events.weighed(chosen.weighting), {})
    np.testing.assert_array_equal(fitted.data.interactions.toarray(), expected.interactions.toarray())
    np.testing.assert_array_equal(fitted.data.against.toarray(), expected.against.toarray())
    assert fitted.record.events.rules.weighting == chosen.weighting
    kept = FitRecord.from_json(json.loads(json.dumps(fitted.record.to_json())))
    assert kept.weighting == chosen


def test_a_saved_model_keeps_what_users_are_against(fitted, tmp_path):
    loaded = sn.load(fitted.save(tmp_path / "model"))
    for name in ("interactions", "times", "against", "against_times"):
        saved, read = getattr(fitted.data, name), getattr(loaded.data, name)
        np.testing.assert_array_equal(saved.toarray(), read.toarray())
    assert loaded.recommend("u0", k=N_ITEMS).item_ids == fitted.recommend("u0", k=N_ITEMS).item_ids


@pytest.mark.parametrize("exclude_seen", [True, False, ["purchase"]])
def test_what_a_user_is_against_is_not_recommended_whatever_else_is(fitted, exclude_seen):
    against = fitted.data.against[[0]].indices
    assert len(against)
    listed = fitted.recommend("u0", k=N_ITEMS, exclude_seen=exclude_seen).indices
    assert not set(against.tolist()) & set(listed.tolist())


def test_what_a_user_is_against_lowers_what_is_like_it(catalog, events):
    model = sn.fit(catalog, events, model="ease", seconds=0.5)
    liked = model.recommend(None, history=["i0", "i2"], k=N_ITEMS)
    less = model.recommend(None, history=["i0", "i2"], disliked=["i4"], k=N_ITEMS)
    rank = {one: place for place, one in enumerate(liked.item_ids)}
    now = {one: place for place, one in enumerate(less.item_ids)}
    even = [one for one in now if int(one[1:]) % 2 == 0]
    assert sum(now[one] - rank[one] for one in even) > 0


def test_the_last_word_counts_in_an_update_too(catalog, events, tmp_path):
    model = sn.load(sn.fit(catalog, events, model="item-knn", seconds=0.5).save(tmp_path / "model"))
    liked = model.data.interactions[[0]].indices[0]
    named = catalog.items.id(int(liked))
    model.update(pl.DataFrame({"user_id": ["u0"], "item_id": [named], "type": ["return"], "time": [99.0]}))
    assert model.data.interactions[0, liked] == 0
    assert model.data.against[0, liked] > 0
    assert model.data.times[[0]].indices.tolist() == model.data.interactions[[0]].indices.tolist()
    again = pl.DataFrame({"user_id": ["u0"], "item_id": [named], "type": ["purchase"], "time": [100.0]})
    model.update(again)
    assert model.data.interactions[0, liked] > 0
    assert model.data.against[0, liked] == 0
    assert model.data.against_times[[0]].indices.tolist() == model.data.against[[0]].indices.tolist()


def test_evaluation_asks_for_what_is_relevant_and_counts_what_was_disliked(events):
    split = splits.time(events)
    weighed, choice = weighed_split(split, FitOptions())
    assert {part.rules.weighting for part in (weighed.train, weighed.test)} == {choice.weighting}
    found = evaluate_split(split, {}, EvaluationOptions(model="item-knn", seconds=0.5, ratings=False))
    bought = split.test.types.cast(pl.String) == "purchase"
    assert found.result.n_relevant <= bought.sum()
    assert 0 <= found.result.beyond["disliked_share@20"] <= 1
    assert found.result.protocol["relevant"] == 0.5
    assert found.to_json()["strengths"]["weighting"] == choice.weighting
