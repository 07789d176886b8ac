"""What new items change in the state of a model: written once, and applied by every process that serves.

A model takes new items in by `extend`, which may look for their neighbours among all others. Who serves need
not do that again: the changes hold the rows that came behind the others, and those that have changed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.file_rows import with_rows_at, with_rows_behind
from sensorium.core.sparse import (
    append_columns,
    csr_from_arrays,
    csr_to_arrays,
    entries_of_rows,
    row_counts,
)

_PARTS = ("data", "indices", "indptr")
_STEP = 1 << 22
"""Numbers that are compared at once."""


def changes_between(old: State, new: State, n_items: tuple[int, int]) -> State:
    """Return what makes the state `new` of the state `old`; `with_changes` does.

    `n_items`: how many items the model answers for before and after.
    """
    arrays: dict[str, NDArray[Any]] = {}
    matrices: dict[str, Any] = {}
    plain = dict(new.arrays)
    for name in _matrices(old) & _matrices(new):
        before, after = _matrix(old, name), _matrix(new, name)
        for part in (*_PARTS, "shape"):
            del plain[f"{name}.{part}"]
        rows = _changed_rows(before, after, n_items)
        if len(rows) or before.shape != after.shape:
            matrices[name] = list(after.shape)
            told = sparse.csr_array(after[rows])
            arrays |= {f"{name}:rows": rows} | {f"{name}:{part}": getattr(told, part) for part in _PARTS}
    for name, array in plain.items():
        arrays |= _array_changes(name, old.arrays.get(name), array)
    values = {name: value for name, value in new.values.items() if old.values.get(name) != value}
    gone = sorted({*old.arrays, *old.values} - {*new.arrays, *new.values})
    return State(
        arrays, {"n_items": list(n_items), "matrices": matrices, "values": list(values.items()), "gone": gone}
    )


def with_changes(old: State, changes: State) -> State:
    """Return the state after `changes`; what of it lies in files, and stays, is not copied."""
    told, gone = changes.arrays, set(changes.values["gone"])
    arrays = {name: array for name, array in old.arrays.items() if name not in gone}
    values = {name: value for name, value in old.values.items() if name not in gone}
    matrices: Mapping[str, Any] = changes.values["matrices"]
    for name, shape in matrices.items():
        after = _changed_matrix(_matrix(old, name), name, tuple(shape), changes)
        arrays |= {f"{name}.{part}": array for part, array in after.items()}
        arrays[f"{name}.shape"] = np.asarray(shape, dtype=np.int64)
    for key, array in told.items():
        name, _, kind = key.rpartition(":")
        if name in matrices or kind == "others":
            continue
        if kind == "whole":
            arrays[name] = array
        elif kind == "at":
            arrays[name] = with_rows_at(old.arrays[name], array, told[f"{name}:others"])
    for key, array in told.items():
        name, _, kind = key.rpartition(":")
        if kind == "behind":
            arrays[name] = with_rows_behind(arrays[name], array)
    return State(arrays, values | dict(changes.values["values"]))


def _array_changes(name: str, old: NDArray[Any] | None, new: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the changes of an array: rows `behind` it, `others` and where they are `at`, or the `whole`."""
    if old is None or not new.ndim or old.dtype != new.dtype or old.shape[1:] != new.shape[1:]:
        return {f"{name}:whole": new}
    n = len(old)
    changed = differing_rows(old, new[:n]) if len(new) >= n else np.arange(n)
    if len(new) < n or 2 * len(changed) > n:
        return {f"{name}:whole": new}
    found: dict[str, NDArray[Any]] = {}
    if len(changed):
        found |= {f"{name}:at": changed, f"{name}:others": new[changed]}
    return found | ({f"{name}:behind": new[n:]} if len(new) > n else {})


