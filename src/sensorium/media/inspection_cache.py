"""What was found in media before, by their content, so that nothing is decoded twice to be judged."""

import contextlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Self

from sensorium.core.cache_table import open_cache_table
from sensorium.core.hashing import hash_bytes
from sensorium.core.roles import Role
from sensorium.media.inspection import IsolatedInspector
from sensorium.media.inspection_result import VERSION, InspectionResult

_TABLE = (
    "CREATE TABLE IF NOT EXISTS found (content TEXT, role TEXT, version INTEGER, examination TEXT, "
    "PRIMARY KEY (content, role))"
)
_THOROUGH = "thorough "
_AT_ONCE = 64
"""How many examinations wait for the disk; no more are lost if the process is killed."""


class CachedInspector:
    """An `IsolatedInspector` that remembers what it found in one SQLite file; leaving the context ends both.

    Processes start when something new is to be examined. Should the file be lost or damaged, it starts
    anew; what crashed a decoder or took too long is examined again each time.

    Parameters
    ----------
    path
        The file.
    n_workers
        How many processes examine what is new.
    thorough
        Whether costly scores are wanted; what was found without them does not do then.
    """

    def __init__(self, path: Path, n_workers: int = 2, *, thorough: bool = False) -> None:
        self._n_workers, self._thorough = n_workers, thorough
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], str] = {}
        self._probe: IsolatedInspector | None = None
        self.n_examined = 0
        """How many media were not remembered."""
        self._connection = open_cache_table(path, _TABLE, any_thread=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._flush()
            self._connection.close()
        if self._probe is not None:
            self._probe.__exit__(*error)

    def __call__(self, content: bytes, role: Role) -> InspectionResult:
        """Return what `examine` finds, or found; any thread may ask."""
        is_thorough = self._thorough and role is Role.IMAGE  # of the others nothing costs that much
        key = hash_bytes(content), _THOROUGH + role.value if is_thorough else role.value
        with self._lock:
            known = self._known(key)
            if known is None:
                self.n_examined += 1
                self._probe = self._probe or IsolatedInspector(self._n_workers, thorough=self._thorough)
        if known is not None:
            return known
        assert self._probe is not None, "it was started above"  # noqa: S101
        found = self._probe(content, role)
        if found.is_lasting:
            with self._lock:
                self._waiting[key] = json.dumps(found.to_json())
                if len(self._waiting) >= _AT_ONCE:
                    self._flush()
        return found

    def _known(self, key: tuple[str, str]) -> InspectionResult | None:
        """Return what was found before; what a thorough look found will always do."""
        content, role = key
        text = self._waiting.get(key)
        if text is None:
            query = (
                "SELECT examination FROM found WHERE content = ? AND role IN (?, ?) AND version = ? "
                "ORDER BY LENGTH(role) DESC"
            )
            more = role if role.startswith(_THOROUGH) else _THOROUGH + role
            with contextlib.suppress(sqlite3.DatabaseError):
                row = self._connection.execute(query, (content, role, more, VERSION)).fetchone()
                text = None if row is None else row[0]
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return None if text is None else InspectionResult.from_json(json.loads(text))
        return None

    def _flush(self) -> None:
        """Write what waits; a file that cannot be written is no reason to stop."""
        rows = [(*key, VERSION, text) for key, text in self._waiting.items()]
        with contextlib.suppress(sqlite3.DatabaseError), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?)", rows)
        self._waiting = {}
