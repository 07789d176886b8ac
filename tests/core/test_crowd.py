"""A crowd decides, and the events of one user count for no more than those of two average users."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.crowd import bounded_weights, crowd_size


@pytest.mark.parametrize(
    ("n_users", "crowd"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (300, 3), (301, 4), (10_000, 100)]
)
def test_a_crowd_is_one_per_cent_and_three_at_least_and_half_of_few(n_users, crowd):
    assert crowd_size(n_users) == crowd


def counted(counts):
    """Return what the events of each user count together [n_users]."""
    users = np.repeat(np.arange(len(counts)), counts)
    return np.bincount(users, weights=bounded_weights(users, len(counts)), minlength=len(counts))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=500).filter(any))
def test_nobody_counts_for_more_than_two_average_users_or_one_per_cent_and_only_who_would_is_held(counts):
    found, there = counted(counts), np.asarray(counts)
    n = np.count_nonzero(there)
    most = max(2, np.ceil(n / 100)) / n * found.sum()
    np.testing.assert_allclose(found, np.minimum(there, most))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([5], [5]),
        ([9, 2], [9, 2]),
        ([100, 3, 2], [10, 3, 2]),
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([16] * 97 + [20_000] * 3, [16] * 97 + [16 * 2 * 97 / 94] * 3),
        ([0, 0], [0, 0]),
    ],
)
def test_what_users_count_by_hand(counts, expected):
    np.testing.assert_allclose(counted(counts), expected)


def test_events_of_one_user_count_alike():
    weights = bounded_weights(np.asarray([0, 1, 0, 0, 2, 0]), 3)
    np.testing.assert_allclose(weights, [1, 1, 1, 1, 1, 1])
    weights = bounded_weights(np.asarray([0, 1, 0, 0, 2, 0] + [0] * 6), 3)
    np.testing.assert_allclose(weights, [0.4, 1, 0.4, 0.4, 1] + [0.4] * 7)
