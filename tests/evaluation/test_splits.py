from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

import sensorium as sn
from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.hashing import canonical_json
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation import splits
from sensorium.evaluation.protocol import events_hash
from sensorium.evaluation.splits import Split, known_items

ITEMS = Vocabulary([f"i{n}" for n in range(20)])


def events(times: list[float] | None, n: int = 100, n_users: int = 5) -> Events:
    """`n` events of `n_users` users in turn."""
    frame = {"user_id": [f"u{i % n_users}" for i in range(n)], "item_id": [f"i{i % 20}" for i in range(n)]}
    if times is not None:
        frame["timestamp"] = times
    return Events.from_frame(pl.DataFrame(frame), items=ITEMS)


def test_time_split_holds_back_the_last_tenth_and_the_tenth_before() -> None:
    split = splits.time(events([float(t) for t in range(100)]))
    assert split.test.time.min() == 90
    assert split.validation.time.min() == 80
    assert (len(split.train), len(split.validation), len(split.test)) == (80, 10, 10)


def test_time_split_never_cuts_among_equal_timestamps() -> None:
    split = splits.time(events([float(t // 7) for t in range(100)]))
    assert split.train.time.max() < split.validation.time.min()
    assert split.validation.time.max() < split.test.time.min()


def test_time_split_takes_the_boundary_that_is_nearer_to_the_share() -> None:
    many = splits.time(events([0.0] * 40 + [1.0] * 41 + [2.0] * 12 + [3.0] * 7))
    assert len(many.test) == 7  # 7 is nearer to 10 than 19 is
    few = splits.time(events([0.0] * 40 + [1.0] * 41 + [2.0] * 7 + [3.0] * 12))
    assert len(few.test) == 12


def test_undated_events_are_trained_on_and_counted() -> None:
    times = [float(t) for t in range(100)]
    times[50] = None
    split = splits.time(events(times))
    assert split.protocol["n_undated"] == np.isnan(split.train.time).sum() == 1


def test_one_moment_for_all_events_is_refused() -> None:
    with pytest.raises(DataError, match="same time"):
        splits.time(events([1.0] * 100))


def test_split_by_time_without_times_is_refused() -> None:
    for by_time in (splits.time, splits.per_user):
        with pytest.raises(DataError, match="no timestamps.*random split"):
            by_time(events(None))


def test_user_time_split_leaves_out_each_users_last_events() -> None:
    given = events([float(t) for t in range(100)])
    split = splits.per_user(given, test=2, validation=1)
    for user in range(5):
        times = given.time[given.user == user]
        assert_array_equal(split.test.time[split.test.user == user], times[-2:])
        assert_array_equal(split.validation.time[split.validation.user == user], times[-3:-2])


def test_user_time_split_takes_shares_of_each_history() -> None:
    split = splits.per_user(events([float(t) for t in range(100)]), test=0.1, validation=0.2)
    assert_array_equal(np.bincount(split.test.user), [2] * 5)
    assert_array_equal(np.bincount(split.validation.user), [4] * 5)


def test_users_with_short_histories_keep_their_training_event() -> None:
    frame = pl.DataFrame({"user_id": ["a", "b", "b", "c", "c", "c"], "item_id": [f"i{i}" for i in range(6)]})
    frame = frame.with_columns(timestamp=pl.int_range(6))
    split = splits.per_user(Events.from_frame(frame, items=ITEMS))
    assert split.train.item.tolist() == [0, 1, 3]
    assert split.validation.item.tolist() == [4]
    assert split.test.item.tolist() == [2, 5]


def test_random_split_repeats_with_its_seed_and_differs_with_another() -> None:
    first, again, other = (splits.random(events(None), seed=seed) for seed in (1, 1, 2))
    assert_array_equal(first.test.item, again.test.item)
    assert first.protocol == again.protocol
    assert first.protocol["fingerprint"] != other.protocol["fingerprint"]
    assert (len(first.validation), len(first.test)) == (10, 10)


def test_random_split_per_user_takes_the_share_from_every_user() -> None:
    split = splits.random(events(None), 0.2, 0.1, per_user=True, seen=[])
    assert_array_equal(np.bincount(split.test.user), [4] * 5)
    assert_array_equal(np.bincount(split.validation.user), [2] * 5)
    other = splits.random(events(None), 0.2, 0.1, per_user=True, seed=1, seen=[])
    assert not np.array_equal(split.test.item, other.test.item)


def test_half_an_event_of_a_share_is_one() -> None:
    frame = pl.DataFrame({"user_id": ["a"] * 6, "item_id": [f"i{i}" for i in range(6)]})
    given = Events.from_frame(frame.with_columns(timestamp=pl.int_range(6)), items=ITEMS)
    split = splits.per_user(given, test=0.25, validation=0.2)
    assert (len(split.test), len(split.validation), len(split.train)) == (2, 1, 3)


def test_every_event_is_test_in_exactly_one_fold() -> None:
    folds = splits.folds(events([float(t) for t in range(100)]), 4)
    assert sorted(np.concatenate([fold.test.time for fold in folds]).tolist()) == list(range(100))
    assert sorted(np.concatenate([fold.validation.time for fold in folds]).tolist()) == list(range(100))
    with pytest.raises(ConfigError, match="3 or more"):
        splits.folds(events(None), 2)


def test_the_seed_draws_which_items_are_cold() -> None:
    first, again, other = (splits.cold_items(events(None), 0.4, seed=seed) for seed in (1, 1, 2))
    assert_array_equal(first.test.item, again.test.item)
    assert set(first.test.item.tolist()) != set(other.test.item.tolist())


def test_cold_items_have_no_event_in_train() -> None:
    split = splits.cold_items(events(None), 0.2)
    train, validation, test = (set(part.item) for part in (split.train, split.validation, split.test))
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert (len(validation), len(test)) == (2, 2)


def log(users: list[str], n_items: list[int], items: Vocabulary = ITEMS) -> Events:
    frame = pl.DataFrame({"user_id": users, "item_id": [f"i{n}" for n in n_items]})
    return Events.from_frame(frame, items=items)


def test_own_parts_that_were_read_apart_are_joined_by_their_user_ids() -> None:
    train, validation = log(["ann", "bob"], [0, 1]), log(["cid", "ann"], [2, 3])
    test = log(["bob", "dan"], [4, 5])
    found = splits.own(train, validation, test)
    assert found.train.users == found.validation.users == found.test.users
    assert list(found.test.users) == ["ann", "bob", "cid", "dan"]
    for part, given in ((found.train, train), (found.validation, validation), (found.test, test)):
        assert part.users.ids_at(part.user) == given.users.ids_at(given.user)
        assert_array_equal(part.item, given.item)
    assert repr(found) == "Split(folder: 2 train, 2 validation, 2 test events)"


def test_own_parts_with_one_vocabulary_stay_what_they_are() -> None:
    given = events(None)
    found = splits.own(given, given, given)
    assert found.train is found.test is given
    assert found.protocol["split"] == "folder"


def test_own_parts_of_other_items_are_refused() -> None:
    given = events(None)
    with pytest.raises(DataError, match="test and train speak about different items"):
        splits.own(given, given, log(["z"], [0], Vocabulary(["i0"])))


def test_the_former_names_are_the_same_functions() -> None:
    former = (splits.time, splits.per_user, splits.random, splits.folds, splits.cold_items, splits.own)
    assert former == (
        splits.time, splits.per_user, splits.random, splits.folds, splits.cold_items, splits.own
    )  # fmt: skip
    assert sn.splits is splits


def test_a_part_without_events_is_refused() -> None:
    for n, said in (
        (3, "of 3 events leaves nothing for validation and test"),
        (1, "of 1 event leaves nothing"),
    ):
        with pytest.raises(DataError, match=said):
            splits.random(events(None, n=n), 0.1, 0.1)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="between|below"):
        splits.random(events(None), test=share)


def test_an_amount_of_one_and_a_half_events_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole number"):
        splits.per_user(events([1.0] * 100), test=1.5)


def test_the_protocol_is_json_and_follows_the_data() -> None:
    times = [float(t) for t in range(100)]
    first, same = splits.time(events(times)), splits.time(events(times))
    changed = splits.time(events([*times[:-1], 500.0]))
    assert canonical_json(first.protocol) == canonical_json(same.protocol)
    assert first.protocol["fingerprint"] != changed.protocol["fingerprint"]


@pytest.mark.parametrize("column", ["user", "item", "value", "time", "strength"])
def test_every_column_of_the_events_is_in_their_hash(column: str) -> None:
    given = events([float(t) for t in range(100)])
    other = getattr(given, column).copy()
    other[3] = 0 if column == "strength" else 2
    assert events_hash(replace(given, **{column: other})) != events_hash(given)


def test_tuning_cannot_reach_the_test() -> None:
    split = splits.time(events([float(t) for t in range(100)]))
    reached = vars(split.tuning)
    assert set(reached) == {"train", "validation"}
    assert not any(value is split.test or isinstance(value, Split) for value in reached.values())


def test_known_items_are_those_of_any_event() -> None:
    frame = pl.DataFrame({"user_id": ["a", "a", "b"], "item_id": ["i0", "i0", "i1"], "rating": [5, 4, 1]})
    given = Events.from_frame(frame, items=ITEMS, positive=["rating >= 4"])
    assert known_items(given, given).toarray().tolist() == [[1] + [0] * 19, [0, 1] + [0] * 18]


def test_a_users_event_without_a_time_is_his_oldest() -> None:
    times = [float(t) for t in range(100)]
    times[97] = None
    split = splits.per_user(events(times))
    assert np.isnan(split.train.time).sum() == 1


def test_of_items_made_cold_half_are_judged_and_all_have_events() -> None:
    used = events(None).where(np.arange(100) % 20 < 10)
    split = splits.cold_items(used, 0.6, seed=1)
    assert [len(np.unique(part.item)) for part in (split.train, split.validation, split.test)] == [4, 3, 3]
    odd = splits.cold_items(used, 0.5, seed=1)
    assert [len(np.unique(part.item)) for part in (odd.train, odd.validation, odd.test)] == [5, 2, 3]


def test_the_seed_deals_the_folds_and_stands_in_the_protocol_even_if_it_is_zero() -> None:
    dealt = [splits.folds(events(None), seed=seed)[0] for seed in (0, 0, 1)]
    assert_array_equal(dealt[0].test.item, dealt[1].test.item)
    assert dealt[0].test.item.tolist() != dealt[2].test.item.tolist()
    assert [split.protocol["seed"] for split in dealt] == [0, 0, 1]


def test_the_fingerprint_of_a_folder_changes_with_each_part() -> None:
    parts = [events(None, n) for n in (50, 30, 20)]
    whole = splits.own(*parts).protocol["fingerprint"]
    for place in range(3):
        others = [part.where(part.item != 3) if n == place else part for n, part in enumerate(parts)]
        counted = splits.own(*others).protocol
        assert counted["fingerprint"] != whole
        assert len(counted["data"]) == 3
