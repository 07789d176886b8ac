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
    Dislike,
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
    Searched,
    Seen,
    Steer,
    User,
    UserAttribute,
    Users,
    UsersWhere,
    Where,
    history_ids,
    known_ids,
    seen_choice,
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
    dislike: Dislike = None,
    text: LikedText = None,
    image: LikedImage = None,
    audio: LikedAudio = None,
    video: LikedVideo = None,
    user_attribute: UserAttribute = None,
    users_where: UsersWhere = None,
    context: Context = None,
    searched: Searched = None,
    steer: Steer = 0.5,
    count: Count = 10,
    explain: Explain = False,
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    seen: Seen = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, to anybody with a history, or with --all and --users to many users at once.

    Without --user and --history: to a new user, by popularity and by what --like, --text and media say.
    """
    from sensorium.cli.answers import show_answer
    from sensorium.cli.batch_answers import answer_many, require_alone
    from sensorium.workspace.bundles import load_latest

    limits, shown = _limits(where, allow, deny, seen), _shown(as_json, language)
    media = {"text": text, "image": image, "audio": audio, "video": video}
    if everybody or users is not None:
        one = {"user": user, "history": history, "like": like, "searched": searched, "explain": explain}
        one |= {"dislike": dislike, "user-attribute": user_attribute, "context": context, **media}
        require_alone({"users": users} | one if everybody else one)
        limits["users_where"] = users_where or ()
        answer_many(folder, users, out=out, count=count, limits=limits, **shown)
        return
    _require_many({"--out": out, "--users-where": users_where})
    liked = history_ids(user, history)
    stated: dict[str, Any] = {**_said(like, dislike, user_attribute, context), **media, "steer": steer}
    stated["searches"] = searched or ()
    (model, bundle), started_s = load_latest(folder), time.perf_counter()
    known = known_ids(model.catalog, liked)
    answer = model.recommend(user, history=known, **stated, **limits, k=count, explain=explain)
    named = _stated(like or (), text, (image, audio, video))
    title = _title(user, liked, named, (stated["attributes"], stated["context"]), words_in(language))
    show_answer(answer, model, bundle=bundle, started_s=started_s, **shown, title=title)


def _shown(as_json: bool, language: str) -> dict[str, Any]:
    """Return how the answer is to be shown."""
    return {"as_json": as_json, "language": language}


def _said(
    like: list[str] | None, dislike: list[str] | None, who: list[str] | None, context: list[str] | None
) -> dict[str, Any]:
    """Return what is liked and not, who asks, and under which circumstances, as `recommend` takes it."""
    from sensorium.serving.stated_preferences import parse_labels
    from sensorium.serving.user_profiles import parse_attributes

    labels = {"like": parse_labels(like or ()), "dislike": parse_labels(dislike or (), "dislike")}
    now = parse_attributes(context or (), "--context")
    return {**labels, "attributes": parse_attributes(who or ()), "context": now}


def _stated(like: Sequence[str], text: str | None, files: Sequence[Path | None]) -> list[str]:
    """Return what somebody says to like, in words."""
    words = [f'"{text}"'] if text else []
    return [*like, *words, *(file.name for file in files if file is not None)]


def _limits(
    where: list[str] | None, allow: list[str] | None, deny: list[str] | None, seen: str | None
) -> dict[str, Any]:
    """Return what may be shown, as `recommend` and `recommend_batch` take it."""
    kept = {"where": where or (), "allow": allow, "deny": deny or ()}
    return {**kept, "exclude_seen": seen_choice(seen)}


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
    about: Sequence[Mapping[str, object]],
    words: Words,
) -> str:
    """Return whom the items are recommended to, in words."""
    history = words("a history of {items}", items=", ".join(liked or ()))
    whom = words("a new user") if liked is None else history
    if user is not None:
        whom = words("user {user}", user=user)
    said = [f"{column} {value}" for part in about for column, value in part.items()]
    if said:
        whom += f" ({', '.join(said)})"
    if stated:
        return words("Recommended to {whom} who likes {what}", whom=whom, what=words(" and ").join(stated))
    return words("Recommended to {whom}", whom=whom)
