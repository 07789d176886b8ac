import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sensorium.features.block import FeatureBlock
from sensorium.metrics.beyond_accuracy import (
    ListFacts,
    category_diversity,
    coverage,
    disliked_share,
    exposure,
    gini,
    intra_list_diversity,
    self_information,
    unseen_share,
)

LISTS = np.array([[0, 1], [0, -1], [0, 2]])


def test_exposure_counts_lists_and_skips_empty_positions() -> None:
    assert_array_equal(exposure(LISTS, 4), [3, 1, 1, 0])


def test_coverage_is_the_share_of_items_shown() -> None:
    assert coverage(exposure(LISTS, 4)) == 0.75


def test_gini_of_equal_and_of_extreme_exposure() -> None:
    assert gini(np.array([2, 2, 2, 2])) == 0
    assert gini(np.array([0, 0, 0, 9])) == 0.75


def test_gini_equals_half_the_relative_mean_difference() -> None:
    x = np.array([3, 1, 4, 1, 5])
    assert gini(x) == pytest.approx(np.abs(x[:, None] - x).mean() / (2 * x.mean()))


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    rng = np.random.default_rng(0)
    block = FeatureBlock("image:x", rng.normal(size=(6, 3)).astype(np.float32), np.ones(6, dtype=bool))
    lists = np.array([[0, 1, 2], [3, 4, -1]])
    unit = block.values / np.linalg.norm(block.values, axis=1, keepdims=True)
    pairs = [[(0, 1), (0, 2), (1, 2)], [(3, 4)]]
    expected = np.mean([np.mean([1 - unit[a] @ unit[b] for a, b in group]) for group in pairs])
    assert_allclose(intra_list_diversity(lists, block), expected, rtol=1e-6)


def test_items_without_the_medium_do_not_count_as_diverse() -> None:
    values = np.array([[1, 0], [1, 0], [0, 0]], dtype=np.float32)
    block = FeatureBlock("image:x", values, np.array([True, True, False]))
    assert intra_list_diversity(np.array([[0, 1, 2]]), block) == pytest.approx(0)
    assert math.isnan(intra_list_diversity(np.array([[0, 2]]), block))


def test_self_information_is_in_bits() -> None:
    train = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]))
    assert_array_equal(self_information(train), [0, 2, 2])  # of 4 active users: 4, 1, and 0 taken as 1


def test_novelty_is_the_share_of_users_to_whom_an_item_is_new() -> None:
    train = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 0]]))
    facts = ListFacts(np.array([[0, 1], [2, -1]]), 3, train).measured((2,))
    assert facts["popularity@2"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert facts["novelty@2"] == pytest.approx(0.5)
    assert facts["self_information@2"] == pytest.approx(2 / 3)


def test_no_lists_at_all_have_no_values() -> None:
    empty = np.full((2, 3), -1)
    facts = ListFacts(empty, 4, sparse.csr_array(np.eye(4)[:2])).measured((3,))
    assert facts["coverage@3"] == 0
    assert math.isnan(facts["novelty@3"])
    assert math.isnan(facts["gini@3"])


def test_kinds_of_a_list_are_counted_once_and_lists_without_any_are_left_out() -> None:
    kinds = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1]]))
    lists = np.array([[0, 1, -1], [0, 3, 2], [2, -1, -1], [1, -1, -1]])
    assert category_diversity(lists, kinds) == pytest.approx((1 + math.log2(3) + 0) / 3)
    assert math.isnan(category_diversity(np.array([[2]]), kinds))


def test_unseen_share_asks_each_user_alone() -> None:
    histories = sparse.csr_array(np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]))
    lists = np.array([[0, 1, -1], [0, 2, 3], [1, -1, -1], [-1, -1, -1]])
    assert unseen_share(lists, histories) == pytest.approx((0.5 + 1 + 0) / 3)
    assert math.isnan(unseen_share(lists[3:], histories[3:]))


def test_disliked_share_counts_items_of_lists_that_their_own_user_disliked() -> None:
    disliked = sparse.csr_array(np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]))
    lists = np.array([[0, 1], [1, 2], [2, -1]])
    assert disliked_share(lists, disliked) == pytest.approx(2 / 5)
    assert math.isnan(disliked_share(np.array([[-1]]), disliked[[0]]))
