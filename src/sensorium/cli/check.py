"""`sensorium check`: every problem in the data at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sensorium.cli.console import (
    MISTAKE,
    OUT,
    next_step,
    print_done,
    print_json,
    styled,
    terminal_progress,
)
from sensorium.cli.options import AsJson, Folder

if TYPE_CHECKING:
    from sensorium.catalog.problems import Problem
    from sensorium.workspace.check import WorkspaceCheck
    from sensorium.workspace.media_quality import MediaQuality

COLOURS: Mapping[str, str] = {"error": "bold red", "warning": "yellow", "note": "dim"}


Fetch: TypeAlias = Annotated[
    bool, typer.Option("--fetch", help="Also fetch media from the web and check them.")
]


def command(folder: Folder, fetch: Fetch = False, as_json: AsJson = False) -> None:
    """Report every problem in the data at once, with row numbers; your files stay as they are.

    Rows that cannot be used are set aside in a file of their own and counted; the rest is used.
    Exits with 2 if an error must be corrected before encode and fit.
    """
    from sensorium.workspace.check import check_workspace
    from sensorium.workspace.workspace import Workspace

    checked = check_workspace(Workspace.open(folder), fetch=fetch, progress=terminal_progress())
    if as_json:
        print_json(checked.to_json())
    else:
        _show(checked, folder)
    if not checked.usable:
        raise typer.Exit(MISTAKE)


def _show(checked: "WorkspaceCheck", folder: object) -> None:
    from rich.table import Table

    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in checked.facts.items():
        facts.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    OUT.print(facts)
    OUT.print()
    for problem in checked.problems:
        _show_problem(problem)
    for table, file in checked.set_aside.items():
        OUT.print(f"Rejected rows of the {table} table: {file}", soft_wrap=True)
    if not checked.problems:
        print_done("No problems.")
    if checked.duplicates_file is not None:
        OUT.print(f"Duplicate items: {checked.duplicates_file}", soft_wrap=True)
    if checked.quality is not None:
        _show_quality(checked.quality)
    if checked.usable:
        OUT.print()
        next_step("fit", str(folder))
    else:
        OUT.print("\nCorrect the errors before encode and fit.", style="bold red")


def _show_problem(problem: "Problem") -> None:
    from rich.padding import Padding
    from rich.text import Text

    place = Path(problem.where).name + (f", column {problem.column}" if problem.column else "")
    colour = COLOURS[problem.severity]
    severity = (problem.severity.value, colour)
    OUT.print(Text.assemble(severity, f" {problem.message} ", (f"({place})", "dim")))
    details: list[str | Text] = []
    if problem.rows:
        more = " ..." if problem.count > len(problem.rows) else ""
        details.append(f"rows {', '.join(map(str, problem.rows))}{more}")
    if problem.samples:
        details.append("; ".join(problem.samples[:3]))
    if problem.remedy:
        details.append(styled(f"{problem.remedy}.", "cyan"))
    for detail in details:
        OUT.print(Padding(detail, (0, 0, 0, 4)))


def _show_quality(quality: "MediaQuality") -> None:
    from rich.table import Table

    OUT.print("\nQuality of the media", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("column", "score", "median", "worst", "noted", "the worst"):
        table.add_column(title, justify="left" if title in ("column", "score", "the worst") else "right")
    for column, scores in quality.columns.items():
        for each in scores:
            noted = "" if each.limit is None else f"{each.noted:,}"
            numbers = f"{each.median:.3g}", f"{each.worst:.3g}", noted
            worst_at = each.worst_at if each.noted else ""
            table.add_row(column, each.score, *numbers, styled(worst_at, "dim"))
    OUT.print(table)
    OUT.print(f"All scores: {quality.file}", soft_wrap=True)
