"""One service a workspace: a second one would start the same processes again, for the same jobs."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager

from sensorium.core.errors import NotReadyError
from sensorium.service.place import Place


@contextmanager
def alone(place: Place, address: str) -> Generator[None]:
    """Hold the workspace until the block ends, or the process does, however it ends.

    Raises
    ------
    NotReadyError
        If another `sensorium serve` holds it.
    """
    file = place.folder / "serving"
    with file.open("a", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            there = file.read_text(encoding="utf-8").strip()
            raise NotReadyError(
                f"it is served already{there and f', at {there}'}",
                where=str(place.workspace),
                remedy="Ask that one, or stop it first",
            ) from error
        held.truncate(0)
        held.write(address)
        held.flush()
        yield
