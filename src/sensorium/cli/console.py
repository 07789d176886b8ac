"""What the command line shows: answers on stdout, progress and messages on stderr."""

import contextlib
import json
import re
import shlex
import sys
import time
import warnings
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
from rich.table import Column
from rich.text import Text

from sensorium.core.errors import SensoriumWarning
from sensorium.core.progress import Stage

OUT = Console(highlight=False, emoji=False)
"""For answers."""
ERR = Console(stderr=True, highlight=False, emoji=False)
"""For progress, notes and errors."""
MISTAKE = 2
"""The exit code where the input or the command has to be corrected."""
LONGEST_NAME = 24
"""Letters of a model or block in one line of a table."""
WORTH_A_LINE_S = 2.0
"""Shorter stages are not mentioned where no bars are drawn."""


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout, on one line; NaN becomes null.

    Where stdout is not UTF-8, which JSON has to be, letters beyond ASCII are escaped.
    """
    is_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(_without_nan(value), ensure_ascii=not is_utf8) + "\n")


@contextlib.contextmanager
def warnings_as_lines() -> Generator[None]:
    """Print each of our own warnings once, as one line on stderr, until the context is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SensoriumWarning)
        show_as_usual, shown = warnings.showwarning, set[str]()

        def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if not issubclass(category, SensoriumWarning):
                show_as_usual(message, category, *place)
            elif str(message) not in shown:
                shown.add(str(message))
                ERR.print(str(message), markup=False, soft_wrap=True)

        warnings.showwarning = show
        yield


def next_step(*words: str) -> None:
    """Print the command that comes next, quoted so that a shell takes it as it stands."""
    OUT.print(f"Next: sensorium {shlex.join(words)}", style="dim", markup=False, soft_wrap=True)


def counted(n: int, noun: str) -> str:
    """Return `n` and the noun, such as `1 item` or `1,682 items`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def folded(name: str, width: int) -> str:
    """Return `name` on lines of at most `width` letters, which end after one of `-_:+/` if they can."""
    lines = [""]
    for piece in re.findall(r"[^-_:+/]*[-_:+/]|[^-_:+/]+", name):
        for start in range(0, len(piece), width):
            letters = piece[start : start + width]
            if len(lines[-1]) + len(letters) > width:
                lines.append("")
            lines[-1] += letters
    return "\n".join(lines)


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
    """Draws the stages of work as progress bars on stderr.

    Where stderr is no terminal, a stage that took a while leaves one line when it is done.

    Parameters
    ----------
    console
        Where to draw.
    notes
        Show the lines that work says on its way; False where a table is about to say the same.
    """

    def __init__(self, console: Console = ERR, *, notes: bool = True) -> None:
        self._console, self._notes = console, notes

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None, *, unit: str = "items") -> Generator[Stage]:
        """Draw a bar with rate and time left until the context is left."""
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=max(6, min(28, self._console.width - 62))),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[note]}", style="dim", markup=False, table_column=rest),
        )
        started_s = time.perf_counter()
        hidden = not self._console.is_terminal
        with Bars(*columns, console=self._console, disable=hidden, expand=True) as bars:
            task = bars.add_task(name, total=total, note="", unit=unit)
            yield _BarStage(bars, task)
            if total is None:
                bars.update(task, total=bars.tasks[task].completed)
        seconds = time.perf_counter() - started_s
        if hidden and seconds >= WORTH_A_LINE_S:
            done = int(bars.tasks[task].completed)
            one = unit.removesuffix("s") if done == 1 else unit
            self._line(f"{name}: {done:,} {one} in {seconds:.0f} s")

    def say(self, line: str) -> None:
        """Print one line on stderr."""
        if self._notes:
            self._line(line)

    def _line(self, line: str) -> None:
        self._console.print(line, style="dim", markup=False, soft_wrap=True)
