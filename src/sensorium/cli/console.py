"""What the command line shows: answers on stdout, progress and messages on stderr."""

import contextlib
import json
import sys
from collections.abc import Generator
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from sensorium.core.progress import Stage

OUT = Console(highlight=False, emoji=False)
"""For answers."""
ERR = Console(stderr=True, highlight=False, emoji=False)
"""For progress, notes and errors."""


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout, on one line; NaN becomes null."""
    sys.stdout.write(json.dumps(_without_nan(value), ensure_ascii=False) + "\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_nan(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(element) for element in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


class _Rate(ProgressColumn):
    """Finished units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if speed is None:
            return Text("")
        unit = task.fields.get("unit", "items")
        return Text(f"{speed:,.0f} {unit}/s" if speed >= 10 else f"{speed:.1f} {unit}/s", style="dim")


class _BarStage:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def advance(self, n: int = 1, *, note: str | None = None) -> None:
        if note is not None:
            self._bars.update(self._task, note=note)
        self._bars.advance(self._task, n)


class TerminalProgress:
    """Draws the stages of work as progress bars on stderr; plain lines where stderr is no terminal."""

    def __init__(self, console: Console = ERR, *, quiet: bool = False) -> None:
        self._console, self._quiet = console, quiet

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None, *, unit: str = "items") -> Generator[Stage]:
        """Draw a bar with rate and time left until the context is left."""
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("[dim]{task.fields[note]}"),
        )
        visible = self._console.is_terminal and not self._quiet
        with Bars(*columns, console=self._console, disable=not visible) as bars:
            task = bars.add_task(name, total=total, note="", unit=unit)
            yield _BarStage(bars, task)
            if total is None:
                bars.update(task, total=bars.tasks[task].completed)

    def say(self, line: str) -> None:
        """Print one line on stderr."""
        if not self._quiet:
            self._console.print(line, markup=False, emoji=False)
