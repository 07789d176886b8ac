"""Circumstances of events: hour, weekday and named columns; learnt from, asked about, saved and judged."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.circumstances import circumstances_of_users, condition_names, event_conditions
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.models.base import QueryBatch
from sensorium.training.training_data import training_data, tuning_split, validation_data

N_USERS, N_ITEMS = 150, 30
START = 1_700_006_400  # a Wednesday, at midnight


def log(*, told=True, seed=0):
    """People watch the first half of the items on a phone in the morning, the others on a tv at night."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(8):
        for user in range(N_USERS):
            evening = bool(rng.integers(2))
            half = evening if told else bool(rng.integers(2))
            item = int(rng.integers(N_ITEMS // 2)) + half * (N_ITEMS // 2)
            time = START + 86400 * day + 3600 * (21 if evening else 8) + user
            rows.append((f"u{user}", f"i{item}", time, "tv" if evening else "phone"))
    return pl.DataFrame(rows, schema=["user_id", "item_id", "time", "device"], orient="row")


def tables(context=("hour", "device"), **wanted):
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{item}" for item in range(N_ITEMS)]}))
    return catalog, sn.Events.from_frame(log(**wanted), items=catalog.items, context=context)


@pytest.fixture(scope="module")
def model():
    return sn.fit(*tables(), seconds=0.5)


def share_of_evening(answer):
    return np.mean([int(item.item_id[1:]) >= N_ITEMS // 2 for item in answer])


def test_hours_and_weekdays_are_read_off_the_time_and_neighbouring_hours_count_half():
    _, events = tables(("weekday", "hour", "device"))
    names = condition_names(events)
    assert names[:7] == tuple(f"weekday={day}" for day in range(1, 8))
    first = event_conditions(events, names)[[0]].toarray()[0]
    told = {names[n]: float(first[n]) for n in np.flatnonzero(first)}
    hour = 21 if log()["device"][0] == "tv" else 8
    expected = {"weekday=3": 1.0, f"hour={hour}": 1.0, f"hour={hour - 1}": 0.5, f"hour={hour + 1}": 0.5}
    assert told == expected | {f"device={log()['device'][0]}": 1.0}


def test_midnight_follows_the_hour_before_it():
    catalog, _ = tables()
    late = pl.DataFrame({"user_id": ["a"], "item_id": ["i1"], "time": [START + 23 * 3600]})
    events = sn.Events.from_frame(late, items=catalog.items, context=["hour"])
    names = condition_names(events)
    row = event_conditions(events, names).toarray()[0]
    assert {names[n] for n in np.flatnonzero(row)} == {"hour=22", "hour=23", "hour=0"}


def test_what_is_chosen_so_comes_first_for_known_and_for_new_users(model):
    weights = {member.name: member for member in model.fusion.config.members}
    assert weights["circumstances"].weight > 0.1
    for asked in ({"user": "u3"}, {}):
        night = model.recommend(**asked, context={"hour": 21, "device": "tv"}, k=8, exclude_seen=False)
        morning = model.recommend(**asked, context={"hour": 8, "device": "phone"}, k=8, exclude_seen=False)
        assert share_of_evening(night) > share_of_evening(morning) + 0.4, asked


def test_reasons_add_up_and_speak_of_circumstances(model):
    answer = model.recommend("u3", context={"hour": 21}, k=3, explain=True)
    for item, reasons in zip(answer, answer.reasons, strict=True):
        assert sum(reason.contribution for reason in reasons) == pytest.approx(item.score, abs=1e-4)
    assert any(reason.source == "circumstances" for reason in answer.reasons[0])


def test_a_saved_model_answers_alike(model, tmp_path):
    again = sn.load(model.save(tmp_path / "model"))
    asked = {"user": "u5", "context": {"device": "tv", "hour": "21"}, "k": 6}
    assert again.recommend(**asked) == model.recommend(**asked)


def test_unknown_circumstances_are_refused_with_those_that_there_are(model):
    with pytest.raises(ConfigError, match=r"no circumstance 'place'\. Known are: hour, device"):
        model.recommend(context={"place": "home"})
    with pytest.raises(
        UnknownIdError, match=r"no event has the device 'watch'. There are for example: (tv, phone|phone, tv)"
    ):
        model.recommend(context={"device": "watch"})
    catalog, events = tables(())
    plain = sn.fit(catalog, events, model="popularity", seconds=0.1)
    with pytest.raises(ConfigError, match="no circumstance 'hour'. Name some"):
        plain.recommend(context={"hour": 3})
    with pytest.raises(sn.DataError, match="no column 'place'"):
        tables(("place",))


def test_circumstances_that_tell_nothing_get_no_weight():
    noise = sn.fit(*tables(told=False), seconds=0.5)
    weights = {member.name: member for member in noise.fusion.config.members}
    mine = weights.get("circumstances")
    assert mine is None or (mine.weight < 0.1 and not mine.weight_without_history)


def test_who_tunes_asks_under_the_mean_of_what_is_held_back():
    _, events = tables()
    tuning = tuning_split(events)
    data = training_data(tuning.train, {})
    asked = validation_data(data, tuning)
    expected = circumstances_of_users(tuning.validation, data.conditions)[asked.queries.users]
    np.testing.assert_allclose(asked.queries.about["circumstances"].toarray(), expected.toarray())
    assert "circumstances" not in QueryBatch.of_users(data, np.arange(3)).about


def test_evaluation_asks_under_the_circumstances_of_test_events():
    catalog, events = tables()
    found = sn.evaluate(["circumstances", "popularity"], catalog, events, split="random", seconds=0.2)
    assert found.difference("circumstances", "popularity").low > 0.02
