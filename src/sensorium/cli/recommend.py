"""`sensorium recommend`: what a user, or a history, should see next."""

import time
from pathlib import Path
from typing import Annotated, TypeAlias

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

Like: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--like",
        metavar="COLUMN=LABEL",
        help="A label that the user likes, such as genres=Comedy; may be repeated.",
    ),
]
Text: TypeAlias = Annotated[
    str | None, typer.Option("--text", metavar="WORDS", help="What the user likes, in words.")
]
Image: TypeAlias = Annotated[
    Path | None, typer.Option("--image", metavar="FILE", help="A picture that the user likes.")
]
Audio: TypeAlias = Annotated[
    Path | None, typer.Option("--audio", metavar="FILE", help="A sound that the user likes.")
]
Video: TypeAlias = Annotated[
    Path | None, typer.Option("--video", metavar="FILE", help="A clip that the user likes.")
]


def command(
    folder: Folder,
    user: User = None,
    history: History = None,
    like: Like = None,
    text: Text = None,
    image: Image = None,
    audio: Audio = None,
    video: Video = None,
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
    stated = [*(like or ()), *([f'"{text}"'] if text else [])]
    stated += [file.name for file in (image, audio, video) if file is not None]
    show_answer(
        answer,
        model,
        title=_title(user, liked, stated),
        bundle=bundle,
        started_s=started_s,
        as_json=as_json,
        language=language,
    )


def _title(user: str | None, history: list[str] | None, stated: list[str]) -> str:
    """Return to whom the items are recommended, and what was said of their likes."""
    whom = "a new user" if history is None else f"a history of {', '.join(history)}"
    if user is not None:
        whom = f"user {user}"
    return f"Recommended to {whom}" + (f" who likes {' and '.join(stated)}" if stated else "")
