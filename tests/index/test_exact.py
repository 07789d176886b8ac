import numpy as np
import pytest

from sensorium.index.exact import nearest_rows


def unit_rows(n, d, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_nearest_rows_are_those_of_the_whole_product():
    rows = unit_rows(50, 8)
    indices, products = nearest_rows(rows[:7], rows, 5)
    whole = rows[:7] @ rows.T
    for query in range(7):
        assert indices[query].tolist() == np.argsort(-whole[query], kind="stable")[:5].tolist()
    np.testing.assert_allclose(products, np.take_along_axis(whole, indices, axis=1), rtol=1e-5)


def test_blocks_give_what_one_piece_gives():
    rows = unit_rows(40, 8)
    whole = nearest_rows(rows, rows, 6, not_themselves=True)
    blocked = nearest_rows(rows, rows, 6, not_themselves=True, block_bytes=4 * 40 * 3)
    np.testing.assert_array_equal(whole[0], blocked[0])


def test_no_row_finds_itself_when_asked_not_to():
    rows = unit_rows(30, 4)
    indices, _ = nearest_rows(rows, rows, 30, not_themselves=True)
    assert not (indices == np.arange(30)[:, None]).any()
    assert (indices[:, -1] == -1).all()


@pytest.mark.parametrize("n_eligible", [0, 1, 3])
def test_only_eligible_rows_are_found_and_all_of_them(n_eligible):
    rows = unit_rows(20, 4)
    eligible = np.arange(20) < n_eligible
    indices, _ = nearest_rows(rows[5:7], rows, 10, eligible=eligible)
    assert ((indices >= 0).sum(axis=1) == n_eligible).all()
    assert set(indices[indices >= 0].tolist()) <= set(range(n_eligible))


def test_equal_products_go_to_the_lower_index():
    rows = np.ones((6, 2), dtype=np.float32)
    assert nearest_rows(rows[:1], rows, 3)[0].tolist() == [[0, 1, 2]]
