"""Qualities of plain lists: by hand, and the numbers of the judge."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import sparse

import sensorium as sn
from sensorium.core.errors import DataError
from sensorium.metrics.beyond_accuracy import ListFacts

LISTS = {"ann": ["a", "b"], "bob": ["a"], "cid": []}
HISTORY = {"ann": ["b", "c"], "dan": ["c"]}


def test_coverage_and_gini_are_over_all_items():
    assert sn.metrics.coverage(LISTS, ["a", "b", "c", "d"]) == 0.5
    assert sn.metrics.coverage(LISTS, ["a", "b", "c", "d"], k=1) == 0.25
    assert sn.metrics.gini({"ann": ["a"], "bob": ["b"]}, ["a", "b"]) == 0
    assert sn.metrics.gini({"ann": ["a"]}, ["a", "b", "c", "d"]) == 0.75
    with pytest.raises(DataError, match="'b' is recommended, and not among"):
        sn.metrics.coverage(LISTS, ["a"])
    with pytest.raises(DataError, match="4 is given where the ids"):
        sn.metrics.coverage(LISTS, 4)


def test_novelty_counts_the_users_to_whom_an_item_is_new():
    assert sn.metrics.novelty(LISTS, HISTORY) == pytest.approx((1 + 0.5 + 1) / 3)
    assert sn.metrics.self_information(LISTS, HISTORY) == pytest.approx(
        1
    )  # of two users: at least one knows it


def test_unseen_share_is_that_of_the_own_list():
    assert sn.metrics.unseen_share(LISTS, HISTORY) == pytest.approx((1 / 2 + 1) / 2)
    assert sn.metrics.unseen_share(LISTS, HISTORY, k=1) == 1
    assert sn.metrics.unseen_share([[0, 1, 2, 3]], sparse.csr_array([[1, 0, 1, 0]])) == 0.5


def test_unseen_share_knows_users_by_id_and_not_by_place():
    history = {"dan": ["a", "b"], "bob": ["a"], "ann": ["b"]}
    assert sn.metrics.unseen_share(LISTS, history) == pytest.approx((1 / 2 + 0) / 2)


def test_category_diversity_is_the_mean_log2_of_the_number_of_kinds():
    kinds = {"a": ("drama", "war"), "b": ["comedy", "war"], "c": None}
    assert sn.metrics.category_diversity(LISTS, kinds) == pytest.approx((math.log2(3) + math.log2(2)) / 2)
    rows = pl.DataFrame({"item_id": ["a", "b", "z"], "category": ["x", "y", "z"]})
    assert sn.metrics.category_diversity(LISTS, rows) == pytest.approx((1 + 0) / 2)
    assert sn.metrics.category_diversity({"u": ["c", "a"], "v": ["c"]}, {"a": "x"}) == 0
    with pytest.raises(DataError, match="no recommended item has a category"):
        sn.metrics.category_diversity(LISTS, {"z": "x"})
    with pytest.raises(DataError, match="Give item_id and category"):
        sn.metrics.category_diversity(LISTS, pl.DataFrame({"item_id": ["a"], "genre": ["x"]}))


def test_diversity_is_the_mean_distance_of_pairs():
    vectors = {"a": [1, 0], "b": [0, 2], "c": [3, 3], "d": [0, 0]}
    assert sn.metrics.diversity({"u": ["a", "b"]}, vectors) == pytest.approx(1)
    assert sn.metrics.diversity({"u": ["a", "c", "d", "x"]}, vectors) == pytest.approx(1 - math.sqrt(0.5))
    assert sn.metrics.diversity([[0, 1]], np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(1)
    with pytest.raises(DataError, match="no recommended item has a vector"):
        sn.metrics.diversity(LISTS, {"z": [1.0]})


def test_all_of_them_are_the_numbers_of_the_judge():
    rng = np.random.default_rng(0)
    lists = np.array([rng.permutation(20)[:5] for _ in range(9)])
    train = sparse.csr_array((rng.random((9, 20)) < 0.3).astype(np.float32))
    kinds = sparse.csr_array((rng.random((20, 4)) < 0.4).astype(np.float32))
    facts = ListFacts(lists, 20, train, histories=train, kinds={"g": kinds}).measured((3, 5))
    labels = {item: kinds[[item]].indices.tolist() for item in range(20)}
    for k in (3, 5):
        assert sn.metrics.coverage(lists, range(20), k) == facts[f"coverage@{k}"]
        assert sn.metrics.gini(lists, range(20), k) == pytest.approx(facts[f"gini@{k}"])
        assert sn.metrics.novelty(lists, train, k) == pytest.approx(facts[f"novelty@{k}"])
        assert sn.metrics.self_information(lists, train, k) == pytest.approx(facts[f"self_information@{k}"])
        assert sn.metrics.unseen_share(lists, train, k) == pytest.approx(facts[f"unseen_share@{k}"])
        found = sn.metrics.category_diversity(lists, labels, k)
        assert found == pytest.approx(facts[f"category_diversity@{k}:g"])
