import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sensorium.core import sparse as core_sparse
from sensorium.core.errors import DataError
from sensorium.core.sparse import (
    append_columns,
    append_rows,
    are_stored,
    column_count_power,
    column_counts,
    csr_from_arrays,
    csr_to_arrays,
    damp_events,
    dense_row_product,
    entries_of_rows,
    entry_rows,
    given_csr,
    keep_entries,
    merge_entries,
    row_count_power,
    row_counts,
    row_product,
    row_starts,
    rows_at,
    with_data,
)

SHAPES = st.tuples(st.integers(0, 6), st.integers(1, 7))
DENSE = SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=st.sampled_from([0, 0, 1, 2.5, -1])))
EXPONENTS = st.floats(-1.5, 1.5)


@given(DENSE)
def test_entries_are_where_they_stand_in_the_dense_matrix(dense):
    matrix = sparse.csr_array(dense)
    rows, columns = np.nonzero(dense)
    assert entry_rows(matrix).tolist() == rows.tolist()
    assert matrix.indices.tolist() == columns.tolist()
    assert row_counts(matrix).tolist() == (dense != 0).sum(axis=1).tolist()
    assert column_counts(matrix).tolist() == (dense != 0).sum(axis=0).tolist()
    assert row_starts(row_counts(matrix)).tolist() == matrix.indptr.tolist()


@given(DENSE, st.integers(0, 2**32 - 1))
def test_kept_entries_are_those_of_a_dense_mask(dense, seed):
    matrix = sparse.csr_array(dense)
    kept = np.random.default_rng(seed).random(matrix.nnz) < 0.5
    mask = np.zeros(dense.shape, dtype=np.bool_)
    mask[dense != 0] = kept
    found = keep_entries(matrix, kept)
    np.testing.assert_array_equal(found.toarray(), np.where(mask, dense, 0))
    assert found.nnz == kept.sum()


@given(DENSE, EXPONENTS, EXPONENTS)
def test_damped_events_are_those_of_two_loops(dense, user_exponent, item_exponent):
    found = damp_events(sparse.csr_array(dense), user_exponent, item_exponent).toarray()
    for user, item in zip(*np.nonzero(dense), strict=True):
        n, m = np.count_nonzero(dense[user]), np.count_nonzero(dense[:, item])
        expected = dense[user, item] * float(n) ** -user_exponent * float(m) ** -item_exponent
        assert found[user, item] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_array_equal(found != 0, dense != 0)


@given(DENSE, EXPONENTS)
def test_powers_of_counts_are_one_where_there_is_nothing(dense, exponent):
    matrix = sparse.csr_array(dense)
    for found, axis in ((row_count_power(matrix, exponent), 1), (column_count_power(matrix, exponent), 0)):
        counts = (dense != 0).sum(axis=axis)
        expected = [float(n) ** exponent if n else 1.0 for n in counts]
        np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-5)
        assert found.dtype == np.float32


@given(DENSE, st.integers(0, 3))
def test_appended_rows_and_columns_are_empty(dense, n_more):
    matrix = sparse.csr_array(dense)
    n_rows, n_columns = dense.shape
    wider, taller = append_columns(matrix, n_columns + n_more), append_rows(matrix, n_rows + n_more)
    np.testing.assert_array_equal(wider.toarray(), np.pad(dense, ((0, 0), (0, n_more))))
    np.testing.assert_array_equal(taller.toarray(), np.pad(dense, ((0, n_more), (0, 0))))


@given(DENSE)
def test_other_data_stand_in_the_same_places(dense):
    matrix = sparse.csr_array(dense)
    found = with_data(matrix, np.arange(1.0, matrix.nnz + 1))
    expected = np.zeros(dense.shape)
    expected[dense != 0] = np.arange(1.0, matrix.nnz + 1)
    np.testing.assert_array_equal(found.toarray(), expected)


@given(DENSE)
def test_a_matrix_comes_back_from_its_arrays(dense):
    matrix = sparse.csr_array(dense)
    back = csr_from_arrays({**csr_to_arrays(matrix, "events"), "other": np.zeros(1)}, "events")
    assert back is not None
    assert back.shape == dense.shape
    np.testing.assert_array_equal(back.toarray(), dense)


def test_explicit_zeros_are_entries():
    matrix = sparse.csr_array((np.asarray([0.0, 1.0]), ([0, 1], [1, 0])), shape=(2, 2))
    assert row_counts(matrix).tolist() == [1, 1]
    assert keep_entries(matrix, np.asarray([True, False])).nnz == 1


def test_arrays_without_the_matrix_give_none():
    assert csr_from_arrays(csr_to_arrays(sparse.eye_array(2, format="csr"), "a"), "b") is None


CELLS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 9)), max_size=12)


