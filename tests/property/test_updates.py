"""New events, folded in batch by batch, leave what a fit on all of them would hold."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.catalog.events import Events
from sensorium.core.log_clock import date_undated
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation.splits import known_items
from sensorium.serving.fold_in_events import extend_seen, fold_in_events
from sensorium.training.training_data import training_data

ITEMS = Vocabulary(["a", "b", "c"])
USERS, VALUES = st.sampled_from("uvw"), st.sampled_from([0.0, 1.0, 3.5, 5.0])
TIMES = st.integers(1, 6)


def logs(times=TIMES, values=VALUES, min_size=0):
    return st.lists(st.tuples(USERS, st.sampled_from("abc"), values, times), min_size=min_size, max_size=10)


def events_of(log, users=None):
    schema = {"user_id": pl.String, "item_id": pl.String, "rating": pl.Float64, "timestamp": pl.Float64}
    frame = pl.DataFrame(log, schema=schema, orient="row")
    return Events.from_frame(frame, items=ITEMS, users=users, positive=["rating >= 3"])


def assert_same_cells(found, expected):
    """Assert that two matrices hold the same cells; zeros that are stored count."""
    assert found.shape == expected.shape
    (one, other), (mine, theirs) = zip(
        *((m.tocoo(), np.lexsort(m.tocoo().coords[::-1])) for m in (found, expected)), strict=True
    )
    for axis in (0, 1):
        np.testing.assert_array_equal(one.coords[axis][mine], other.coords[axis][theirs])
    np.testing.assert_array_equal(one.data[mine], other.data[theirs])


def assert_updates_equal_a_fit(first, batches, whole):
    """Assert that what is known after all `batches` is what a fit on `whole` would hold."""
    users = events_of(first).users
    data, rated_at, seen = (
        training_data(events_of(first), {}), events_of(first).rating_times(), known_items(events_of(first))
    )  # fmt: skip
    for batch in batches:
        new = events_of(batch, users)
        data, rated_at = fold_in_events(data, new, rated_at)
        seen, users = extend_seen(seen, new), new.users
    fitted = events_of(whole)
    expected = training_data(fitted, {})
    for name in ("interactions", "times", "ratings"):
        assert_same_cells(getattr(data, name), getattr(expected, name))
    assert_same_cells(rated_at, fitted.rating_times())
    assert_same_cells(seen, known_items(fitted))


@settings(max_examples=150)
@given(logs(min_size=1), st.lists(logs(), max_size=3))
def test_updates_equal_a_fit_on_all_events_in_whatever_order_they_come(first, batches):
    assert_updates_equal_a_fit(first, batches, [*first, *(row for batch in batches for row in batch)])


@settings(max_examples=150)
@given(logs(min_size=1), st.lists(logs(st.one_of(st.none(), TIMES)), max_size=3))
def test_an_event_without_a_time_happens_when_it_comes(first, batches):
    whole = list(first)
    for batch in batches:
        users, times = (np.asarray([row[at] for row in [*whole, *batch]]) for at in (0, 3))
        users, times = np.unique(users, return_inverse=True)[1], times.astype(np.float64)
        n = len(whole)
        dates = date_undated(users[n:], times[n:], (users[:n], times[:n]))
        whole += [(*row[:3], date) for row, date in zip(batch, dates.tolist(), strict=True)]
    assert_updates_equal_a_fit(first, batches, whole)


@settings(max_examples=150)
@given(logs(st.none(), min_size=1), st.lists(logs(st.none()), max_size=3))
def test_without_times_the_last_rating_counts(first, batches):
    whole = [*first, *(row for batch in batches for row in batch)]
    users = events_of(first).users
    data, rated_at = training_data(events_of(first), {}), events_of(first).rating_times()
    for batch in batches:
        new = events_of(batch, users)
        data, rated_at = fold_in_events(data, new, rated_at)
        users = new.users
    assert data.times is None
    assert_same_cells(data.ratings, events_of(whole).ratings())
