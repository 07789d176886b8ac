"""Which items are one: a rule that holds for every pair of a group."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensorium.duplicates.groups import group_items
from sensorium.duplicates.union_find import UnionFind

TELLS, SAYS_LITTLE = True, False


def groups(*rows, distinctive=TELLS):
    contents = np.asarray(rows, dtype=np.int64)
    return group_items(contents, np.asarray(contents >= 0) & distinctive).tolist()


def test_items_with_the_same_in_all_that_both_have_are_one():
    assert groups((1, 5), (2, 6), (1, 5)) == [0, 1, 0]
    assert groups((1, 5), (1, -1), (-1, 5)) == [0, 0, 0]


def test_a_difference_in_anything_that_both_have_keeps_items_apart():
    assert groups((1, 5), (1, 6)) == [0, 1]
    assert groups((1, -1), (1, 5), (1, 6)) == [0, 0, 2]


def test_a_member_that_lacks_something_does_not_bring_two_different_items_together():
    found = groups((1, 5, -1), (1, -1, 7), (1, 6, -1), (1, -1, 8))
    assert found[0] != found[2]
    assert found[1] != found[3]


def test_items_with_nothing_in_common_are_not_one():
    assert groups((1, -1), (-1, 5)) == [0, 1]
    assert groups((-1, -1), (-1, -1)) == [0, 1]


def test_what_tells_little_does_not_make_items_one_but_keeps_them_apart():
    assert groups((1,), (1,), distinctive=SAYS_LITTLE) == [0, 1]
    distinctive = np.asarray([[TELLS, SAYS_LITTLE]] * 2)
    assert group_items(np.asarray([[1, 5], [1, 6]]), distinctive).tolist() == [0, 1]
    assert group_items(np.asarray([[1, 5], [1, 5]]), distinctive).tolist() == [0, 0]


def test_a_picture_that_thousands_share_costs_no_comparison_of_all_with_all():
    contents = np.stack([np.zeros(20_000, dtype=np.int64), np.arange(20_000)], axis=1)
    assert len(set(group_items(contents, contents >= 0).tolist())) == 20_000


@given(st.lists(st.tuples(*[st.integers(-1, 2)] * 3), max_size=30))
def test_any_two_members_agree_in_all_that_both_have(rows):
    contents = np.asarray(rows, dtype=np.int64).reshape(-1, 3)
    found = group_items(contents, contents >= 0)
    for item, first in enumerate(found.tolist()):
        assert first <= item
        assert found[first] == first
        members = np.flatnonzero(found == first)
        both = (contents[members] >= 0) & (contents[item] >= 0)
        assert ((contents[members] == contents[item]) | ~both).all()
        others = members[members != item]
        assert not len(others) or ((contents[others] >= 0) & (contents[item] >= 0)).any()


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40))
def test_a_forest_holds_what_pairs_connect(pairs):
    forest, expected = UnionFind(20), np.arange(20)
    for first, second in pairs:
        forest.unite(np.asarray([first]), np.asarray([second]))
        low, high = sorted((expected[first], expected[second]))
        expected[expected == high] = low
    assert forest.group.tolist() == expected.tolist()
