"""Events: from any table to matrices, with repeats combined by rule and bad rows set aside."""

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events, read_events
from sensorium.catalog.strength import EventRules
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.vocabulary import Vocabulary

ITEMS = Vocabulary(["a", "b", "c"])
LOG = pl.DataFrame(
    {
        "user_id": ["u", "u", "v", "u", "u"],
        "item_id": ["a", "b", "c", "a", "a"],
        "rating": [5.0, 2.0, 4.0, 4.0, 1.0],
        "timestamp": [10.0, 20.0, 30.0, 50.0, 40.0],
    }
)


def test_users_are_numbered_in_order_of_appearance_and_items_as_in_the_catalogue():
    events = Events.from_frame(LOG, items=ITEMS)
    assert list(events.users) == ["u", "v"]
    assert events.user.tolist() == [0, 0, 1, 0, 0]
    assert events.item.tolist() == [0, 1, 2, 0, 0]
    assert (events.user.dtype, events.item.dtype) == (np.int64, np.int64)
    assert (events.value.dtype, events.time.dtype, events.positive.dtype) == (
        np.float32,
        np.float64,
        np.bool_,
    )
    assert len(events) == 5
    assert events.shape == (2, 3)


def test_repeated_events_count_once_with_the_time_of_the_last_positive_and_the_last_rating():
    events = Events.from_frame(LOG, items=ITEMS, positive=["rating >= 4"])
    assert events.interactions().toarray().tolist() == [[1, 0, 0], [0, 0, 1]]
    assert events.times().toarray().tolist() == [[50, 0, 0], [0, 0, 30]]
    assert events.ratings().toarray().tolist() == [[4, 2, 0], [0, 0, 4]]
    assert events.interactions().dtype == np.float32
    assert events.times().dtype == np.float64


def test_a_last_negative_event_does_not_undo_an_earlier_positive_one():
    events = Events.from_frame(LOG.sort("timestamp").head(4), items=ITEMS, positive=["rating >= 5"])
    assert events.interactions().toarray().tolist() == [[1, 0, 0], [0, 0, 0]]
    assert events.times().toarray().tolist() == [[10, 0, 0], [0, 0, 0]]


def test_times_and_interactions_have_one_pattern():
    events = Events.from_frame(LOG, items=ITEMS)
    interactions, times = events.interactions(), events.times()
    assert interactions.indptr.tolist() == times.indptr.tolist()
    assert interactions.indices.tolist() == times.indices.tolist()


def test_without_times_the_order_of_the_table_says_which_value_is_last():
    events = Events.from_frame(LOG.drop("timestamp"), items=ITEMS)
    assert events.times() is None
    assert not events.has_times
    assert events.ratings().toarray().tolist() == [[1, 2, 0], [0, 0, 4]]


def test_an_event_without_time_is_as_old_as_the_oldest_and_its_value_precedes_the_timed_ones():
    log = LOG.with_columns(timestamp=pl.Series([10.0, 20.0, None, 50.0, None]))
    events = Events.from_frame(log, items=ITEMS)
    assert events.times().toarray().tolist() == [[50, 20, 0], [0, 0, 10]]
    assert events.ratings()[0, 0] == 4


def test_a_rating_of_zero_is_stored():
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "rating": [0]})
    assert Events.from_frame(log, items=ITEMS).ratings().nnz == 1


def test_without_rules_every_event_is_positive_also_where_there_are_ratings():
    assert Events.from_frame(LOG, items=ITEMS).positive.all()


def test_event_types_and_values_decide_together():
    log = LOG.with_columns(type=pl.Series(["rate", "play", "rate", "play", "skip"]))
    events = Events.from_frame(log, items=ITEMS, positive=["rating >= 4", "play"])
    assert events.positive.tolist() == [True, True, True, True, False]


@pytest.mark.parametrize("name", ["rating", "value", "weight", "Rating"])
def test_value_time_and_type_are_found_by_name(name):
    log = LOG.rename({"rating": name, "timestamp": "Date"})
    events = Events.from_frame(log, items=ITEMS)
    assert events.has_values
    assert events.has_times


def test_columns_of_other_names_are_given():
    log = LOG.rename({"user_id": "who", "item_id": "what", "rating": "how", "timestamp": "at"})
    events = Events.from_frame(log, items=ITEMS, user="who", item="what", value="how", time="at")
    assert events.ratings().nnz == 3
    assert events.has_times


def test_known_users_keep_their_index_and_new_ones_follow():
    events = Events.from_frame(LOG, items=ITEMS, users=Vocabulary(["x", "v"], name="user"))
    assert list(events.users) == ["x", "v", "u"]
    assert events.user.tolist() == [2, 2, 1, 2, 2]


def test_ids_of_numbers_match_however_they_are_typed():
    items = Vocabulary(["1", "20"])
    for ids in ([1, 20], [1.0, 20.0], ["1", "20"]):
        log = pl.DataFrame({"user_id": ids, "item_id": ids})
        events = Events.from_frame(log, items=items)
        assert list(events.users) == ["1", "20"]
        assert events.item.tolist() == [0, 1]


def test_restricting_keeps_the_vocabularies():
    events = Events.from_frame(LOG, items=ITEMS)
    part = events.where(events.time > 25)
    assert part.item.tolist() == [2, 0, 0]
    assert part.users is events.users
    assert part.shape == events.shape


