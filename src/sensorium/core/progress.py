"""Progress as a seam: work reports to a `Progress`; the command line draws bars, a library call logs."""

import contextlib
import logging
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


def announce(progress: Progress, line: str) -> None:
    """Show a line that people wait for, also where `progress` keeps back what it is told on the way.

    A `Progress` with a method `announce` is asked to; any other one says it.
    """
    getattr(progress, "announce", progress.say)(line)


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

    def announce(self, line: str) -> None:
        """Show one line that people wait for."""
        announce(self._progress, line)
