"""Progress bars in a terminal or a notebook."""

import contextlib
import time
from collections.abc import Callable, Generator

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

from sensorium.core.progress import Stage

WORTH_A_LINE_S = 2.0
"""Shorter stages are not mentioned where no bars are drawn."""


class _Rate(ProgressColumn):
    """Finished units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if speed is None:
            return Text("")
        unit = task.fields.get("unit", "items")
        return Text(f"{speed:,.0f} {unit}/s" if speed >= 10 else f"{speed:.1f} {unit}/s", style="dim")


class _BarStage:
    def __init__(self, bars: Bars, task: TaskID, said: Callable[[str], str]) -> None:
        self._bars, self._task, self._said = bars, task, said

    def advance(self, n: int = 1, *, note: str | None = None) -> None:
        if note is not None:
            self._bars.update(self._task, note=self._said(note))
        self._bars.advance(self._task, n)


class ProgressBars:
    """Draws the stages of work as progress bars.

    Where nothing can be redrawn, a stage that took a while leaves one line when it is done.

    Parameters
    ----------
    console
        Where to draw; stderr if not given.
    notes
        Show the lines that work says on its way; False where a table is about to say the same.
    said
        What a text is in the language of who reads; as it is, if not given.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        notes: bool = True,
        said: Callable[[str], str] = str,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False, emoji=False)
        self._notes, self._said = notes, said

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
            task = bars.add_task(self._said(name), total=total, note="", unit=self._unit(unit))
            yield _BarStage(bars, task, self._said)
            if total is None:
                bars.update(task, total=bars.tasks[task].completed)
        seconds = time.perf_counter() - started_s
        if hidden and seconds >= WORTH_A_LINE_S:
            done = int(bars.tasks[task].completed)
            one = unit.removesuffix("s")
            line = f"{name}: {done:,} {one} in {seconds:.0f} s"
            told = self._said(line)
            self._line(told if told != line or done == 1 else line.replace(f" {one} in", f" {unit} in"))

    def _unit(self, unit: str) -> str:
        """Return several of a unit in the language of who reads."""
        one = unit.removesuffix("s")
        told = self._said(one)
        return unit if told == one else told

    def say(self, line: str) -> None:
        """Print one line on stderr, unless a table is about to say the same."""
        if self._notes:
            self._line(line)

    def announce(self, line: str) -> None:
        """Print one line on stderr, in any case."""
        self._line(self._said(line))

    def _line(self, line: str) -> None:
        self._console.print(line, style="dim", markup=False, soft_wrap=True)
