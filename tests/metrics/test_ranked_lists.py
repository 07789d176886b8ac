import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sensorium.metrics.ranked_lists import NOBODY, top_lists
from sensorium.ranking.top_k import top_k


def scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_lists_are_in_descending_order() -> None:
    assert_array_equal(top_lists(scores([0.1, 0.9, 0.5]), 2).items, [[1, 2]])


def test_equal_scores_stand_by_lower_index() -> None:
    assert_array_equal(top_lists(scores([1, 2, 1, 2, 1]), 4).items, [[1, 3, 0, 2]])


def test_nan_is_never_ranked() -> None:
    top = top_lists(scores([np.nan, 1, np.nan]), 2)
    assert_array_equal(top.items, [[1, NOBODY]])
    assert np.isnan(top.scores[0, 1])


def test_minus_infinity_is_never_ranked_and_plus_infinity_is_first() -> None:
    assert_array_equal(top_lists(scores([-np.inf, 1, np.inf]), 3).items, [[2, 1, NOBODY]])


def test_lists_longer_than_the_catalogue_end_early() -> None:
    assert_array_equal(top_lists(scores([1, 2]), 4).items, [[1, 0, NOBODY, NOBODY]])


def test_the_group_that_is_cut_keeps_its_whole_size() -> None:
    top = top_lists(scores([5, 1, 1, 1, 0]), 2)
    assert_array_equal(top.starts, [[0, 1]])
    assert_array_equal(top.sizes, [[1, 3]])


def test_relevant_items_behind_the_cut_count_in_their_group() -> None:
    given = scores([5, 1, 1, 1, 0], [1, 2, 3, 4, np.nan])
    relevant = sparse.csr_array(np.array([[0, 0, 0, 1, 1], [0, 0, 0, 1, 1]]))
    assert_array_equal(top_lists(given, 2).found(given, relevant), [[0, 1], [1, 0]])


def test_lists_are_those_of_the_ranking_layer() -> None:
    """The judge's lists, made for groups of ties, and the served ones agree, ties and holes included."""
    rng = np.random.default_rng(3)
    given = rng.integers(6, size=(200, 25)).astype(np.float32)
    given[rng.random(given.shape) < 0.3] = np.nan
    for k in (1, 7, 25):
        top, (items, values) = top_lists(given, k), top_k(given, k)
        assert_array_equal(top.items, items)
        assert_array_equal(top.scores, values)


@pytest.mark.parametrize("n_kinds", [3, 40, 100_000])
def test_long_rows_are_read_in_groups_and_give_the_lists_of_a_whole_sort(n_kinds) -> None:
    rng = np.random.default_rng(n_kinds)
    given = rng.integers(n_kinds, size=(60, 300)).astype(np.float32)
    given[rng.random(given.shape) < 0.2] = np.nan
    given[:3] = np.nan
    given[3, :297] = np.nan
    for k in (1, 5, 9):
        top = top_lists(given, k)
        for row, line in enumerate(given):
            order = np.argsort(-line, kind="stable")[: min(k, int((~np.isnan(line)).sum()))]
            assert_array_equal(top.items[row, : len(order)], order)
            assert (top.items[row, len(order) :] == NOBODY).all()
            assert_array_equal(top.sizes[row, : len(order)], [(line == line[item]).sum() for item in order])
            assert_array_equal(top.starts[row, : len(order)], [(line > line[item]).sum() for item in order])
