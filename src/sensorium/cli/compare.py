"""`sensorium compare`: every level of fusion over the same members, on the same held-back events."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import TerminalProgress, print_json
from sensorium.cli.options import AsJson, Seconds


def command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A workspace, or a folder with train.csv, validation.csv, test.csv.",
            show_default=False,
        ),
    ],
    mask: Annotated[
        str,
        typer.Option(
            "--mask", metavar="WHAT", help="What is known and not ranked: train+validation, or train alone."
        ),
    ] = "train+validation",
    seconds: Seconds = None,
    as_json: AsJson = False,
) -> None:
    """Fuse the same tuned sources by features, scores, ranks and learnt weights, and judge them all."""
    from sensorium.cli.level_table import show_levels
    from sensorium.workflow.steps import compare

    levels = compare(folder, mask=mask, seconds=seconds, progress=TerminalProgress(notes=as_json))
    if as_json:
        print_json(levels.to_json())
        return
    show_levels(levels)
