"""`sensorium check`: every problem in the data at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sensorium.cli.console import MISTAKE, OUT, next_step, print_json, terminal_progress
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
    from rich.markup import escape
    from rich.table import Table

    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in checked.facts.items():
        facts.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    OUT.print(facts)
    OUT.print()
    for problem in checked.problems:
        _show_problem(problem)
    for table, file in checked.set_aside.items():
        OUT.print(f"Rejected rows of the {table} table: {escape(str(file))}", soft_wrap=True)
    if not checked.problems:
        OUT.print("[green]✓[/] No problems.")
    if checked.duplicates_file is not None:
        OUT.print(f"Duplicate items: {escape(str(checked.duplicates_file))}", soft_wrap=True)
    if checked.quality is not None:
        _show_quality(checked.quality)
    if checked.usable:
        OUT.print()
        next_step("fit", str(folder))
    else:
        OUT.print("\n[bold red]Correct the errors before encode and fit.[/]")


def _show_problem(problem: "Problem") -> None:
    from rich.markup import escape
    from rich.padding import Padding

    place = Path(problem.where).name + (f", column {problem.column}" if problem.column else "")
    colour = COLOURS[problem.severity]
    OUT.print(f"[{colour}]{problem.severity}[/] {escape(problem.message)} [dim]({escape(place)})[/]")
    details: list[str] = []
    if problem.rows:
        more = " ..." if problem.count > len(problem.rows) else ""
        details.append(f"rows {', '.join(map(str, problem.rows))}{more}")
    if problem.samples:
        details.append(escape("; ".join(problem.samples[:3])))
    if problem.remedy:
        details.append(f"[cyan]{escape(problem.remedy)}.[/]")
    for detail in details:
        OUT.print(Padding(detail, (0, 0, 0, 4)))


def _show_quality(quality: "MediaQuality") -> None:
    from rich.markup import escape
    from rich.table import Table

    OUT.print("\n[bold]Quality of the media[/]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("column", "score", "median", "worst", "noted", "the worst"):
        table.add_column(title, justify="left" if title in ("column", "score", "the worst") else "right")
    for column, scores in quality.columns.items():
        for each in scores:
            noted = "" if each.limit is None else f"{each.noted:,}"
            numbers = f"{each.median:.3g}", f"{each.worst:.3g}", noted
            worst_at = escape(each.worst_at) if each.noted else ""
            table.add_row(escape(column), each.score, *numbers, f"[dim]{worst_at}[/]")
    OUT.print(table)
    OUT.print(f"All scores: {escape(str(quality.file))}", soft_wrap=True)