def test_extending_appends_events_users_and_items():
    events = Events.from_frame(LOG, items=ITEMS)
    more = pl.DataFrame(
        {"user_id": ["w", "u"], "item_id": ["d", "b"], "rating": [3.0, 5.0], "timestamp": [60, 70]}
    )
    longer = events.extended(more, items=ITEMS.extended(["d"]))
    assert list(longer.users) == ["u", "v", "w"]
    assert longer.item.tolist() == [*events.item.tolist(), 3, 1]
    assert longer.ratings()[0, 1] == 5


def test_concatenated_events_keep_every_column_and_the_rules_of_the_first():
    events = Events.from_frame(LOG, items=ITEMS, positive=["rating >= 4"])
    early, late = events.where(events.time < 25), events.where(events.time >= 25)
    both = Events.concat(early, late)
    order = np.argsort(events.time >= 25, kind="stable")
    for name, column in both.arrays().items():
        np.testing.assert_array_equal(column, getattr(events, name)[order])
    assert set(both.arrays()) == {"user", "item", "value", "time", "strength", "count"}
    assert both.rules == events.rules


def test_events_that_number_their_users_differently_are_not_concatenated():
    events = Events.from_frame(LOG, items=ITEMS)
    other = Events.from_frame(LOG, items=ITEMS, users=Vocabulary(["v", "u"], name="user"))
    with pytest.raises(DataError, match="numbered differently"):
        Events.concat(events, other)


def test_bad_rows_are_set_aside_with_number_and_reason_and_the_rest_goes_on():
    log = pl.DataFrame(
        {
            "user_id": ["u", "", "u", "u", "u", "v", None],
            "item_id": ["a", "a", None, "zzz", "b", "c", "nope"],
            "rating": ["5", "5", "5", "5", "good", "4", "5"],
            "timestamp": ["10", "10", "10", "10", "10", "soon", "10"],
        }
    )
    read = read_events(log, items=ITEMS)
    assert list(read.events.users) == ["u", "v"]
    assert np.isnan(read.events.time).tolist() == [False, True]
    assert read.undated.frame.select("row", "reason").rows() == [(6, "time cannot be read: 'soon'")]
    assert read.rejected.frame.select("row", "reason").rows() == [
        (2, "user id is empty"),
        (3, "item id is empty"),
        (4, "unknown item: 'zzz'"),
        (5, "value is not a number: 'good'"),
        (7, "user id is empty"),
    ]
    assert read.rejected.counts()["user id is empty"] == 2
    assert read.rejected.frame["item_id"].to_list() == ["a", None, "zzz", "b", "nope"]


def test_row_numbers_of_events_account_for_the_rows_set_aside():
    log = pl.DataFrame({"user_id": ["u", "u", "u"], "item_id": ["a", "x", "b"]})
    read = read_events(log, items=ITEMS)
    assert read.rows_of(np.array([False, True])).to_list() == [3]


def test_from_frame_refuses_bad_rows_and_names_the_first():
    log = pl.DataFrame({"user_id": ["u", "u"], "item_id": ["zzz", "yyy"]})
    with pytest.raises(DataError, match=r"row 1: unknown item: 'zzz' \(and 1 more bad rows\).*read_tables"):
        Events.from_frame(log, items=ITEMS)


def test_missing_values_and_times_are_no_mistakes():
    log = pl.DataFrame(
        {"user_id": ["u", "v"], "item_id": ["a", "a"], "rating": ["", "NaN"], "time": [None, ""]}
    )
    events = Events.from_frame(log, items=ITEMS)
    assert np.isnan(events.value).all()
    assert np.isnan(events.time).all()
    assert events.ratings() is None


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(DataError, match="'who'.*user_id, item_id"):
        Events.from_frame(LOG, items=ITEMS, user="who")


def test_a_bad_rule_is_refused_before_the_file_is_read(tmp_path):
    with pytest.raises(ConfigError, match="rating >= four"):
        Events.from_file(tmp_path / "absent.csv", items=ITEMS, positive=["rating >= four"])


def test_an_empty_table_gives_empty_matrices():
    events = Events.from_frame(LOG.clear(), items=ITEMS)
    assert events.shape == (0, 3)
    assert events.interactions().nnz == 0
    assert events.ratings() is None


@pytest.mark.parametrize("extra", [[], ["note"]])
def test_parquet_brings_only_the_columns_that_are_needed(tmp_path, extra):
    frame = LOG.with_columns(note=pl.lit("x"), share=pl.lit(0.5))
    frame.write_parquet(tmp_path / "log.parquet")
    rules = ["share >= 0.5", *(f"{name} == x" for name in extra)]
    read = read_events(tmp_path / "log.parquet", items=ITEMS, rules=EventRules.parse(rules))
    assert set(read.table.frame.columns) == {*LOG.columns, "share", *extra}
    assert read.events.positive.all()


def test_the_columns_that_were_found_are_reported():
    assert read_events(LOG, items=ITEMS).columns == EventColumns(value="rating", time="timestamp")


def test_what_comes_after_is_read_by_its_own_rules_which_are_kept():
    events = Events.from_frame(LOG, items=ITEMS, positive=["rating >= 4"])
    longer = events.extended(LOG.head(1), positive=["rating >= 5"])
    assert longer.rules.positive == ("rating >= 5",)
    assert longer.positive.sum() == events.positive.sum() + 1


def test_events_print_how_many_there_are():
    assert repr(Events.from_frame(LOG, items=ITEMS)) == "Events(5 events; 2 users, 3 items)"
