"""`sensorium search`: find items by words, a picture, a sound or a clip."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.options import AsJson, Count, Deny, Folder, Language, Where


def command(
    folder: Folder,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="WORDS", help="Words to search for, in any language of it."),
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A picture to search with.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", metavar="FILE", help="A sound to search with.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option("--video", metavar="FILE", help="A clip to search with.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="Reorder what matches by this user's taste."),
    ] = None,
    count: Count = 10,
    where: Where = None,
    deny: Deny = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Find items by words, a picture, a sound or a clip, or several of them; personalised with --user."""
    from sensorium.cli.answers import show_answer
    from sensorium.insight.words import words_in
    from sensorium.workspace.bundles import load_latest

    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    answer = model.search(
        text=text,
        image=image,
        audio=audio,
        video=video,
        user=user,
        k=count,
        where=where or (),
        deny=deny or (),
    )
    asked = [f'"{text}"'] if text else []
    asked += [path.name for path in (image, audio, video) if path is not None]
    words = words_in(language)
    title = words("Found for {what}", what=words(" and ").join(asked))
    title += words(", for user {user}", user=user) if user else ""
    show_answer(
        answer, model, title=title, bundle=bundle, started_s=started_s, as_json=as_json, language=language
    )
