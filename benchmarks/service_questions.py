"""Random questions to the service, and what brute force says to them; for its benchmark and tests."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

GENRES = ("Drama", "Comedy", "太空", "Wind & Sea", "Noir")
KINDS = ("mug", "lamp", "rug")
TYPES = ("view", "buy")
YEARS = (1980, 2026)
UNKNOWN = ("nowhere", "no/where")
"""Ids that no item has: lists may hold them all the same."""
SETTINGS = """\
[catalog]
items = "items.csv"
text = ["title"]
category = ["genres", "kind"]
number = ["year"]

[events]
file = "events.csv"
type = "action"

[service]
requests_per_second = 1000000
"""
Ask = Callable[[str, Any], Any]
"""Sends a body to a path and returns the answer, both as JSON has them."""


@dataclass(frozen=True)
class Said:
    """What is said of an item."""

    genres: frozenset[str]
    kind: str
    year: int | None


@dataclass(frozen=True)
class World:
    """What the service was given."""

    items: Mapping[str, Said]
    met: Mapping[str, Mapping[str, set[str]]]
    """User -> type of event -> items."""


def make_world(folder: Path, n_items: int, n_users: int, seed: int = 0) -> World:
    """Write a workspace into `folder` and return what is in it: each user likes one kind."""
    rng = np.random.default_rng(seed)
    items: dict[str, Said] = {}
    for number in range(n_items):
        genres = rng.choice(GENRES, rng.integers(3), replace=False).tolist()
        year = None if rng.random() < 0.1 else int(rng.integers(*YEARS))
        items[f"{KINDS[number % 3]}/{number:03d}"] = Said(frozenset(genres), KINDS[number % 3], year)
    met: dict[str, dict[str, set[str]]] = {}
    names = list(items)
    for user in range(n_users):
        own = [name for name in names if items[name].kind == KINDS[user % 3]]
        met[f"u{user}"] = {
            kind: set(rng.choice(own, min(n, len(own)), replace=False).tolist())
            for kind, n in zip(TYPES, (12, 4), strict=True)
        }
    (folder / "sensorium.toml").write_text(SETTINGS, encoding="utf-8")
    rows = [
        (name, f"{said.kind} number {name[-3:]}", "|".join(sorted(said.genres)), said.kind, said.year)
        for name, said in items.items()
    ]
    _write(folder / "items.csv", ("item_id", "title", "genres", "kind", "year"), rows)
    events = [
        (user, item, kind)
        for user, types in met.items()
        for kind, one in types.items()
        for item in sorted(one)
    ]
    _write(folder / "events.csv", ("user_id", "item_id", "action"), events)
    return World(items, met)


def _write(file: Path, names: tuple[str, ...], rows: list[Any]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([names, *rows])


def random_question(world: World, rng: np.random.Generator) -> dict[str, Any]:
    """Return a body for `POST /api/recommend`: conditions, lists, what becomes of what was met."""
    names = [*world.items, *UNKNOWN]
    year = int(rng.integers(*YEARS))
    one, other = rng.choice(GENRES, 2, replace=False).tolist()
    conditions = [
        f"genres={one}", f"genres={one}|{other}", f"genres!={one}", f"year>={year}", f"year < {year}",
        f"kind={rng.choice(KINDS)}", f"kind!={rng.choice(KINDS)}",
    ]  # fmt: skip
    seen = (None, True, False, ["buy"], ["view"], ["view", "buy"])
    asked: dict[str, Any] = {
        "user_id": str(rng.choice([*world.met, "somebody"])),
        "k": int(rng.integers(1, 60)),
        "where": rng.choice(conditions, rng.integers(3), replace=False).tolist(),
        "deny": rng.choice(names, rng.integers(min(40, len(names))), replace=False).tolist(),
        "seen": seen[rng.integers(len(seen))],
    }
    if rng.random() < 0.5:
        asked["allow"] = rng.choice(names, rng.integers(len(names)), replace=False).tolist()
    return asked


def brute_force(world: World, everything: list[str], asked: Mapping[str, Any]) -> list[str]:
    """Return what of `everything`, in order for the user who asks, the question lets through."""
    types, seen = world.met.get(asked["user_id"], {}), asked["seen"]
    counted = () if seen is False else TYPES if seen in (None, True) else seen
    hidden = {*asked["deny"], *(item for kind in counted for item in types.get(kind, ()))}
    allowed = asked.get("allow")
    return [
        item
        for item in everything
        if item not in hidden
        and (allowed is None or item in allowed)
        and all(_meets(world.items[item], condition) for condition in asked["where"])
    ][: asked["k"]]


def _meets(said: Said, condition: str) -> bool:
    for operator in ("!=", ">=", "<", "="):
        column, found, value = condition.partition(operator)
        if found:
            break
    column, value = column.strip(), value.strip()
    if column == "year":
        if said.year is None:
            return False
        return said.year >= int(value) if operator == ">=" else said.year < int(value)
    labels = said.genres if column == "genres" else {said.kind}
    has = bool(labels & set(value.split("|")))
    return bool(labels) and has is (operator == "=")


def ids_of(answer: Any) -> list[str]:
    """Return the ids of the items of an answer."""
    return [item["item_id"] for item in answer["items"]]


def compare_filters(ask: Ask, world: World, n: int, seed: int = 0) -> int:
    """Ask `n` random questions; return how many had items to show. `ValueError` names one that differs."""
    rng = np.random.default_rng(seed)
    orders: dict[str, list[str]] = {}
    n_shown = 0
    for _ in range(n):
        asked = random_question(world, rng)
        user = asked["user_id"]
        if user not in orders:
            whole = {"user_id": user, "k": len(world.items), "seen": False}
            orders[user] = ids_of(ask("/api/recommend", whole))
            if sorted(orders[user]) != sorted(world.items):
                raise ValueError(f"{user} is not shown every item")
        wanted, got = brute_force(world, orders[user], asked), ids_of(ask("/api/recommend", asked))
        if got != wanted:
            raise ValueError(f"{got} and not {wanted} was answered to {asked}")
        n_shown += bool(got)
    return n_shown


def walk_feeds(ask: Ask, world: World, n_users: int, n_pages: int, k: int, seed: int = 0) -> int:
    """Let users go through a feed, each with two events after each page; return how many items were shown.

    One event is with an item of the page, one with an item that was not shown. `ValueError` if anything comes
    twice, or what was met meanwhile comes.
    """
    rng = np.random.default_rng(seed)
    n_shown = 0
    for user in list(world.met)[:n_users]:
        gone = {item for kind in world.met[user].values() for item in kind}
        cursor: dict[str, Any] = {"feed": True}
        for page in range(n_pages):
            answer = ask("/api/recommend", {"user_id": user, "k": k, **cursor})
            items = ids_of(answer)
            if len(set(items)) < len(items) or gone & set(items):
                raise ValueError(f"page {page} of {user} repeats {gone & set(items)}")
            n_shown += len(items)
            gone |= set(items)
            left = sorted(set(world.items) - gone)
            acted = [*items[:1], *([left[int(rng.integers(len(left)))]] if left else [])]
            events = [
                {"event_id": f"{user} {page} {item}", "user_id": user, "item_id": item, "type": "buy"}
                for item in acted
            ]
            ask("/api/events", events)
            gone |= set(acted)
            if answer["next_cursor"] is None:
                break
            cursor = {"cursor": answer["next_cursor"]}
        else:
            continue
        if set(world.items) - gone:
            raise ValueError(f"the feed of {user} ended before the items did")
    return n_shown
