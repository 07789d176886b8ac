"""Arrays in files: mapped as they were saved, and with rows behind and between as one array would be."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy import sparse

from sensorium.core import file_rows
from sensorium.core.errors import DataError
from sensorium.core.file_rows import map_arrays, rows_in_file, with_rows_at, with_rows_behind
from sensorium.core.sparse import csr_from_arrays, csr_to_arrays

TYPES = [np.float32, np.float64, np.int64, np.int32, np.bool_, np.float16, np.uint8]


def saved(folder, **arrays):
    """Return the arrays as a file gives them back."""
    save_file(arrays, folder / "arrays.safetensors")
    return map_arrays(folder / "arrays.safetensors")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (7, 3), (5000,), (1024, 4), (3, 0), (2, 3, 5)])
def test_a_mapped_array_is_the_array_that_was_saved(tmp_path, kind, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(kind)
    found = saved(tmp_path, before=np.ones(3, dtype=np.uint8), array=array)["array"]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 3000),
    d=st.integers(1, 5),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 1500)), max_size=5),
    seed=st.integers(0, 99),
)
def test_rows_behind_and_between_are_those_of_a_plain_array(tmp_path_factory, n, d, steps, seed):
    rng = np.random.default_rng(seed)
    plain = rng.normal(size=(n, d)).astype(np.float32)
    mapped = saved(tmp_path_factory.mktemp("rows"), odd=np.ones(3, dtype=np.uint8), array=plain)["array"]
    before, kept = mapped, plain
    for is_behind, m in steps:
        if is_behind:
            rows = rng.normal(size=(m, d)).astype(np.float32)
            plain, mapped = np.concatenate([plain, rows]), with_rows_behind(mapped, rows)
        else:
            indices = rng.permutation(len(plain))[:m]
            rows = rng.normal(size=(len(indices), d)).astype(np.float32)
            plain, mapped = plain.copy(), with_rows_at(mapped, indices, rows)
            plain[indices] = rows
        np.testing.assert_array_equal(mapped, plain)
        assert rows_in_file(mapped) is not None
    np.testing.assert_array_equal(before, kept)


def test_what_is_mapped_cannot_be_written_and_the_file_stays_as_it_is(tmp_path):
    array = np.arange(4000, dtype=np.float32)
    mapped = saved(tmp_path, array=array)["array"]
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 1
    changed = with_rows_at(mapped, np.asarray([0, 3999]), np.asarray([9, 9], dtype=np.float32))
    assert changed[0] == changed[3999] == 9
    np.testing.assert_array_equal(map_arrays(tmp_path / "arrays.safetensors")["array"], array)


def test_a_sparse_matrix_of_mapped_arrays_is_still_known_to_lie_in_the_file(tmp_path):
    matrix = sparse.random_array((50, 40), density=0.3, format="csr", rng=np.random.default_rng(1))
    again = csr_from_arrays(saved(tmp_path, **csr_to_arrays(matrix, "m")), "m")
    assert (again != matrix).nnz == 0
    assert all(rows_in_file(part) is not None for part in (again.data, again.indices, again.indptr))


def test_a_part_of_a_mapped_array_is_no_array_of_the_file(tmp_path):
    mapped = saved(tmp_path, array=np.arange(10, dtype=np.float32))["array"]
    assert rows_in_file(mapped[2:]) is None
    np.testing.assert_array_equal(with_rows_behind(mapped[2:], np.ones(1, np.float32)), [*range(2, 10), 1])


def test_memory_lives_as_long_as_anything_of_it_and_no_longer(tmp_path):
    mapped = saved(tmp_path, array=np.arange(5000, dtype=np.float32))["array"]
    part = with_rows_behind(mapped, np.ones(3, np.float32))[4990:]
    del mapped
    gc.collect()
    np.testing.assert_array_equal(part, [*range(4990, 5000), 1, 1, 1])


def test_where_pages_cannot_be_shared_arrays_are_read_and_grow_alike(tmp_path, monkeypatch):
    array = np.arange(12, dtype=np.float32).reshape(6, 2)
    monkeypatch.setattr(file_rows, "IS_POSSIBLE", False)
    plain = saved(tmp_path, array=array)["array"]
    assert rows_in_file(plain) is None
    more, other = np.ones((2, 2), np.float32), np.full((1, 2), 7, np.float32)
    grown = with_rows_at(with_rows_behind(plain, more), np.asarray([3]), other)
    np.testing.assert_array_equal(grown, np.concatenate([array[:3], other, array[4:], more]))
    np.testing.assert_array_equal(plain, array)


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    file = tmp_path / "arrays.safetensors"
    save_file({"array": np.arange(5000, dtype=np.float32)}, file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match="ends too early"):
        map_arrays(file)
