"""`sensorium check`: every problem in the data at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.cli.console import OUT, TerminalProgress, print_json
from sensorium.cli.options import AsJson, Folder

if TYPE_CHECKING:
    from sensorium.workflow.checking import Checked

COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim"}


def command(folder: Folder, as_json: AsJson = False) -> None:
    """Report every problem in the data at once, with row numbers; change nothing.

    Rows that cannot be used are set aside in a file and counted; the rest is used.
    """
    from sensorium.workflow.checking import check
    from sensorium.workflow.workspace import Workspace

    checked = check(Workspace.open(folder), progress=TerminalProgress())
    if as_json:
        print_json(checked.to_json())
        return
    _show(checked, folder)


def _show(checked: "Checked", folder: object) -> None:
    from rich.markup import escape
    from rich.table import Table

    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in checked.facts.items():
        facts.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    OUT.print(facts)
    OUT.print()
    for problem in checked.problems:
        place = Path(problem.where).name + (f", column {problem.column}" if problem.column else "")
        head = f"[{COLOURS[problem.severity]}]{problem.severity}[/]"
        OUT.print(f"{head} {escape(problem.message)} [dim]({escape(place)})[/]")
        if problem.rows:
            more = " ..." if problem.count > len(problem.rows) else ""
            OUT.print(f"    rows {', '.join(map(str, problem.rows))}{more}")
        if problem.samples:
            OUT.print(f"    {escape('; '.join(problem.samples[:3]))}")
        if problem.remedy:
            OUT.print(f"    [cyan]{escape(problem.remedy)}.[/]")
    for table, file in checked.set_aside.items():
        OUT.print(f"Bad rows of the {table} table stand in {file}")
    if not checked.problems:
        OUT.print("[green]✓[/] No problems.")
    if checked.usable:
        OUT.print(f"\n[dim]Next: sensorium encode {folder}[/]")
