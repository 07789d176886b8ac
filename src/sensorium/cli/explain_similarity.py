"""`sensorium explain-similarity`: which regions or seconds make two items similar."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import OUT, print_json
from sensorium.cli.options import AsJson, Folder

if TYPE_CHECKING:
    from sensorium.serving.similarity_explanation import Moment, Region, SimilarityExplanation

SHOWN = 5


def command(
    folder: Folder,
    item: Annotated[str, typer.Option("--item", metavar="ITEM", help="The id of one item.")],
    other: Annotated[str, typer.Option("--with", metavar="ITEM", help="The id of the other item.")],
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="image, audio or video, or a feature block such as image:poster; if not given, the first "
            "that both have.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Also draw it to this file: .png, .svg or .pdf."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what makes two items similar: regions of pictures, seconds of sounds and clips."""
    from sensorium.catalog.item_lookup import item_indices
    from sensorium.insight.label_map import require_drawable
    from sensorium.workspace.bundles import load_latest

    if picture is not None:
        require_drawable(picture)
    model, _ = load_latest(folder)
    found = model.explain_similarity(item, other, by=by)
    titles = model.titles(item_indices(model.catalog, [item, other]))
    if picture is not None:
        from sensorium.serving.similarity_picture import draw_similarity

        draw_similarity(picture, found, titles)
    if as_json:
        print_json(found.to_json() | {"picture": None if picture is None else str(picture)})
        return
    _show(found, titles)
    if picture is not None:
        OUT.print(f"✓ Drawn: {picture}", style="green", soft_wrap=True)


def _show(found: "SimilarityExplanation", titles: list[str]) -> None:
    from sensorium.serving.similarity_explanation import HARDLY, outstanding_parts

    OUT.print(f"{found.block}: similarity {found.likeness:.3f}")
    for side, title in enumerate(titles):
        OUT.print(title, style="bold")
        parts = outstanding_parts(found.regions[side]) or outstanding_parts(found.moments[side])
        for part in parts[:SHOWN]:
            OUT.print(f"  {part.share:4.0%}  {_place(part)}")
        if not parts:
            OUT.print("  no part of it stands out")
    if found.likeness < HARDLY:
        OUT.print("The two are hardly similar: what stands out means little.", style="yellow")


def _place(part: "Region | Moment") -> str:
    from sensorium.serving.similarity_explanation import Moment

    if isinstance(part, Moment):
        return f"{part.start_s:.1f} to {part.stop_s:.1f} s"
    across, down = part.x + part.width / 2, part.y + part.height / 2
    return f"around {across:.0%} from the left, {down:.0%} from the top"
