"""`sensorium update`: new events, served at once and learnt from at the next fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sensorium.cli.console import OUT, counted, next_step, print_json, styled
from sensorium.cli.options import AsJson, Folder, Language
from sensorium.insight.words import ENGLISH_WORDS, Words, words_in

if TYPE_CHECKING:
    from sensorium.core.vocabulary import Id
    from sensorium.serving.fold_in_events import Update


def command(
    folder: Folder,
    events: Annotated[
        Path,
        typer.Option(
            "--events",
            metavar="FILE",
            help="The table of new events, with the columns of the workspace's events.",
        ),
    ],
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Fold new events in without a fit: the next answer reflects them. Say what waits for the next fit.

    They are kept in the folder `updates` of the workspace, which `fit` and `evaluate` read too.
    """
    from sensorium.workspace.bundles import update_workspace
    from sensorium.workspace.event_batches import UPDATES
    from sensorium.workspace.workspace import Workspace

    workspace, words = Workspace.open(folder), words_in(language)
    changed, file = update_workspace(workspace, events)
    if as_json:
        print_json(changed.to_json() | {"file": None if file is None else f"{UPDATES}/{file.name}"})
        return
    OUT.print(_headline(changed, words))
    for name, what in _lines(changed, workspace.rejected_file("updates"), words):
        if what:
            OUT.print(words("{name}: {what}", name=words(name), what=what), soft_wrap=True)
    if changed.users:
        next_step("recommend", str(folder), "--user", str(changed.users[0]), words=words)


def _headline(changed: "Update", words: Words) -> Text:
    if not changed.events:
        return styled(words("No event took effect; answers stay as they are."), "yellow")
    n_new = len(changed.new_users)
    new = words(", {n:,} of them new", n=n_new) if n_new else ""
    done = words(
        "{events} of {users}{new}; their next answers reflect them.",
        events=counted(changed.events, "event", words),
        users=counted(len(changed.users), "user", words),
        new=new,
    )
    return Text.assemble(("✓", "green"), f" {done}")


def _lines(changed: "Update", rejected: Path, words: Words) -> list[tuple[str, str]]:
    from sensorium.serving.fold_in_events import UNKNOWN_ITEM

    unusable = {kind: count for kind, count in changed.rejected.counts().items() if kind != UNKNOWN_ITEM}
    effect = [
        ("Counted at once", ", ".join(map(words, changed.counted))),
        ("Waits for the next fit", ", ".join(map(words, [*changed.waiting, "the weights"]))),
    ]
    return [
        *(effect if changed.events else []),
        ("Not in the catalogue yet, kept for the next fit", first_ids(changed.unknown_items, words)),
        ("Rows set aside", count_rejected(unusable, rejected, words)),
    ]


def first_ids(ids: tuple["Id", ...], words: Words = ENGLISH_WORDS, *, most: int = 5) -> str:
    """Return the first of `ids`, and how many more there are; nothing of none."""
    more = words(" and {n:,} more", n=len(ids) - most) if len(ids) > most else ""
    return ", ".join(map(str, ids[:most])) + more


def count_rejected(counts: Mapping[str, int], file: Path, words: Words = ENGLISH_WORDS) -> str:
    """Return how many rows were set aside for what, and where; nothing if there are none."""
    counted_kinds = ", ".join(f"{count:,} {words(kind)}" for kind, count in counts.items())
    return f"{counted_kinds} ({file})" if counted_kinds else ""
