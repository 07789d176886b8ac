"""Each way to divide events gets what was asked for, and what is tuned on is divided as told."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.experiments.rated_world import rated_events, telling_blocks

import sensorium as sn
from sensorium.evaluation import splits
from sensorium.evaluation.splits import TuningView, known_items
from sensorium.training.training_data import (
    split_events,
    training_data,
    tuning_split,
    validation_data,
)

COLUMNS = ("user", "item", "value", "time", "positive")


@pytest.fixture(scope="module")
def events():
    return rated_events()


def same(found, expected):
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(found, column), getattr(expected, column))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("auto", lambda log: splits.time(log, 0.2, 0.15)),
        ("time", lambda log: splits.time(log, 0.2, 0.15)),
        ("user-time", lambda log: splits.per_user(log, 0.2, 0.15)),
        ("random", lambda log: splits.random(log, 0.2, 0.15, seed=5)),
        ("cold-items", lambda log: splits.cold_items(log, 0.35, seed=5)),
    ],
)
def test_every_kind_of_split_gets_the_shares_and_the_seed(kind, expected, events):
    found, wanted = split_events(events, kind, test=0.2, validation=0.15, seed=5), expected(events)
    assert found.protocol == wanted.protocol
    for part in ("train", "validation", "test"):
        same(getattr(found, part), getattr(wanted, part))


@pytest.mark.parametrize(("n_moments", "kind"), [(0, "random"), (1, "random"), (2, "random"), (3, "time")])
def test_auto_divides_in_time_only_between_more_than_two_moments(n_moments, kind):
    log = {"user_id": [f"u{n % 9}" for n in range(60)], "item_id": [f"i{n % 7}" for n in range(60)]}
    if n_moments:
        log["timestamp"] = [float(n % n_moments) if n else None for n in range(60)]
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(7)]}))
    found = split_events(sn.Events.from_frame(pl.DataFrame(log), items=catalog.items), seed=1)
    assert found.protocol["split"] == kind


def test_what_is_tuned_on_is_the_last_share_and_all_the_rest_is_learnt_from(events):
    found = tuning_split(events, share=0.2)
    whole = sn.Events.concat(found.train, found.validation)
    assert len(whole) == len(events)
    order = np.argsort(whole.time, kind="stable")
    same(whole.where(order), events.where(np.argsort(events.time, kind="stable")))
    same(found.validation, splits.time(events, 0.2, 0.2).test)
    assert len(tuning_split(events).validation) == len(events) // 10


def test_without_times_the_seed_draws_what_is_tuned_on(events):
    timeless = sn.Events.from_frame(
        pl.DataFrame({"user_id": events.user.astype(str), "item_id": events.items.ids_at(events.item)}),
        items=events.items,
    )
    first, again, other = (tuning_split(timeless, seed=seed) for seed in (1, 1, 2))
    same(first.validation, again.validation)
    assert not np.array_equal(first.validation.item, other.validation.item)
    same(first.validation, splits.random(timeless, 0.1, 0.1, seed=1).test)


def beside(events, n_events, times):
    """Return `events` and, after them, `n_events` of one busy user at `times`."""
    more = {
        "user_id": ["busy"] * n_events,
        "item_id": [f"i{n % 36}" for n in range(n_events)],
        "rating": [5.0] * n_events,
        "timestamp": times,
    }
    return events.extended(pl.DataFrame(more), positive=["rating >= 4"])


def of_others(part):
    return part.where(part.user != part.users.lookup(pl.Series(["busy"]))[0])


@pytest.mark.parametrize("n_events", [1, 90, 1000, 20_000])
@pytest.mark.parametrize("where", ["first", "in between", "last", "2100", "1970", "all along"])
def test_one_busy_user_hardly_moves_what_is_tuned_on(n_events, where, events):
    begin, end = events.time.min(), events.time.max()
    last = {"first": begin, "in between": (begin + 2 * end) / 3, "last": end, "2100": 4.1e9, "1970": 0.0}
    from_, to = (begin, end) if where == "all along" else (last[where] - 3600, last[where])
    before, found = (
        tuning_split(events),
        tuning_split(beside(events, n_events, np.linspace(from_, to, n_events))),
    )
    held, among_others = before.validation, of_others(found.validation)
    share_of_one = 2 / (48 + 1)  # one user counts for no more than that, and so moves the moment by no more
    assert abs(len(among_others) - len(held)) <= share_of_one * len(events) + 1
    both = set(among_others.user) & set(held.user)
    assert len(both) >= 0.7 * len(set(held.user))
    assert len(found.train) + len(found.validation) == len(events) + n_events


def test_guests_who_share_an_id_do_not_divide_what_others_did(events):
    guests = beside(events, 9000, np.linspace(events.time.min(), events.time.min() + 3600, 9000))
    assert len(of_others(tuning_split(guests).validation)) == pytest.approx(90, abs=9)
    assert len(splits.time(guests).test) == 990, "a split that is asked for has the asked share of events"


def test_one_user_with_dates_does_not_divide_in_time_what_others_did_without(events):
    undated = replace(events, time=np.full(len(events), np.nan))
    one_moment = replace(events, time=np.full(len(events), events.time.min()))
    for log in (undated, one_moment):
        found = tuning_split(beside(log, 300, events.time.max() + np.arange(300.0)), seed=3)
        assert len(of_others(found.validation)) > 0.05 * len(events)
        assert len(set(found.validation.user)) > 20


def test_too_few_events_leave_nothing_to_tune_on(events):
    assert tuning_split(events.where(np.arange(len(events)) < 1)) is None


def test_training_data_hold_what_the_events_say(events):
    blocks = telling_blocks()
    found = training_data(events, blocks)
    assert found.blocks is blocks
    for name in ("interactions", "times", "ratings"):
        expected = getattr(events, name)()
        np.testing.assert_array_equal(getattr(found, name).toarray(), expected.toarray())


def test_tuning_asks_who_liked_something_with_what_was_learnt_and_bars_what_was_met(events):
    split = splits.time(events, 0.2, 0.2)
    train = training_data(split.train, {})
    found = validation_data(train, TuningView(split.train, split.validation))
    liked = split.validation.where(split.validation.positive)
    users = np.unique(liked.user)
    np.testing.assert_array_equal(found.queries.users, users)
    np.testing.assert_array_equal(found.queries.history.toarray(), train.interactions[users].toarray())
    np.testing.assert_array_equal(found.relevant.toarray(), split.validation.interactions()[users].toarray())
    np.testing.assert_array_equal(found.masked.toarray(), known_items(split.train)[users].toarray())
    assert found.masked.nnz > found.queries.history.nnz, "what was disliked is barred, too"
    np.testing.assert_array_equal(found.times.toarray(), split.validation.times()[users].toarray())
