"""Work that must be done by a moment: who works long asks now and then whether it is past."""

import contextlib
import time
from collections.abc import Generator
from contextvars import ContextVar

_ENDS: ContextVar[float | None] = ContextVar("sensorium deadline", default=None)


class OutOfTimeError(Exception):
    """The moment by which work had to be done is past; whoever set it goes on with something simpler."""


@contextlib.contextmanager
def deadline(seconds: float | None) -> Generator[None]:
    """Give the block `seconds` from now; `require_time` in it raises once they are past. None: no limit."""
    token = _ENDS.set(None if seconds is None else time.perf_counter() + seconds)
    try:
        yield
    finally:
        _ENDS.reset(token)


def require_time() -> None:
    """Raise `OutOfTimeError` if a deadline is past; without one this costs a tenth of a microsecond."""
    ends = _ENDS.get()
    if ends is not None and time.perf_counter() >= ends:
        raise OutOfTimeError
