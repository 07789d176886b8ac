"""Progress as a seam: work reports to a `Progress`; the command line draws bars, a library call logs."""

import contextlib
import logging
import time
from collections.abc import Generator
from typing import Protocol

LOG = logging.getLogger("sensorium")
"""Where library calls say what they do: stages and choices at `INFO`, what to look at as `WARNING`."""


class Stage(Protocol):
    """One stretch of work with a known or unknown length."""

    def advance(self, n: int = 1, *, note: str | None = None) -> None:
        """Report `n` finished units; `note` replaces the text beside the bar."""
        ...


class Progress(Protocol):
    """Where work reports to."""

    def stage(
        self, name: str, total: int | None = None, *, unit: str = "items"
    ) -> contextlib.AbstractContextManager[Stage]:
        """Open a stage of `total` units (None: unknown); leaving the context closes it."""
        ...

    def say(self, line: str) -> None:
        """Show one line of text."""
        ...


class _SilentStage:
    def advance(self, n: int = 1, *, note: str | None = None) -> None:
        del n, note


class Silent:
    """A `Progress` that shows nothing: the default of what works inside."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None, *, unit: str = "items") -> Generator[Stage]:
        """Open a stage that shows nothing."""
        del name, total, unit
        yield _SilentStage()

    def say(self, line: str) -> None:
        """Drop the line."""
        del line


SILENT = Silent()


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


def as_progress(shown: "bool | Progress") -> Progress:
    """Return where to report to: bars in the terminal or notebook if `shown`, else the log."""
    if shown is True:
        from sensorium.core.progress_bars import ProgressBars

        return ProgressBars()
    return LogProgress() if shown is False else shown


class LabeledProgress:
    """A `Progress` whose stages also name what is at work, such as one of several encoders."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress, self._label = progress, label

    def stage(
        self, name: str, total: int | None = None, *, unit: str = "items"
    ) -> contextlib.AbstractContextManager[Stage]:
        """Open a stage."""
        return self._progress.stage(f"{name} {self._label}", total, unit=unit)

    def say(self, line: str) -> None:
        """Show one line of text."""
        self._progress.say(line)
