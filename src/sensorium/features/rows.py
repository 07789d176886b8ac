"""Feature rows kept by the content they were made from, in small files that are whole or absent."""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.files import write_text, written_aside
from sensorium.core.hashing import canonical_json

FLUSH_ROWS = 64
FLUSH_S = 2.0
MERGE_BELOW_ROWS = 1 << 16
STRAY_AGE_S = 3600.0
_COPY_ROWS = 4096
_GATHER_ATTEMPTS = 3


@dataclass(frozen=True)
class _Segment:
    """One pair of files: `<name>.npy` holds the rows, `<name>.json`, written after it, says what they are."""

    name: str
    keys: tuple[str, ...]
    failures: Mapping[str, str]


class RowStore:
    """Rows [d] float32 by content hash, and the reasons why some content has none.

    A folder of immutable segments. Writing never touches a file that is there, merging writes the
    merged segment before it takes the old ones away, and names are unique; so any number of processes
    may read, write and merge at once, and a process killed at any moment loses no more than what it
    had not flushed: 64 rows or 2 seconds of work.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self.dimension = dimension
        folder.mkdir(parents=True, exist_ok=True)
        self._segments: dict[str, _Segment] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._failures: dict[str, str] = {}
        self._waiting: dict[str, FloatVector] = {}
        self._waiting_failures: dict[str, str] = {}
        self._waiting_since_s = 0.0
        self.refresh()

    def __len__(self) -> int:
        return len(self._places) + len(self._waiting)

    def __contains__(self, key: str) -> bool:
        return key in self._places or key in self._waiting

    def failure(self, key: str) -> str | None:
        """Return why the content `key` could not be encoded, or None."""
        return self._failures.get(key) or self._waiting_failures.get(key)

    def add(self, key: str, row: FloatVector) -> None:
        """Keep the row [d] of the content `key`; on disk after the next flush."""
        self._wait()
        self._waiting[key] = np.asarray(row, dtype=np.float32)
        self._flush_if_due()

    def add_failure(self, key: str, reason: str) -> None:
        """Keep the reason why the content `key` has no row."""
        self._wait()
        self._waiting_failures[key] = reason
        self._flush_if_due()

    def flush(self) -> None:
        """Write what waits to disk."""
        if self._waiting or self._waiting_failures:
            rows = np.stack(list(self._waiting.values())) if self._waiting else np.empty((0, self.dimension))
            self._write(tuple(self._waiting), self._waiting_failures, rows.astype(np.float32))
            self._waiting, self._waiting_failures = {}, {}

    def gather(self, keys: Iterable[str | None], out: FloatMatrix) -> None:
        """Write the row of each key into `out` [n, d]; rows whose key is None or unknown are left alone."""
        self.flush()
        asked = list(keys)
        for _ in range(_GATHER_ATTEMPTS):
            try:
                self._gather(asked, out)
                return
            except FileNotFoundError:  # another process merged meanwhile: the rows are elsewhere now
                self.refresh()
        self._gather(asked, out)

    def _gather(self, keys: list[str | None], out: FloatMatrix) -> None:
        wanted: dict[str, list[tuple[int, int]]] = {}
        for target, key in enumerate(keys):
            place = None if key is None else self._places.get(key)
            if place is not None:
                wanted.setdefault(place[0], []).append((target, place[1]))
        for name, pairs in wanted.items():
            values = self._values(name)
            for start in range(0, len(pairs), _COPY_ROWS):
                targets, sources = np.array(pairs[start : start + _COPY_ROWS], dtype=np.int64).T
                out[targets] = values[sources]

    def refresh(self) -> None:
        """Learn of segments that other processes have written or merged."""
        names = {path.stem for path in self._folder.glob("*.json")}
        for name in names - self._segments.keys():
            segment = self._read(name)
            if segment is not None:
                self._take(segment)
        gone = self._segments.keys() - names
        if gone:
            self._segments = {name: s for name, s in self._segments.items() if name not in gone}
            self._places, self._failures = {}, {}
            for segment in self._segments.values():
                self._take(segment)

    def merge(self) -> None:
        """Put small segments into one, and sweep what crashes left behind."""
        self.flush()
        self.refresh()
        small = [s for s in self._segments.values() if len(s.keys) < MERGE_BELOW_ROWS]
        if len(small) > 1:
            rows = {key: (s.name, row) for s in small for row, key in enumerate(s.keys)}
            failures = {key: reason for s in small for key, reason in s.failures.items() if key not in rows}
            try:
                self._write(tuple(rows), failures, rows)
            except FileNotFoundError:  # another process merges just now: it keeps the rows, we leave it be
                self.refresh()
                return
            for segment in small:
                self._remove(segment.name)
            self.refresh()
        self._sweep()

    def _wait(self) -> None:
        if not self._waiting and not self._waiting_failures:
            self._waiting_since_s = time.monotonic()

    def _flush_if_due(self) -> None:
        waiting = len(self._waiting) + len(self._waiting_failures)
        if waiting >= FLUSH_ROWS or time.monotonic() - self._waiting_since_s >= FLUSH_S:
            self.flush()

    def _write(
        self,
        keys: tuple[str, ...],
        failures: Mapping[str, str],
        rows: FloatMatrix | Mapping[str, tuple[str, int]],
    ) -> None:
        """Write one segment: the rows first, then the JSON that makes them count."""
        name = uuid.uuid4().hex
        with written_aside(self._folder / f"{name}.npy") as aside:
            shape = (len(keys), self.dimension)
            if isinstance(rows, np.ndarray) or not keys:
                with aside.open("wb") as file:
                    np.save(file, np.asarray(rows, dtype=np.float32) if keys else np.empty(shape, np.float32))
            else:
                target = open_memmap(aside, mode="w+", dtype=np.float32, shape=shape)
                self._copy(list(rows.values()), target)
                target.flush()
        described = {"keys": list(keys), "failures": dict(failures), "dimension": self.dimension}
        write_text(self._folder / f"{name}.json", canonical_json(described))
        self._take(_Segment(name, keys, dict(failures)))

    def _copy(self, places: list[tuple[str, int]], target: NDArray[np.float32]) -> None:
        opened: dict[str, FloatMatrix] = {}
        for row, (name, source) in enumerate(places):
            if name not in opened:
                opened = {name: self._values(name)}  # one open file at a time; rows come segment by segment
            target[row] = opened[name][source]

    def _take(self, segment: _Segment) -> None:
        self._segments[segment.name] = segment
        self._places.update((key, (segment.name, row)) for row, key in enumerate(segment.keys))
        self._failures.update(segment.failures)

    def _read(self, name: str) -> _Segment | None:
        """Return a segment, or None if it is damaged or was merged away just now."""
        try:
            described: dict[str, Any] = json.loads(
                (self._folder / f"{name}.json").read_text(encoding="utf-8")
            )
            segment = _Segment(name, tuple(described["keys"]), dict(described["failures"]))
            if self._values(name).shape == (len(segment.keys), self.dimension):
                return segment
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            pass
        return None

    def _values(self, name: str) -> FloatMatrix:
        path = self._folder / f"{name}.npy"
        # NumPy cannot map an empty array.
        is_empty = path.stat().st_size <= 128
        return np.load(path, mmap_mode=None if is_empty else "r", allow_pickle=False)

    def _remove(self, name: str) -> None:
        for suffix in (".json", ".npy"):
            (self._folder / f"{name}{suffix}").unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove parts that a crash left, once they are too old to belong to a running process."""
        for path in self._folder.iterdir():
            is_stray = path.suffix == ".part" or (
                path.suffix == ".npy" and not path.with_suffix(".json").exists()
            )
            try:
                if is_stray and time.time() - path.stat().st_mtime > STRAY_AGE_S:
                    path.unlink()
            except FileNotFoundError:
                continue
