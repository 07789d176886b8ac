"""`sensorium recommend`: what a user, or a history, should see next."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.options import (
    Allow,
    AsJson,
    Count,
    Deny,
    Explain,
    Folder,
    History,
    Language,
    User,
    Where,
    history_ids,
)


def command(
    folder: Folder,
    user: User = None,
    history: History = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            "--like",
            metavar="COLUMN=LABEL",
            help="A label that the user likes, such as genres=Comedy; may be repeated.",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="WORDS", help="What the user likes, in words.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A picture that the user likes.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", metavar="FILE", help="A sound that the user likes.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option("--video", metavar="FILE", help="A clip that the user likes.")
    ] = None,
    count: Count = 10,
    explain: Explain = False,
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, or to anybody with a history.

    Without --user and --history: to a new user, by popularity and by what --like, --text and media say.
    """
    from sensorium.cli.answers import show_answer
    from sensorium.serving.stated_preferences import parse_labels
    from sensorium.workspace.bundles import load_latest

    liked, likes = history_ids(user, history), parse_labels(like or ())
    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    answer = model.recommend(
        user,
        history=liked,
        like=likes,
        text=text,
        image=image,
        audio=audio,
        video=video,
        k=count,
        where=where or (),
        allow=allow,
        deny=deny or (),
        explain=explain,
    )
    whom = "a new user" if liked is None else f"a history of {', '.join(liked)}"
    if user is not None:
        whom = f"user {user}"
    stated = [*(like or ()), *([f'"{text}"'] if text else [])]
    stated += [file.name for file in (image, audio, video) if file is not None]
    whom += f" who likes {' and '.join(stated)}" if stated else ""
    show_answer(
        answer,
        model,
        title=f"Recommended to {whom}",
        bundle=bundle,
        started_s=started_s,
        as_json=as_json,
        language=language,
    )
