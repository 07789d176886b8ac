"""`sensorium keywords`: what each item's texts are about, in a few words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import OUT, counted, print_json
from sensorium.cli.options import AsJson, Folder, Language

if TYPE_CHECKING:
    from sensorium.catalog.catalog import Catalog
    from sensorium.encoders.text.keyness import Keyword
    from sensorium.insight.words import Words

NO_BREAK = "\N{NO-BREAK SPACE}"
"""Between the words of a keyword, so that lines break between keywords."""


def command(
    folder: Folder,
    item: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="ITEM", help="Only this item; may be repeated; if left out, all."),
    ] = None,
    count: Annotated[
        int, typer.Option("-k", "--count", metavar="N", min=1, help="How many keywords an item has at most.")
    ] = 8,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show the keywords of items: words that occur in their texts and in few others.

    All text columns count together, in any language; nothing has to be encoded or fitted before.
    """
    from sensorium.encoders.text.keywords import catalog_keywords
    from sensorium.insight.words import words_in
    from sensorium.workspace.workspace import Workspace

    catalog = Workspace.open(folder).catalog_table().catalog
    found = catalog_keywords(catalog, items=item, k=count)
    if as_json:
        print_json(found.to_json())
    else:
        _show(catalog, found, words_in(language))


def _show(catalog: "Catalog", found: "Mapping[str, Sequence[Keyword]]", words: "Words") -> None:
    from rich.padding import Padding

    from sensorium.cli.answers import shorten_title

    titles = dict(zip(catalog.items, catalog.titles(), strict=True))
    for item_id, keywords in found.items():
        title = shorten_title(titles[item_id])
        called = item_id if title == item_id else f"{item_id}  {title}"
        OUT.print(called, style="bold", soft_wrap=True)
        said = words(", ").join(word.shown.replace(" ", NO_BREAK) for word in keywords)
        OUT.print(Padding(said or words("no keywords"), (0, 0, 0, 4)))
    OUT.print(counted(len(found), "item", words), style="dim")
