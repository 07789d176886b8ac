import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from sensorium.index.largest import largest, largest_per_row, sparsified

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 12))
FEW_VALUES = st.sampled_from([-1.0, 0.0, 0.5, 2.0, float("nan"), float("-inf")])


def plainly(values, k):
    """Sort everything: higher value first, then lower index."""
    ranked = sorted((i for i in range(len(values)) if values[i] > -np.inf), key=lambda i: (-values[i], i))
    return ranked[:k]


@given(hnp.arrays(np.float32, st.integers(0, 30), elements=FEW_VALUES), st.integers(1, 35))
def test_the_largest_are_those_of_a_full_sort_ties_included(values, k):
    assert largest(values, k).tolist() == plainly(values, k)


def test_rows_with_fewer_end_in_minus_one_and_nan():
    indices, values = largest_per_row(np.asarray([[1, np.nan, 3], [np.nan] * 3], dtype=np.float32), 2)
    assert indices.tolist() == [[2, 0], [-1, -1]]
    assert values[0].tolist() == [3, 1]
    assert np.isnan(values[1]).all()


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 12)),
        elements=st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    ),
    st.integers(1, 13),
)
def test_a_sparse_matrix_keeps_the_largest_of_each_row_ties_included(dense, k):
    shuffled = sparse.csr_array(sparse.csr_array(dense[:, ::-1])[:, ::-1])
    kept = sparsified(shuffled, k).toarray()
    for row, original in zip(kept, dense, strict=True):
        wanted = plainly(np.where(original == 0, -np.inf, original), k)
        assert np.flatnonzero(row).tolist() == sorted(wanted)
        assert row[wanted].tolist() == original[wanted].tolist()


@pytest.mark.parametrize("n_distinct", [1, 3, 100, 10**9])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_long_vectors_give_what_a_full_sort_gives_however_many_values_are_equal(n_distinct, k):
    rng = np.random.default_rng(0)
    values = rng.integers(0, n_distinct, size=20_001).astype(np.float32)
    values[rng.choice(20_001, size=5_000, replace=False)] = np.nan
    order = np.lexsort((np.arange(20_001), np.nan_to_num(-values, nan=np.inf)))
    assert largest(values, k).tolist() == order[:k].tolist()


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(30, 200)), elements=FEW_VALUES),
    st.integers(1, 6),
)
def test_each_row_has_what_a_full_sort_gives_ties_included(values, k):
    indices, best = largest_per_row(values, k)
    for row, found, held in zip(values, indices, best, strict=True):
        wanted = plainly(row, k)
        assert found.tolist() == wanted + [-1] * (k - len(wanted))
        assert held[: len(wanted)].tolist() == row[wanted].tolist()


@pytest.mark.parametrize("n_distinct", [1, 3, 100, 10**9])
@pytest.mark.parametrize("missing", [0, 1, 5_000])
def test_long_rows_give_what_the_single_row_gives(n_distinct, missing):
    rng = np.random.default_rng(1)
    values = rng.integers(0, n_distinct, size=(4, 7_001)).astype(np.float32)
    values[:2, rng.choice(7_001, size=missing, replace=False)] = np.nan
    values[2:, rng.choice(7_001, size=missing, replace=False)] = -np.inf
    for row, found in zip(values, largest_per_row(values, 20)[0], strict=True):
        assert found.tolist() == largest(row, 20).tolist()


def test_the_largest_may_stand_at_the_very_end_of_a_long_row():
    values = -np.arange(7_001, dtype=np.float32)[None, :]
    values[0, -3:] = [3, 1, 2]
    assert largest_per_row(values, 3)[0].tolist() == [[6_998, 7_000, 6_999]]
