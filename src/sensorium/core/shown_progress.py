"""What a library call shows of its progress: bars on request, else lines in the log."""

import contextlib
import time
from collections.abc import Generator

from sensorium.core.errors import ConfigError
from sensorium.core.progress import LOG, Progress, Stage


class LogStage:
    """Counts what is finished."""

    def __init__(self) -> None:
        self.done = 0

    def advance(self, n: int = 1, *, note: str | None = None) -> None:
        """Count `n` finished units."""
        del note
        self.done += n


class LogProgress:
    """A `Progress` that logs each finished stage, and each line said, at `INFO`."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None, *, unit: str = "items") -> Generator[Stage]:
        """Open a stage; a line is logged when it is finished."""
        del total
        started_s, stage = time.perf_counter(), LogStage()
        yield stage
        LOG.info("%s: %s %s in %.1f s", name, f"{stage.done:,}", unit, time.perf_counter() - started_s)

    def say(self, line: str) -> None:
        """Log one line of text."""
        LOG.info("%s", line)


def as_progress(shown: bool | Progress) -> Progress:
    """Return where to report to: bars in the terminal or notebook if `shown`, else the log."""
    if shown is True:
        from sensorium.core.progress_bars import ProgressBars

        return ProgressBars()
    if shown is False:
        return LogProgress()
    if not all(callable(getattr(shown, method, None)) for method in ("stage", "say")):
        raise ConfigError(
            f"{shown!r} is no progress", where="progress", remedy="Write True for bars, or False for the log"
        )
    return shown
