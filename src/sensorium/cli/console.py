"""What the command line shows: answers on stdout, progress and messages on stderr."""

import contextlib
import json
import re
import shlex
import sys
import warnings
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sensorium.core.errors import SensoriumWarning
from sensorium.core.json_values import without_nan
from sensorium.insight.words import ENGLISH_WORDS, Words

if TYPE_CHECKING:
    from sensorium.core.progress import Progress

CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])
"""What would move the cursor or colour the terminal: all control characters but tab and line feed."""


class PlainConsole(Console):
    """A console that shows text as it is: nothing in it is markup, an emoji's name or a control sequence.

    Ids, titles, columns and paths can be printed and put into tables without escaping. What shall be styled
    is a `Text`; see `styled`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield what is printed, without the control characters of data."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=segment.text.translate(CONTROLS))


OUT = PlainConsole()
"""For answers."""
ERR = PlainConsole(stderr=True)
"""For progress, notes and errors."""
MISTAKE = 2
"""The exit code where the input or the command has to be corrected."""
LONGEST_NAME = 24
"""Letters of a model or block in one line of a table."""


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout, on one line; NaN becomes null.

    Where stdout is not UTF-8, which JSON has to be, letters beyond ASCII are escaped.
    """
    is_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(without_nan(value), ensure_ascii=not is_utf8) + "\n")
    sys.stdout.flush()  # who reads it through a pipe waits for it, also of a command that goes on


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
                ERR.print(str(message), soft_wrap=True)

        warnings.showwarning = show
        yield


def styled(text: str, style: str) -> Text:
    """Return `text` in a style, such as `bold` or `dim`, for printing or for a cell of a table."""
    return Text(text, style=style)


def print_done(text: str) -> None:
    """Print what was done, behind a tick."""
    OUT.print(Text.assemble(("✓", "green"), f" {text}"), soft_wrap=True)


def next_step(*command: str, words: Words = ENGLISH_WORDS) -> None:
    """Print the command that comes next, quoted so that a shell takes it as it stands."""
    line = words("Next: sensorium {command}", command=shlex.join(command))
    OUT.print(line, style="dim", soft_wrap=True)


def counted(n: int, noun: str, words: Words = ENGLISH_WORDS) -> str:
    """Return `n` and the noun, such as `1 item` or `1,682 items`."""
    if words.language != "en":
        return f"{n:,} {words(noun)}"
    ending = "es" if noun.endswith("ch") else "s"
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}{ending}"


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


def terminal_progress(*, notes: bool = True, words: Words = ENGLISH_WORDS) -> "Progress":
    """Return what draws progress on stderr; without `notes` where a table is about to say the same."""
    from sensorium.core.progress_bars import ProgressBars

    return ProgressBars(ERR, notes=notes, said=words.said)
