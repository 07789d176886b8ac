"""One start at a time, however many containers of a service start at once."""

import fcntl
import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from sensorium.service.running.first_start import unusable

LOG = logging.getLogger("sensorium.service")
NUMBER = 0x53454E53
"""Of the lock in PostgreSQL; locks of other databases are others."""
LOOK_S = 0.2


@contextmanager
def alone() -> Generator[None]:
    """Let other starts over the same database wait until the block ends, also where it is killed.

    Raises
    ------
    NotReadyError
        If the database does not answer.
    """
    if connection.vendor == "postgresql":
        with _database_lock():
            yield
    else:
        with _file_lock(settings.SENSORIUM_PLACE.folder / "start.lock"):
            yield


@contextmanager
def _database_lock() -> Generator[None]:
    """Hold PostgreSQL's lock in a connection of its own, which ends it."""
    lock = connection.copy()
    try:
        is_held = False
        while not is_held:
            try:
                with lock.cursor() as cursor:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [NUMBER])
                    is_held = bool(cursor.fetchone()[0])
            except DatabaseError as error:
                raise unusable(error) from error
            if not is_held:
                _wait()
        yield
    finally:
        lock.close()


@contextmanager
def _file_lock(path: Path) -> Generator[None]:
    with path.open("wb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _wait()
        yield


def _wait() -> None:
    LOG.debug("another start goes first")
    time.sleep(LOOK_S)
