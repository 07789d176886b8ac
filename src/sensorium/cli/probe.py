"""`sensorium probe`: how well encoders tell labelled media apart, and how fast they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import OUT, TerminalProgress, counted, print_json
from sensorium.cli.options import AsJson

if TYPE_CHECKING:
    from rich.table import Table

    from sensorium.workflow.probing import Probe

MAX_SHOWN = 5
"""More failures than this are counted, not listed."""


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="LABELS",
            help="A table with the columns file, label and perhaps fold.",
            show_default=False,
        ),
    ],
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder", metavar="NAME", help="Judge this encoder; may be repeated. All if not given."
        ),
    ] = None,
    drawing: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="Draw the media as the best encoder sees them (.png, .svg)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge encoders on media that somebody has sorted: which tells the labels apart, and how fast."""
    from sensorium.insight.label_map import draw_map, require_drawable
    from sensorium.workflow.probing import probe

    if drawing is not None:
        require_drawable(drawing)
    found = probe(file, encoders=encoder or (), progress=TerminalProgress())
    if drawing is not None:
        best, media = found.best, found.media
        draw_map(drawing, best.block, media, title=f"{file.parent.resolve().name} as {best.encoder} sees it")
    if as_json:
        print_json(found.to_json())
        return
    _show(found)
    if drawing is not None:
        OUT.print(f"\n[green]✓[/] Drew {found.best.encoder} to ", end="")
        OUT.print(str(drawing), markup=False, soft_wrap=True)


def _show(found: "Probe") -> None:
    media = found.media
    kinds = f"{counted(len(media), f'{media.role.value} file')}, {counted(len(media.names), 'label')}"
    OUT.print(f"{kinds}, {counted(found.n_folds, 'fold')}")
    OUT.print(_table(found))
    failures = found.to_json()["failures"]
    for failure in failures[:MAX_SHOWN]:
        OUT.print(f"left out: {failure['file']}: {failure['reason']}", markup=False, soft_wrap=True)
    if len(failures) > MAX_SHOWN:
        OUT.print(f"and {len(failures) - MAX_SHOWN:,} more left out")


def _table(found: "Probe") -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("encoder", header_style="bold")
    for head in ("columns", "items/s", "precision@10", "kNN", "linear", "SVM"):
        table.add_column(head, justify="right", header_style="bold")
    for probed in found.encoders:
        shares = probed.separation
        scores = (shares.precision, shares.knn_accuracy, shares.linear_accuracy, shares.svm_accuracy)
        rate = (
            f"{probed.items_per_second:,.0f}"
            if probed.items_per_second >= 10
            else f"{probed.items_per_second:.1f}"
        )
        table.add_row(
            probed.encoder, f"{probed.block.dimension:,}", rate, *(f"{score:.3f}" for score in scores)
        )
    return table