def table(cells, n_rows):
    kept = {(row, column): value for row, column, value in cells if row < n_rows}
    coordinates = ([row for row, _ in kept], [column for _, column in kept])
    values = np.asarray(list(kept.values()), dtype=np.float32)
    return sparse.csr_array((values, coordinates), shape=(n_rows, 4)), kept


@settings(max_examples=200)
@given(CELLS, CELLS, st.sampled_from(["larger", "later"]))
def test_merging_entries_equals_a_dictionary(old_cells, new_cells, keep):
    old, known = table(old_cells, 3)
    new, more = table(new_cells, 5)
    expected = dict(known)
    for cell, value in more.items():
        expected[cell] = max(value, known.get(cell, value)) if keep == "larger" else value
    found = merge_entries(old, new, keep=keep)
    assert found.shape == (5, 4)
    coordinates = sparse.coo_array(found).coords
    assert (
        dict(zip(zip(*(c.tolist() for c in coordinates), strict=True), found.data.tolist(), strict=True))
        == expected
    )


def test_what_is_given_comes_as_csr_with_each_entry_once_and_is_left_alone():
    rows, columns, values = [1, 1, 0, 1], [2, 0, 1, 2], [1, 3, 0, 4]
    matrix = sparse.coo_array((values, (rows, columns)), shape=(2, 3))
    csr = given_csr(matrix, keep_zeros=False, where="here")
    assert csr.dtype == np.float32
    np.testing.assert_array_equal(csr.toarray(), [[0, 0, 0], [3, 0, 5]])
    assert (csr.nnz, given_csr(matrix, keep_zeros=True, where="here").nnz) == (2, 3)
    twice = sparse.csr_array((np.ones(2, np.float32), [1, 1], [0, 2]), shape=(1, 2))
    assert given_csr(twice, keep_zeros=False, where="here").data.tolist() == [2]
    assert twice.data.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((2, 3)), r"here: a ndarray of shape \(2, 3\) is no sparse matrix. Wrap it"),
        ([[1, 0]], "here: a list is no sparse matrix. Give a SciPy sparse matrix"),
        (sparse.csr_array([[0, 1], [np.nan, 0]]), "here, row 1: the matrix holds what is no finite number"),
        (sparse.csr_array([[1j]]), "holds complex128. Give numbers"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused_with_what_to_do(given, message):
    with pytest.raises(DataError, match=message):
        given_csr(given, keep_zeros=False, where="here")


def test_cells_are_found_as_in_a_dense_matrix_in_any_order_of_columns():
    rng = np.random.default_rng(0)
    dense = rng.random((30, 20)) < 0.2
    matrix = sparse.csr_array(dense.astype(np.float32))
    rows, columns = rng.integers(30, size=200), rng.integers(20, size=200)
    np.testing.assert_array_equal(are_stored(matrix, rows, columns), dense[rows, columns])
    backwards = sparse.csr_array(matrix[:, ::-1])[:, ::-1]
    np.testing.assert_array_equal(are_stored(backwards, rows, columns), dense[rows, columns])
    assert not are_stored(sparse.csr_array((30, 20)), rows, columns).any()


def test_the_entries_of_rows_come_in_the_order_of_the_rows():
    matrix = sparse.csr_array(np.asarray([[1, 2, 0], [0, 0, 0], [0, 3, 4]], dtype=np.float32))
    places, entries = entries_of_rows(matrix, np.asarray([2, 1, 0]))
    assert places.tolist() == [0, 0, 2, 2]
    assert matrix.data[entries].tolist() == [3, 4, 1, 2]


@given(dense=DENSE, picked=st.integers(0, 10_000), few=st.sampled_from([1, 10**6]))
def test_a_product_of_one_row_is_that_of_scipy(dense, picked, few):
    row = sparse.csr_array(np.random.default_rng(picked).integers(-1, 2, (1, len(dense))).astype(np.float32))
    matrix = sparse.csr_array(dense)
    expected = (row @ matrix).toarray()[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core_sparse, "FEW", few)  # entries are sorted, or counted into all columns
        items, values = row_product(row, matrix)
    found = np.zeros(matrix.shape[1], dtype=np.float32)
    found[items] = values
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dense_row_product(row, matrix), expected, rtol=1e-5, atol=1e-5)
    assert (np.diff(items) > 0).all()
    assert (items.dtype, values.dtype) == (np.int64, np.float32)


@given(dense=DENSE, picked=st.integers(0, 10_000))
def test_rows_are_those_of_the_matrix_and_can_be_changed(dense, picked):
    if not len(dense):
        return
    matrix, chosen = sparse.csr_array(dense), np.asarray([picked % len(dense)])
    for rows in (chosen, np.repeat(chosen, 2)):
        found = rows_at(matrix, rows)
        np.testing.assert_array_equal(found.toarray(), dense[rows])
        found.data[:] = 7
    np.testing.assert_array_equal(matrix.toarray(), dense)
