"""The clock of a log is that of a crowd: single users do not move it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.log_clock import log_span

DAY_S = 86_400.0


def test_a_log_ends_where_a_crowd_has_been():
    assert log_span(np.arange(6), np.arange(6) * DAY_S) == (2 * DAY_S, 3 * DAY_S)
    assert log_span(np.zeros(3, dtype=np.int64), np.asarray([3.0, 1.0, np.nan])) == (1, 3)


def test_without_a_known_time_there_is_no_clock():
    assert log_span(np.arange(2), np.full(2, np.nan)) is None
    assert log_span(np.zeros(0, dtype=np.int64), np.zeros(0)) is None


@given(st.lists(st.floats(-1e10, 1e10), min_size=1, max_size=1000), st.integers(0, 99))
def test_one_user_moves_the_clock_by_no_more_than_the_next_one_does(moments, user):
    users = np.repeat(np.arange(100), 3)
    times = np.arange(300.0)[np.random.default_rng(0).permutation(300)] * DAY_S
    more = np.append(users, np.full(len(moments), user)), np.append(times, moments)
    last = np.sort([times[users == one].max() for one in range(100)])
    first = np.sort([times[users == one].min() for one in range(100)])
    begin, end = log_span(*more)
    assert last[-4] <= end <= last[-2]
    assert first[1] <= begin <= first[3]
