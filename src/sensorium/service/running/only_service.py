"""One whole service a workspace: a second one would start the same processes again, for the same jobs."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager

from sensorium.core.errors import NotReadyError
from sensorium.service.place import Place
from sensorium.service.running.processes import Scale


@contextmanager
def only_service(place: Place, scale: Scale) -> Generator[None]:
    """Hold the workspace until the block ends, or the process does, however it ends.

    Several that start parts of a service, as containers do, hold it together.

    Raises
    ------
    NotReadyError
        If another `sensorium serve` holds it.
    """
    file = place.folder / "serving"
    with file.open("a", encoding="utf-8") as held:
        try:
            way = fcntl.LOCK_EX if scale.only == "all" else fcntl.LOCK_SH
            fcntl.flock(held, way | fcntl.LOCK_NB)
        except OSError as error:
            there = file.read_text(encoding="utf-8").strip()
            raise NotReadyError(
                f"it is served already{there and f', at {there}'}",
                where=str(place.workspace),
                remedy="Ask that one, or stop it first",
            ) from error
        if scale.has_web:
            held.truncate(0)
            held.write(scale.address)
            held.flush()
        yield
