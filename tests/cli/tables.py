"""Tables as a terminal shows them."""

import io

from rich.console import Console, RenderableType


def lines_of(table: RenderableType, *, width: int = 160) -> list[str]:
    """Return the lines of a printed table, without blank ones and blanks at their ends."""
    shown = io.StringIO()
    Console(width=width, file=shown, markup=False, highlight=False, emoji=False).print(table)
    return [line.rstrip() for line in shown.getvalue().splitlines() if line.strip()]


def row(table: RenderableType, name: str) -> list[str]:
    """Return the words of the row that begins with `name`."""
    (found,) = [line.split() for line in lines_of(table) if line.split()[0] == name]
    return found
