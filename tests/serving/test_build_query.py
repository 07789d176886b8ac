"""What a request adds to what is known of a user, and when it counts as having happened."""

import numpy as np
from scipy import sparse

from sensorium.models.base import TrainingData
from sensorium.serving.build_query import build_query

CLICKS = sparse.csr_array(np.asarray([[1, 0, 1, 0, 0], [0, 0, 0, 0, 1]], dtype=np.float32))
TIMES = sparse.csr_array((np.asarray([10.0, 20.0, 90.0]), CLICKS.indices, CLICKS.indptr), shape=CLICKS.shape)
DATA = TrainingData(CLICKS, TIMES)
NONE = np.zeros(0, dtype=np.int64)


def asked(row, liked, disliked=(), data=DATA):
    return build_query(data, row, np.asarray(liked, np.int64), np.asarray(disliked, np.int64), 5)


def test_a_known_user_is_asked_about_with_the_times_of_the_events():
    query = asked(0, NONE)
    assert query.times.data.tolist() == [10.0, 20.0]
    assert query.users.tolist() == [0]


def test_a_history_in_the_request_happened_in_its_order_after_all_that_was_learnt_from():
    query = asked(-1, [3, 1])
    assert query.history.indices.tolist() == [1, 3]
    assert query.times.data.tolist() == [92.0, 91.0]


def test_what_the_request_adds_comes_after_what_is_known_of_the_user():
    query = asked(0, [4], [1])
    assert query.history.indices.tolist() == [0, 1, 2, 4]
    assert query.history.data.tolist() == [1.0, -1.0, 1.0, 1.0]
    assert query.times.data.tolist() == [10.0, 92.0, 20.0, 91.0]


def test_what_the_request_says_of_an_item_outweighs_what_was_known():
    query = asked(0, NONE, [2])
    assert query.history.data.tolist() == [1.0, -1.0]
    assert query.times.data.tolist() == [10.0, 91.0]


def test_without_times_the_order_of_the_request_still_counts():
    query = asked(0, [3, 1], data=TrainingData(CLICKS))
    assert query.times.data.tolist() == [0.0, 2.0, 0.0, 1.0]


def test_nobody_without_a_history_asks_an_empty_question():
    query = asked(-1, NONE)
    assert query.history.shape == (1, 5)
    assert query.history.nnz == 0
