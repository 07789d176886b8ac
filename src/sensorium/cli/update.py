"""`sensorium update`: new events, served at once and learnt from at the next fit."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.text import Text

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json, styled
from sensorium.cli.options import AsJson, Folder, Language
from sensorium.core.errors import ConfigError
from sensorium.insight.words import ENGLISH_WORDS, Words, words_in

if TYPE_CHECKING:
    from sensorium.core.vocabulary import Id
    from sensorium.serving.fold_in_events import Update
    from sensorium.workspace.workspace import Workspace


EventsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--events",
        metavar="FILE",
        help="The table of new events, with the columns of the workspace's events.",
    ),
]
Undo: TypeAlias = Annotated[
    bool, typer.Option("--undo", help="Take the last update back, or the one that --batch names.")
]
Batch: TypeAlias = Annotated[
    str | None, typer.Option("--batch", metavar="NAME", help="The update to take back: a file of `updates`.")
]


def command(
    folder: Folder,
    events: EventsFile = None,
    undo: Undo = False,
    batch: Batch = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Fold new events in without a fit: the next answer reflects them. Say what waits for the next fit.

    They are kept in the folder `updates` of the workspace, which `fit` and `evaluate` read too.
    """
    from sensorium.workspace.bundles import update_workspace
    from sensorium.workspace.event_batches import UPDATES
    from sensorium.workspace.workspace import Workspace

    if (events is None) != undo or (batch is not None and not undo):
        raise ConfigError(
            "either --events or --undo",
            where="update",
            remedy="Bring events with --events FILE, or take some back with --undo and perhaps --batch NAME",
        )
    workspace, words = Workspace.open(folder), words_in(language)
    if events is None:
        _take_back(workspace, batch, words, as_json=as_json)
        return
    changed, file = update_workspace(workspace, events)
    if as_json:
        print_json(changed.to_json() | {"file": None if file is None else f"{UPDATES}/{file.name}"})
        return
    OUT.print(_headline(changed, words))
    for name, what in _lines(changed, workspace.rejected_file("updates"), words):
        if what:
            OUT.print(words("{name}: {what}", name=words(name), what=what), soft_wrap=True)
    if file is not None and changed.users:
        undo_it = shlex.join(["update", str(folder), "--undo", "--batch", file.stem])
        how = words("To take them back: sensorium {command}", command=undo_it)
        OUT.print(how, style="dim", soft_wrap=True)
    if changed.users:
        next_step("recommend", str(folder), "--user", str(changed.users[0]), words=words)


def _take_back(workspace: "Workspace", batch: str | None, words: Words, *, as_json: bool) -> None:
    from sensorium.workspace.undo_update import undo_update

    undone = undo_update(workspace, batch)
    if as_json:
        print_json(undone.to_json())
        return
    what = counted(undone.n_events, "event", words)
    done = "Took back {events} of update {name}; kept as {file}."
    print_done(words(done, events=what, name=undone.name, file=str(undone.file)))
    if undone.is_learnt:
        OUT.print(words("The newest model has learnt from them and forgets them by the next fit."))
        next_step("fit", str(workspace.folder), words=words)


def _headline(changed: "Update", words: Words) -> Text:
    if not changed.users:
        return styled(words("No event took effect; answers stay as they are."), "yellow")
    n_new = len(changed.new_users)
    new = words(", {n:,} of them new", n=n_new) if n_new else ""
    kinds = (("event", changed.events), ("search", changed.searches))
    done = words(
        "{events} of {users}{new}; their next answers reflect them.",
        events=words(" and ").join(counted(n, kind, words) for kind, n in kinds if n),
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
