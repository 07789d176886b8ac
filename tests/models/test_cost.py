"""What costs are estimated from is counted as it says."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from sensorium.models.base import QueryBatch, TrainingData, ValidationData
from sensorium.models.cost import (
    ANSWERING,
    FACTORS,
    FILLING,
    FOLDING,
    HANDING,
    INVERSION,
    PAIRING,
    PRODUCT,
    REACHING,
    SELECTING,
    SQUARING,
    STEPPING,
    Size,
    dense_inverse,
    dense_products,
    nearest_in_content,
    solved_histories,
    sparse_item_products,
    through_users,
    walks,
)

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
    met = 5 * users_of_an_event
    known = 2 * PAIRING * met + FILLING * min(met, 2 * 4) + HANDING * 8
    assert through_users(size) == pytest.approx(known)


def test_few_columns_cost_as_much_as_the_usual_number_of_factors(size):
    assert dense_products(size, 3) == dense_products(size, FACTORS) == dense_products(size)
    assert dense_products(size, 10 * FACTORS) == pytest.approx(10 * dense_products(size))


def test_solving_for_a_history_costs_its_items_by_the_factors_squared_and_the_system_of_the_fewer(size):
    few = ANSWERING + FOLDING * (2.5 * FACTORS**2 + 2.5 * 2.5**3)
    assert solved_histories(size) == pytest.approx(2 * few)
    many = ANSWERING + FOLDING * (2.5 * 2**2 + 2.5 * 2**3)
    assert solved_histories(size, 2) == pytest.approx(2 * many)


def test_an_inverse_costs_the_cube_of_the_items_beside_the_pairs(size):
    many = replace(size, n_items=1_000, n_users=10**6, n_pairs=10**9)
    assert dense_inverse(many) == pytest.approx(PAIRING * 10**9 + INVERSION * 10**9)
    few = replace(many, n_users=1_000)  # their histories are so long that they are multiplied as dense ones
    assert dense_inverse(few) == pytest.approx(SQUARING * 10**9 + INVERSION * 10**9)


def test_a_product_of_sparse_matrices_fills_no_more_entries_than_there_are(size):
    many = replace(size, n_items=1_000, n_pairs=10**9)
    assert sparse_item_products(many) == pytest.approx(PAIRING * 10**9 + FILLING * 10**6)
    assert sparse_item_products(replace(many, n_pairs=500)) == pytest.approx((PAIRING + FILLING) * 500)


def test_walks_read_all_events_and_fill_all_rows_six_times_a_query(size):
    assert walks(size) == pytest.approx(6 * 2 * (STEPPING * 6 + REACHING * 8))


def test_neighbours_in_content_cost_every_two_items(size):
    many = replace(size, n_items=1_000)
    assert nearest_in_content(many, 64) == pytest.approx(10**6 * (64 * PRODUCT + SELECTING))


def test_the_columns_of_blocks_are_added_up(size):
    wide = replace(size, columns={"text:plot": 64, "image:cover": 100, "number:year": 1})
    assert wide.n_columns(["text:plot", "number:year"]) == 65
    assert (wide.n_columns(None), wide.n_columns([])) == (165, 0)
