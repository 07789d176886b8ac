"""`sensorium recommend`: what a user, or a history, should see next."""

import time
from collections.abc import Sequence
from typing import Any

from sensorium.cli.options import (
    Allow,
    AsJson,
    Count,
    Deny,
    Everybody,
    Explain,
    Folder,
    History,
    Language,
    Like,
    LikedAudio,
    LikedImage,
    LikedText,
    LikedVideo,
    Out,
    User,
    Users,
    Where,
    history_ids,
    known_ids,
)
from sensorium.core.errors import ConfigError
from sensorium.insight.words import Words, words_in


def command(
    folder: Folder,
    user: User = None,
    everybody: Everybody = False,
    users: Users = None,
    out: Out = None,
    history: History = None,
    like: Like = None,
    text: LikedText = None,
    image: LikedImage = None,
    audio: LikedAudio = None,
    video: LikedVideo = None,
    count: Count = 10,
    explain: Explain = False,
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, to anybody with a history, or with --all and --users to many users at once.

    Without --user and --history: to a new user, by popularity and by what --like, --text and media say.
    """
    from sensorium.cli.answers import show_answer
    from sensorium.cli.batch_answers import answer_many, require_alone
    from sensorium.serving.stated_preferences import parse_labels
    from sensorium.workspace.bundles import load_latest

    limits: dict[str, Any] = {"where": where or (), "allow": allow, "deny": deny or ()}
    media = {"text": text, "image": image, "audio": audio, "video": video}
    if everybody or users is not None:
        one = {"user": user, "history": history, "like": like, **media, "explain": explain}
        require_alone({"users": users} | one if everybody else one)
        answer_many(folder, users, out=out, count=count, limits=limits, as_json=as_json, language=language)
        return
    if out is not None:
        raise ConfigError("--out without --all or --users", remedy="Say to whom: --all, or --users FILE")
    liked, likes = history_ids(user, history), parse_labels(like or ())
    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    taste: dict[str, Any] = {"history": known_ids(model.catalog, liked), "like": likes, **media}
    answer = model.recommend(user, **taste, **limits, k=count, explain=explain)
    stated = [*(like or ()), *([f'"{text}"'] if text else [])]
    stated += [file.name for file in (image, audio, video) if file is not None]
    show_answer(
        answer,
        model,
        title=_title(user, liked, stated, words_in(language)),
        bundle=bundle,
        started_s=started_s,
        as_json=as_json,
        language=language,
    )


def _title(user: str | None, liked: Sequence[str] | None, stated: Sequence[str], words: Words) -> str:
    """Return whom the items are recommended to, in words."""
    history = words("a history of {items}", items=", ".join(liked or ()))
    whom = words("a new user") if liked is None else history
    if user is not None:
        whom = words("user {user}", user=user)
    if stated:
        return words("Recommended to {whom} who likes {what}", whom=whom, what=words(" and ").join(stated))
    return words("Recommended to {whom}", whom=whom)
