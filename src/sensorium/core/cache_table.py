"""One table in a SQLite file, for what can be computed again: a file that is damaged is started anew."""

import sqlite3
from pathlib import Path


def open_cache_table(path: Path, create: str, *, any_thread: bool = False) -> sqlite3.Connection:
    """Return a connection to the table in `path`; what is no database, or is damaged, is replaced.

    Parameters
    ----------
    path
        The file; missing folders are made.
    create
        The `CREATE TABLE IF NOT EXISTS` statement.
    any_thread
        Allow use by other threads than this one; they must take turns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path, create, any_thread=any_thread)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        return _connected(path, create, any_thread=any_thread)


def _connected(path: Path, create: str, *, any_thread: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30.0, check_same_thread=not any_thread)
    try:
        with connection:
            connection.execute(create)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
