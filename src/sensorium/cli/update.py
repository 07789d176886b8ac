"""`sensorium update`: new events, served at once and learnt from at the next fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.text import Text

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json, styled
from sensorium.cli.options import AsJson, Folder
from sensorium.core.errors import ConfigError

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
    workspace = Workspace.open(folder)
    if events is None:
        _take_back(workspace, batch, as_json=as_json)
        return
    changed, file = update_workspace(workspace, events)
    if as_json:
        print_json(changed.to_json() | {"file": None if file is None else f"{UPDATES}/{file.name}"})
        return
    OUT.print(_headline(changed))
    for name, what in _lines(changed, workspace.rejected_file("updates")):
        if what:
            OUT.print(f"{name}: {what}", soft_wrap=True)
    if file is not None and changed.events:
        OUT.print(f"To take them back: --undo --batch {file.stem}", style="dim", soft_wrap=True)
    if changed.users:
        next_step("recommend", str(folder), "--user", str(changed.users[0]))


def _take_back(workspace: "Workspace", batch: str | None, *, as_json: bool) -> None:
    from sensorium.workspace.undo_update import undo_update

    undone = undo_update(workspace, batch)
    if as_json:
        print_json(undone.to_json())
        return
    print_done(
        f"Took back {counted(undone.n_events, 'event')} of update {undone.name}; kept as {undone.file}."
    )
    if undone.is_learnt:
        OUT.print("The newest model has learnt from them and forgets them by the next fit.")
        next_step("fit", str(workspace.folder))


def _headline(changed: "Update") -> Text:
    if not changed.events:
        return styled("No event took effect; answers stay as they are.", "yellow")
    new = f", {len(changed.new_users):,} of them new" if changed.new_users else ""
    of_whom = f"{counted(changed.events, 'event')} of {counted(len(changed.users), 'user')}{new}"
    return Text.assemble(("✓", "green"), f" {of_whom}; their next answers reflect them.")


def _lines(changed: "Update", rejected: Path) -> list[tuple[str, str]]:
    from sensorium.serving.fold_in_events import UNKNOWN_ITEM

    unusable = {kind: count for kind, count in changed.rejected.counts().items() if kind != UNKNOWN_ITEM}
    effect = [
        ("Counted at once", ", ".join(changed.counted)),
        ("Waits for the next fit", ", ".join([*changed.waiting, "the weights"])),
    ]
    return [
        *(effect if changed.events else []),
        ("Not in the catalogue yet, kept for the next fit", first_ids(changed.unknown_items)),
        ("Rows set aside", count_rejected(unusable, rejected)),
    ]


def first_ids(ids: tuple["Id", ...], most: int = 5) -> str:
    """Return the first of `ids`, and how many more there are; nothing of none."""
    more = f" and {len(ids) - most:,} more" if len(ids) > most else ""
    return ", ".join(map(str, ids[:most])) + more


def count_rejected(counts: Mapping[str, int], file: Path) -> str:
    """Return how many rows were set aside for what, and where; nothing if there are none."""
    counted_kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return f"{counted_kinds} ({file})" if counted_kinds else ""
