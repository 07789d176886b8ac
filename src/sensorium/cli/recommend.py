"""`sensorium recommend`: what a user, or a history, should see next."""

import csv
import time
from typing import Annotated

import typer

from sensorium.cli.options import Allow, AsJson, Count, Deny, Folder, Language, Where
from sensorium.core.errors import ConfigError


def command(
    folder: Folder,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="A user of the events.")] = None,
    history: Annotated[
        str | None,
        typer.Option(
            "--history",
            metavar="A,B",
            help="Items that somebody liked, with commas; an id that holds a comma in double quotes.",
        ),
    ] = None,
    count: Count = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why; the parts add up to the score.")
    ] = False,
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, or to anybody with a history.

    Without --user and --history: what a stranger would be shown.
    """
    from sensorium.cli.answers import show_answer
    from sensorium.workflow.serving import load_latest

    if user is not None and history is not None:
        raise ConfigError("--user and --history together", remedy="Give one of the two")
    liked = None if history is None else _ids(history)
    if history is not None and not liked:
        raise ConfigError(
            "no item is named", where="--history", remedy="Write item ids with commas: --history A,B"
        )
    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    answer = model.recommend(
        user, history=liked, k=count, where=where or (), allow=allow, deny=deny or (), explain=explain
    )
    whom = "a stranger"
    if user is not None or liked:
        whom = f"user {user}" if user is not None else f"a history of {', '.join(liked or ())}"
    show_answer(
        answer,
        model,
        title=f"Recommended to {whom}",
        bundle=bundle,
        started_s=started_s,
        as_json=as_json,
        language=language,
    )


def _ids(text: str) -> list[str]:
    """Return the ids in a row of a CSV file."""
    rows = csv.reader([text], skipinitialspace=True)
    return [item.strip() for row in rows for item in row if item.strip()]
