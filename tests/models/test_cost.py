"""What costs are estimated from is counted as it says."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.models.base import QueryBatch, TrainingData, ValidationData
from sensorium.models.cost import FACTORS, SPARSE, Size, dense_products, through_users

CLICKS = np.asarray([[1, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=np.float32)


@pytest.fixture
def size():
    data = TrainingData(sparse.csr_array(CLICKS))
    queries = QueryBatch.of_users(data, np.asarray([0, 1]))
    return Size.of(data, ValidationData(queries, queries.history, queries.history))


def test_a_size_counts_events_pairs_and_questions(size):
    assert (size.n_users, size.n_items, size.n_events) == (4, 4, 6)
    assert size.n_pairs == 3**2 + 2**2 + 1, "events of each user, squared"
    assert size.n_met == 3**2 + 1 + 1 + 1, "events of each item, squared"
    assert (size.n_queries, size.n_asked, size.n_scores) == (2, 5, 8)


def test_each_event_of_a_history_costs_the_users_of_an_event_on_average(size):
    users_of_an_event = (3 + 3 + 3 + 1 + 1 + 1) / 6
    assert through_users(size) == pytest.approx(4 * SPARSE * 5 * users_of_an_event)


def test_few_columns_cost_as_much_as_the_usual_number_of_factors(size):
    assert dense_products(size, 3) == dense_products(size, FACTORS) == dense_products(size)
    assert dense_products(size, 10 * FACTORS) == pytest.approx(10 * dense_products(size))
