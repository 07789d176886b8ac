"""`sensorium add-items`: new items, served at once by their content and learnt from at the next fit."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json
from sensorium.cli.options import AsJson, Folder, Language
from sensorium.insight.words import words_in


def command(
    folder: Folder,
    items: Annotated[
        Path,
        typer.Option(
            "--items",
            metavar="FILE",
            help="The table of new items, with the columns of the workspace's items; some may be left out.",
        ),
    ],
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Add new items without a fit: they are recommended at once, by their content.

    They are kept in the folder `added-items` of the workspace, which `fit` and `evaluate` read too.
    """
    from sensorium.cli.update import count_rejected, first_ids
    from sensorium.workspace.bundles import add_items_to_workspace
    from sensorium.workspace.item_batches import ADDED
    from sensorium.workspace.workspace import Workspace

    workspace, words = Workspace.open(folder), words_in(language)
    changed, file = add_items_to_workspace(workspace, items)
    if as_json:
        print_json(changed.to_json() | {"file": None if file is None else f"{ADDED}/{file.name}"})
        return
    if changed.items:
        n_items = counted(len(changed.items), "item", words)
        print_done(words("{items} added; answers hold them from now on.", items=n_items))
    else:
        OUT.print(words("No item is new; answers stay as they are."), style="yellow")
    for name, what in (
        ("Known already, left as they are", first_ids(changed.known, words)),
        ("Rows set aside", count_rejected(changed.rejected.counts(), workspace.rejected_file(ADDED), words)),
    ):
        if what:
            OUT.print(words("{name}: {what}", name=words(name), what=what), soft_wrap=True)
    if changed.items:
        next_step("similar", str(folder), "--item", str(changed.items[0]), words=words)
