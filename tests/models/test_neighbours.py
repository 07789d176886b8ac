import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sensorium.models.shared.neighbours import sparse_product_top, without_diagonal


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
