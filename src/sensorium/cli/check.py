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
from sensorium.cli.options import AsJson, Folder, Language

if TYPE_CHECKING:
    from sensorium.catalog.problems import Problem
    from sensorium.insight.words import Words
    from sensorium.workspace.check import WorkspaceCheck
    from sensorium.workspace.media_quality import MediaQuality

COLOURS: Mapping[str, str] = {"error": "bold red", "warning": "yellow", "note": "dim"}


Fetch: TypeAlias = Annotated[
    bool, typer.Option("--fetch", help="Also fetch media from the web and check them.")
]


Thorough: TypeAlias = Annotated[
    bool, typer.Option("--thorough", help="Also look for lettering and repeated marks; takes twice as long.")
]


def command(
    folder: Folder,
    fetch: Fetch = False,
    thorough: Thorough = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Report every problem in the data at once, with row numbers; your files stay as they are.

    Rows that cannot be used are set aside in a file of their own and counted; the rest is used.
    Exits with 2 if an error must be corrected before encode and fit.
    """
    from sensorium.insight.words import words_in
    from sensorium.workspace.check import check_workspace
    from sensorium.workspace.workspace import Workspace

    words = words_in(language)
    checked = check_workspace(
        Workspace.open(folder), fetch=fetch, thorough=thorough, progress=terminal_progress()
    )
    if as_json:
        print_json(checked.to_json())
    else:
        _show(checked, folder, words)
    if not checked.usable:
        raise typer.Exit(MISTAKE)


def _show(checked: "WorkspaceCheck", folder: object, words: "Words") -> None:
    from rich.table import Table

    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in checked.facts.items():
        facts.add_row(words.said(name), f"{value:,}" if isinstance(value, int) else words.said(str(value)))
    OUT.print(facts)
    OUT.print()
    for problem in checked.problems:
        _show_problem(problem, words)
    for table, file in checked.set_aside.items():
        OUT.print(
            words("Rejected rows of the {table} table: {file}", table=words(table), file=file), soft_wrap=True
        )
    if not checked.problems:
        print_done(words("No problems."))
    if checked.duplicates_file is not None:
        OUT.print(words("Duplicate items: {file}", file=checked.duplicates_file), soft_wrap=True)
    if checked.quality is not None:
        _show_quality(checked.quality, words)
    if checked.usable:
        OUT.print()
        next_step("fit", str(folder), words=words)
    else:
        OUT.print("\n" + words("Correct the errors before encode and fit."), style="bold red")


def _show_problem(problem: "Problem", words: "Words") -> None:
    from rich.padding import Padding
    from rich.text import Text

    place = Path(problem.where).name
    place += words(", column {column}", column=problem.column) if problem.column else ""
    colour = COLOURS[problem.severity]
    severity = (words(problem.severity.value), colour)
    OUT.print(Text.assemble(severity, f" {words.said(problem.message)} ", (f"({place})", "dim")))
    details: list[str | Text] = []
    if problem.rows:
        more = " ..." if problem.count > len(problem.rows) else ""
        numbers = ", ".join(map(str, problem.rows))
        details.append(words("rows {numbers}", numbers=numbers) + more)
    if problem.samples:
        details.append("; ".join(problem.samples[:3]))
    if problem.remedy:
        details.append(styled(words("{sentence}.", sentence=words.said(problem.remedy)), "cyan"))
    for detail in details:
        OUT.print(Padding(detail, (0, 0, 0, 4)))


def _show_quality(quality: "MediaQuality", words: "Words") -> None:
    from rich.table import Table

    from sensorium.insight.quality_words import describe_score

    OUT.print("\n" + words("Quality of the media"), style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("column", "score", "median", "worst", "noted", "what it says"):
        is_number = title in ("median", "worst", "noted")
        table.add_column(words(title), justify="right" if is_number else "left")
    for column, scores in quality.columns.items():
        for each in scores:
            noted = "" if each.limit is None else f"{each.noted:,}"
            numbers = f"{each.median:.3g}", f"{each.worst:.3g}", noted
            said = describe_score(each.score, each.meaning, each.better, each.limit, language=words.language)
            if each.noted:
                said += words("; the worst: {place}", place=each.worst_at)
            table.add_row(column, words(each.score), *numbers, styled(said, "dim"))
    OUT.print(table)
    OUT.print(words("All scores: {file}", file=quality.file), soft_wrap=True)
