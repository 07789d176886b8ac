"""`sensorium evaluate`: the numbers, against baselines, with intervals; for a workspace or a split folder."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import print_done, print_json, terminal_progress
from sensorium.cli.options import (
    AsJson,
    Language,
    Mask,
    Model,
    Seconds,
    Seen,
    WorkspaceOrSplit,
    seen_choice,
)


def command(
    folder: WorkspaceOrSplit,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.html", help="Also write a self-contained HTML page."),
    ] = None,
    mask: Mask = "train+validation",
    seen: Seen = None,
    robustness: Annotated[
        bool,
        typer.Option("--robustness", help="Also measure accuracy with 10 to 90% of each modality removed."),
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="After tuning, train on train and validation.")
    ] = False,
    model: Model = None,
    seconds: Seconds = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Fit on train, tune on validation, evaluate once on test, beside baselines and single sources."""
    from sensorium.cli.evaluation_tables import show_advice, show_evaluation
    from sensorium.cli.robustness_table import show_robustness
    from sensorium.insight.words import words_in
    from sensorium.workspace.commands import evaluate_folder

    words = words_in(language)
    measured = evaluate_folder(
        folder,
        report=report,
        mask=mask,
        seen=seen_choice(seen),
        refit=refit,
        model=model,
        seconds=seconds,
        robustness=robustness,
        language=language,
        progress=terminal_progress(notes=as_json, words=words),
    )
    if as_json:
        print_json(measured.to_json(language) | ({"report": str(report)} if report else {}))
        return
    show_evaluation(measured.evaluation, words)
    if measured.robustness is not None:
        show_robustness(measured.robustness, words)
    show_advice(measured.advice(language), words)
    if report:
        print_done(words("Report: {file}", file=report))
