"""Matrices of events equal what plain loops over the rows give."""

import math

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.catalog.events import Events, read_events
from sensorium.core.vocabulary import Vocabulary

ITEMS = Vocabulary(["a", "b", "c"])
EVENT = st.tuples(
    st.sampled_from("uvw"),
    st.sampled_from("abc"),
    st.one_of(st.none(), st.sampled_from([0.0, 1.0, 3.5, 5.0])),
    st.one_of(st.none(), st.integers(0, 5)),
)
LOGS = st.lists(EVENT, max_size=25)
SETTINGS = settings(max_examples=150)


def frame_of(log):
    schema = {"user_id": pl.String, "item_id": pl.String, "rating": pl.Float64, "timestamp": pl.Int64}
    return pl.DataFrame(log, schema=schema, orient="row")


def as_dict(matrix, events):
    coordinates = matrix.tocoo()
    users, items = events.users.ids_at(coordinates.row), events.items.ids_at(coordinates.col)
    return dict(zip(zip(users, items, strict=True), coordinates.data.tolist(), strict=True))


@SETTINGS
@given(LOGS)
def test_interactions_hold_each_positive_pair_once(log):
    events = Events.from_frame(frame_of(log), items=ITEMS, positive=["rating >= 3"])
    expected = {(user, item): 1.0 for user, item, value, _ in log if value is not None and value >= 3}
    assert as_dict(events.interactions(), events) == expected


@SETTINGS
@given(LOGS)
def test_times_are_of_the_last_positive_event(log):
    events = Events.from_frame(frame_of(log), items=ITEMS, positive=["rating >= 3"])
    known = [time for *_, time in log if time is not None]
    times = events.times()
    if not known:
        assert times is None
        return
    expected = {}
    for user, item, value, time in log:
        if value is not None and value >= 3:
            moment = min(known) if time is None else time
            expected[user, item] = max(moment, expected.get((user, item), -math.inf))
    assert as_dict(times, events) == expected
    assert np.array_equal(times.indices, events.interactions().indices)


@SETTINGS
@given(LOGS)
def test_ratings_are_the_last_value_by_time_then_by_row(log):
    events = Events.from_frame(frame_of(log), items=ITEMS)
    ordered = sorted(log, key=lambda event: -math.inf if event[3] is None else event[3])
    expected = {(user, item): value for user, item, value, _ in ordered if value is not None}
    ratings = events.ratings()
    assert (ratings is None) == (not expected)
    if ratings is not None:
        assert as_dict(ratings, events) == expected


@SETTINGS
@given(LOGS, LOGS)
def test_extending_equals_reading_both_at_once(first, second):
    extended = Events.from_frame(frame_of(first), items=ITEMS).extended(frame_of(second))
    at_once = Events.from_frame(frame_of(first + second), items=ITEMS)
    assert list(extended.users) == list(at_once.users)
    for name in ("user", "item", "value", "time", "positive"):
        assert np.array_equal(
            getattr(extended, name), getattr(at_once, name), equal_nan=name in ("value", "time")
        )


@SETTINGS
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["u", "", None]),
            st.sampled_from(["a", "zz", " "]),
            st.sampled_from(["1", "x", ""]),
            st.sampled_from(["10", "2024-01-31", "never", None]),
        ),
        max_size=15,
    )
)
def test_every_row_is_either_an_event_or_rejected(rows):
    frame = pl.DataFrame(
        rows,
        schema=dict.fromkeys(["user_id", "item_id", "rating", "timestamp"], pl.String),
        orient="row",
    )
    read = read_events(frame, items=ITEMS)
    good = [
        number
        for number, (user, item, value, _) in enumerate(rows, start=1)
        if user and item == "a" and value != "x"
    ]
    assert read.rows_of(np.ones(len(read.events), dtype=np.bool_)).to_list() == good
    assert read.undated.frame["row"].to_list() == [n for n in good if rows[n - 1][3] == "never"]
    assert sorted([*good, *read.rejected.frame["row"]]) == list(range(1, len(rows) + 1))
