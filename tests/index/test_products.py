import numpy as np
import pytest
from scipy import sparse

from sensorium.index.largest import largest_per_row
from sensorium.index.products import BLOCK_ROWS, largest_products

RNG = np.random.default_rng(4)
LEFT = RNG.integers(-3, 4, (2 * BLOCK_ROWS + 5, 6)).astype(np.float32)
RIGHT = RNG.integers(-3, 4, (900, 6)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 20, 900, 2_000])
def test_blocks_and_threads_give_what_the_whole_product_gives_ties_included(k):
    indices, values = largest_products(LEFT, RIGHT, k)
    whole, best = largest_per_row(LEFT @ RIGHT.T, min(k, 900))
    np.testing.assert_array_equal(indices, whole)
    np.testing.assert_array_equal(values, best)


def test_what_is_excluded_is_in_no_list():
    seen = sparse.random_array(
        (len(LEFT), 900), density=0.4, rng=np.random.default_rng(5), format="csr", dtype=np.float32
    )
    indices, values = largest_products(LEFT, RIGHT, 600, exclude=seen)
    products = np.where(seen.toarray() != 0, np.nan, LEFT @ RIGHT.T)
    whole, best = largest_per_row(products, 600)
    np.testing.assert_array_equal(indices, whole)
    np.testing.assert_array_equal(values, best)
    assert (indices == -1).any()


def test_nobody_gets_nothing():
    assert largest_products(LEFT[:0], RIGHT, 3)[0].shape == (0, 3)
