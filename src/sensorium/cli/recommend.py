"""`sensorium recommend`: what a user, or a history, should see next."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.cli.options import (
    Allow,
    AsJson,
    Context,
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
    UserAttribute,
    Users,
    UsersWhere,
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
    user_attribute: UserAttribute = None,
    users_where: UsersWhere = None,
    context: Context = None,
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
    from sensorium.serving.user_profiles import parse_attributes
    from sensorium.workspace.bundles import load_latest

    limits: dict[str, Any] = {"where": where or (), "allow": allow, "deny": deny or ()}
    media: dict[str, str | Path | None] = {"text": text, "image": image, "audio": audio, "video": video}
    if everybody or users is not None:
        taste = {"user": user, "history": history, "like": like, **media}
        one = {**({"users": users} if everybody else {}), **taste, "explain": explain}
        require_alone(one | {"user-attribute": user_attribute, "context": context})
        limits["users_where"] = users_where or ()
        answer_many(folder, users, out=out, count=count, limits=limits, as_json=as_json, language=language)
        return
    _require_many({"--out": out, "--users-where": users_where})
    liked, likes = history_ids(user, history), parse_labels(like or ())
    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    attributes, now = parse_attributes(user_attribute or ()), parse_attributes(context or (), "--context")
    wishes: dict[str, Any] = {"like": likes, **media, "attributes": attributes, "context": now}
    known = known_ids(model.catalog, liked)
    answer = model.recommend(user, history=known, **wishes, **limits, k=count, explain=explain)
    title = _title(user, liked, _stated(like, media), attributes | now, words_in(language))
    show_answer(
        answer, model, title=title, bundle=bundle, started_s=started_s, as_json=as_json, language=language
    )


def _stated(like: Sequence[str] | None, media: Mapping[str, str | Path | None]) -> list[str]:
    """Return what is said to be liked: labels, words in quotes, the names of files."""
    given = [value for value in media.values() if value]
    return [*(like or ()), *(value.name if isinstance(value, Path) else f'"{value}"' for value in given)]


def _require_many(given: Mapping[str, object]) -> None:
    """Refuse options that are for many users where one is asked about."""
    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} without --all or --users", remedy="Say to whom: --all, or --users FILE"
            )


def _title(
    user: str | None,
    liked: Sequence[str] | None,
    stated: Sequence[str],
    attributes: Mapping[str, object],
    words: Words,
) -> str:
    """Return whom the items are recommended to, in words."""
    history = words("a history of {items}", items=", ".join(liked or ()))
    whom = words("a new user") if liked is None else history
    if user is not None:
        whom = words("user {user}", user=user)
    if attributes:
        whom += f" ({', '.join(f'{column} {value}' for column, value in attributes.items())})"
    if stated:
        return words("Recommended to {whom} who likes {what}", whom=whom, what=words(" and ").join(stated))
    return words("Recommended to {whom}", whom=whom)
