"""`sensorium similar`: items like one item."""

import time
from typing import Annotated

import typer

from sensorium.cli.options import AsJson, Count, Deny, Explain, Folder, Language, Where


def command(
    folder: Folder,
    item: Annotated[str, typer.Option("--item", metavar="ITEM", help="The id of the item to start from.")],
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="behaviour, a modality such as image, or a feature block such as image:poster; else all.",
        ),
    ] = None,
    count: Count = 10,
    explain: Explain = False,
    where: Where = None,
    deny: Deny = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show the items most similar to one item: by content, or by what the same users like."""
    from sensorium.catalog.item_lookup import item_indices
    from sensorium.cli.answers import show_answer
    from sensorium.insight.words import words_in
    from sensorium.workspace.bundles import load_latest

    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    answer = model.similar(item, by=by, k=count, where=where or (), deny=deny or (), explain=explain)
    (name,) = model.titles(item_indices(model.catalog, [item]))
    words = words_in(language)
    title = words("Similar to {name}", name=name)
    title += " " + words("by {path}", path=words(by)) if by else ""
    show_answer(
        answer,
        model,
        title=title,
        bundle=bundle,
        started_s=started_s,
        as_json=as_json,
        liked=False,
        language=language,
    )
