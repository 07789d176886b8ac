import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sensorium.models.shared.neighbours import (
    sparse_product_top,
    within_pairs,
    without_diagonal,
    without_itself,
)

RNG = np.random.default_rng(2)


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 40))
def test_blocks_of_any_size_give_the_largest_of_the_whole_product(seed, k, max_products):
    rng = np.random.default_rng(seed)
    left = sparse.random_array((9, 7), density=0.4, rng=rng, format="csr", dtype=np.float32)
    right = sparse.random_array((7, 9), density=0.4, rng=rng, format="csr", dtype=np.float32)
    whole = sparse_product_top(left, right, k, finish=without_diagonal)
    blocked = sparse_product_top(left, right, k, finish=without_diagonal, max_products=max_products)
    np.testing.assert_array_equal(whole.toarray(), blocked.toarray())
    plain = (left @ right).toarray()
    np.fill_diagonal(plain, 0)
    for row, kept in zip(plain, whole.toarray(), strict=True):
        assert sorted(kept[kept > 0]) == sorted(np.sort(row[row > 0])[-k:])


def test_a_row_is_not_its_own_neighbour_however_it_is_left_out():
    events = sparse.csr_array((RNG.random((30, 12)) < 0.4).astype(np.float32))
    items = sparse.csr_array(events.T)
    for k in (2, 5, 12):
        left_out = sparse_product_top(items, events, k, finish=without_diagonal)
        masked = sparse_product_top(items, events, k, finish=without_itself)
        np.testing.assert_array_equal(masked.toarray(), left_out.toarray())
        assert not masked.diagonal().any()
        assert np.isfinite(masked.data).all()


def test_the_longest_histories_are_sampled_until_so_many_pairs_are_left():
    events = sparse.csr_array((RNG.random((200, 60)) < RNG.random((200, 1))).astype(np.float32))
    lengths = np.diff(events.indptr)
    assert within_pairs(events) is events
    for share in (0.9, 0.4, 0.1):
        limit = share * float((lengths**2).sum())
        fewer = within_pairs(events, limit)
        left = np.diff(fewer.indptr)
        assert (left**2).sum() <= limit
        assert (np.minimum(lengths, left.max()) == left).all(), "all shorter histories are whole"
        assert (np.minimum(lengths, left.max() + 1) ** 2).sum() > limit, "and none is shorter than need be"
        assert (events - fewer).min() >= 0, "what is left is part of what there was"
