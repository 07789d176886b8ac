"""Content hashes of files, remembered by path, size and time, so that unchanged files are not read again."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sensorium.core.cache_table import open_cache_table

RACY_S = 2.0
"""A file changed this recently may change again within the clock's grain; its hash is not remembered."""
_AT_ONCE = 500
"""Names in one question; SQLite takes no more than 999."""
_TABLE = "CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, hash TEXT)"


class FileStamp(NamedTuple):
    """What tells one version of a file from the next without opening it."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path | str) -> "FileStamp | None":
        """Return the stamp of a file, or None if there is none."""
        try:
            status = os.stat(path)
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)

    @property
    def is_settled(self) -> bool:
        """Whether the file is old enough for its stamp to be trusted."""
        return time.time() - self.mtime_ns / 1e9 > RACY_S


class FileHashes:
    """A cache in one SQLite file, safe with several processes; if it is lost or damaged it starts anew."""

    def __init__(self, path: Path) -> None:
        self._waiting: list[tuple[str, int, int, str]] = []
        self._connection = open_cache_table(path, _TABLE)

    def known(self, files: Sequence[tuple[str, FileStamp]]) -> list[str | None]:
        """Return the hash of each file, by name, that still has its stamp; None for the others."""
        kept: dict[str, tuple[FileStamp, str]] = {}
        for start in range(0, len(files), _AT_ONCE):
            names = [name for name, _ in files[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(names))
            query = f"SELECT name, size, mtime_ns, hash FROM files WHERE name IN ({marks})"  # noqa: S608
            with contextlib.suppress(sqlite3.DatabaseError):
                for name, size, mtime_ns, content_hash in self._connection.execute(query, names):
                    kept[name] = FileStamp(size, mtime_ns), content_hash
        found = [(kept.get(name), stamp) for name, stamp in files]
        return [None if row is None or row[0] != stamp else row[1] for row, stamp in found]

    def remember(self, name: str, stamp: FileStamp, content_hash: str) -> None:
        """Keep a hash; on disk after the next flush."""
        if stamp.is_settled:
            self._waiting.append((name, stamp.size, stamp.mtime_ns, content_hash))
            if len(self._waiting) >= 256:
                self.flush()

    def flush(self) -> None:
        """Write what waits to disk; a cache that cannot be written is no reason to stop."""
        if self._waiting:
            with contextlib.suppress(sqlite3.DatabaseError), self._connection:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", self._waiting
                )
            self._waiting = []

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._connection.close()
