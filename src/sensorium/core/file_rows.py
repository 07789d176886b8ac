"""Arrays that lie in a file and share its pages with all processes, also where later rows follow them.

A bundle's arrays are mapped into memory rather than read. Rows that come later are put right behind them: the
pages of the file and those of the new rows are neighbours in the address space, so that whoever reads them
sees one array, computes what one array gives, bit by bit, and copies nothing. Where a system cannot lay pages
so (Windows), the rows are copied together instead.
"""

import ctypes
import json
import mmap
import os
import sys
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import IntVector
from sensorium.core.errors import DataError

IS_POSSIBLE = sys.platform in ("linux", "darwin")
"""Whether pages can be laid side by side."""
_READ, _WRITE = 1, 2
_SHARED, _PRIVATE, _FIXED = 1, 2, 16
_ANONYMOUS = 32 if sys.platform == "linux" else 4096
_TYPES: Mapping[str, str] = {
    "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
"""What safetensors calls the types of numbers, and NumPy."""
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Place:
    """Where an array lies in a file."""

    path: Path
    offset: int
    """Bytes before it."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def n_bytes(self) -> int:
        """How long it is."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


class FileRows:
    """The memory of an array that begins in a file; NumPy holds it as long as the array lives."""

    def __init__(self, place: Place, behind: NDArray[Any], indices: IntVector, rows: NDArray[Any]) -> None:
        """Lay the rows `behind` [m, ...] behind those of the file, where `indices` [c] have `rows`."""
        self.place, self.indices, self.rows = place, indices, rows
        address = _map(self, place, behind.tobytes(), writable=bool(len(indices)))
        self.__array_interface__: dict[str, Any] = {
            "shape": (place.shape[0] + len(behind), *place.shape[1:]),
            "typestr": place.dtype.str,
            "data": (address, False),
            "version": 3,
        }

    @classmethod
    def array(
        cls, place: Place, behind: NDArray[Any], indices: IntVector = _NONE, rows: NDArray[Any] = _NONE
    ) -> NDArray[Any]:
        """Return the array of such a memory, which cannot be written into."""
        array = np.asarray(cls(place, behind, indices, rows))
        if len(indices):
            array[indices] = rows
        array.flags.writeable = False
        return array


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a safetensors file by name, read when they are looked into, and not to be written.

    Raises
    ------
    DataError
        If the file is shorter than it says.
    """
    with path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(n_header))
        size = file.seek(0, os.SEEK_END)
    found: dict[str, NDArray[Any]] = {}
    for name, told in header.items():
        if name == "__metadata__":
            continue
        start, stop = told["data_offsets"]
        if 8 + n_header + stop > size:
            raise DataError("it ends too early", where=str(path), remedy="Fit again, or copy the file anew")
        place = Place(path, 8 + n_header + start, tuple(told["shape"]), np.dtype(_TYPES[told["dtype"]]))
        found[name] = map_array(place)
    return found


def map_array(place: Place) -> NDArray[Any]:
    """Return the array at a place of a file; an empty one, or where pages cannot be shared, a plain one."""
    if place.n_bytes and place.shape and IS_POSSIBLE:
        return FileRows.array(place, np.zeros((0, *place.shape[1:]), dtype=place.dtype))
    n = int(np.prod(place.shape, dtype=np.int64))
    return np.fromfile(place.path, place.dtype, n, offset=place.offset).reshape(place.shape)


def with_rows_behind(array: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Return `array` [n, ...] and, behind it, `rows` [m, ...]: what `numpy.concatenate` gives, in its type.

    What of `array` lies in a file is not copied; what is behind that already is.
    """
    rows = rows.astype(array.dtype, copy=False)
    memory = rows_in_file(array)
    if memory is None or rows.shape[1:] != array.shape[1:]:
        return np.concatenate([array, rows])
    behind = np.concatenate([array[memory.place.shape[0] :], rows])
    return FileRows.array(memory.place, behind, memory.indices, memory.rows)


def with_rows_at(array: NDArray[Any], indices: IntVector, rows: NDArray[Any]) -> NDArray[Any]:
    """Return `array` [n, ...] with other `rows` [m, ...] at `indices` [m], each of which stands once.

    What of it lies in a file is not copied, but for the pages that are changed.
    """
    memory = rows_in_file(array)
    if memory is None:
        changed = array.copy()
        changed[indices] = rows
        return changed
    n_file = memory.place.shape[0]
    behind = array[n_file:].copy()
    behind[indices[indices >= n_file] - n_file] = rows[indices >= n_file]
    own = np.union1d(memory.indices, indices[indices < n_file])
    whole = array[own]
    whole[np.searchsorted(own, indices[indices < n_file])] = rows[indices < n_file]
    return FileRows.array(memory.place, behind, own, whole)


def rows_in_file(array: NDArray[Any]) -> FileRows | None:
    """Return the memory of an array that begins in a file; None for any other, and for a part of one."""
    held = array.base
    if isinstance(held, np.ndarray) and held.shape == array.shape and held.dtype == array.dtype:
        held = held.base  # SciPy takes a view
    return held if isinstance(held, FileRows) else None


def _map(owner: FileRows, place: Place, behind: bytes, *, writable: bool) -> int:
    """Return the address of the bytes at `place` with the bytes `behind` them, as long as `owner` lives.

    Whole pages are those of the file; where the file ends within a page, that page is a copy. Where the file
    is `writable`, what is written is seen by this memory alone.
    """
    library, page = _library(), mmap.PAGESIZE
    start = place.offset // page * page
    n_file = place.offset - start + place.n_bytes
    whole = n_file // page * page
    size = n_file + len(behind)
    address = library.mmap(None, size, _READ | _WRITE, _PRIVATE | _ANONYMOUS, -1, 0)
    _require_mapped(address, place)
    weakref.finalize(owner, library.munmap, address, size).atexit = False  # others may still read it then
    descriptor = os.open(place.path, os.O_RDONLY)
    try:
        if whole:
            allowed, kind = (_READ | _WRITE, _PRIVATE) if writable else (_READ, _SHARED)
            found = library.mmap(address, whole, allowed, kind | _FIXED, descriptor, start)
            _require_mapped(found, place)
        last = os.pread(descriptor, n_file - whole, start + whole) + behind
    finally:
        os.close(descriptor)
    ctypes.memmove(address + whole, last, len(last))
    return address + place.offset - start


def _require_mapped(address: int | None, place: Place) -> None:
    if address in (None, ctypes.c_void_p(-1).value):
        what = f"the file cannot be mapped into memory: {os.strerror(ctypes.get_errno())}"
        raise DataError(what, where=str(place.path), remedy="Free memory, or raise vm.max_map_count")


@cache
def _library() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_longlong,
    ]  # fmt: skip
    library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return library