def differing_rows(old: NDArray[Any], new: NDArray[Any]) -> IntVector:
    """Return which rows of two arrays [n, ...] differ, growing; two NaN are alike."""
    step = max(_STEP // max(int(np.prod(old.shape[1:])), 1), 1)
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, 0 if _is_same_memory(old, new) else len(old), step):
        a, b = old[start : start + step], new[start : start + step]
        differ = a != b
        if differ.any():
            if a.dtype.kind == "f":
                differ &= ~(np.isnan(a) & np.isnan(b))
            found.append(np.flatnonzero(differ.reshape(len(a), -1).any(axis=1)) + start)
    return np.concatenate(found)


def _is_same_memory(old: NDArray[Any], new: NDArray[Any]) -> bool:
    """Return whether the rows of `old` are the first of `new` without a look at them."""
    return old.ctypes.data == new.ctypes.data and old.strides == new.strides and old.dtype == new.dtype


def _matrices(state: State) -> set[str]:
    """Return the names of the sparse matrices of a state."""
    found = {name.removesuffix(".indptr") for name in state.arrays if name.endswith(".indptr")}
    return {name for name in found if f"{name}.shape" in state.arrays}


def _matrix(state: State, name: str) -> SparseMatrix:
    matrix = csr_from_arrays(state.arrays, name)
    assert matrix is not None  # noqa: S101 - its name is from the state
    return matrix


def _places(n_before: int, n_after: int, n_items: tuple[int, int]) -> IntVector:
    """Return where the rows of a matrix stand after new items [n_before]; empty where that cannot be told.

    A matrix has a row for each item, or several groups of such rows, or as many rows as before.
    """
    old, new = n_items
    rows = np.arange(n_before, dtype=np.int64)
    if n_before == n_after:
        return rows
    if old and n_before % old == 0 and n_after == n_before // old * new:
        return rows // old * new + rows % old
    return rows[:0]


def _changed_rows(before: SparseMatrix, after: SparseMatrix, n_items: tuple[int, int]) -> IntVector:
    """Return which rows of `after` are new, or others than in `before`, growing."""
    place = _places(before.shape[0], after.shape[0], n_items)
    is_changed: BoolVector = np.ones(after.shape[0], dtype=np.bool_)
    if not len(place):
        return np.flatnonzero(is_changed)
    same_rows = before.shape[0] == after.shape[0]
    if same_rows and all(_is_same_memory(getattr(before, part), getattr(after, part)) for part in _PARTS):
        return place[:0]
    is_changed[place] = row_counts(before) != row_counts(after)[place]
    rows = np.flatnonzero(~is_changed[place])
    of, entries = entries_of_rows(before, rows)
    _, others = entries_of_rows(after, place[rows])
    differ = (before.indices[entries] != after.indices[others]) | (before.data[entries] != after.data[others])
    is_changed[place[rows[np.unique(of[differ])]]] = True
    return np.flatnonzero(is_changed)


def _changed_matrix(
    before: SparseMatrix, name: str, shape: tuple[int, ...], changes: State
) -> dict[str, NDArray[Any]]:
    """Return the parts of a sparse matrix after `changes`.

    They stay in their file where rows came behind alone; else the matrix is put together anew.
    """
    rows = changes.arrays[f"{name}:rows"]
    data, indices, indptr = (changes.arrays[f"{name}:{part}"] for part in _PARTS)
    n_before = before.shape[0]
    old, new = changes.values["n_items"]
    place = _places(n_before, shape[0], (old, new))
    if (
        len(place) == n_before
        and np.array_equal(rows, np.arange(n_before, shape[0]))
        and n_before <= shape[0]
    ):
        starts = indptr[1:].astype(before.indptr.dtype) + before.indptr[-1]
        parts = zip(_PARTS, (data, indices, starts), strict=True)
        return {part: with_rows_behind(getattr(before, part), more) for part, more in parts}
    told = sparse.csr_array((data, indices, indptr), shape=(len(rows), shape[1]))
    order = np.empty(shape[0], dtype=np.int64)
    order[place] = np.arange(len(place))
    order[rows] = n_before + np.arange(len(rows))
    both: SparseMatrix = sparse.csr_array(sparse.vstack([append_columns(before, shape[1]), told]))
    whole = csr_to_arrays(sparse.csr_array(both[order]), name)
    return {part: whole[f"{name}.{part}"] for part in _PARTS}
