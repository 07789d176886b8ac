"""Answers before there is a model: what many users chose, what has the same labels, what holds the words."""

import heapq
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db.models import Count, Q

from sensorium.core.errors import NotReadyError
from sensorium.service.catalogue.models import Item
from sensorium.service.engine.filters import forget_items, ids_where
from sensorium.service.engine.people import Who
from sensorium.service.engine.question import Limits, Told
from sensorium.service.engine.state import state_of
from sensorium.service.events.models import UserItem
from sensorium.service.tenants.models import Tenant

POPULAR, LABELS, WORDS = "popularity", "labels", "words"
SIMPLER = "no model"
COUNTED_S = 10.0
"""How long the counts of users by item are kept."""
MOST_WORDS = 20
_AT_ONCE = 500


def popular(tenant: Tenant, who: Who, limits: Limits) -> Told:
    """Return what most users chose of that which may be shown and which who asks has not met.

    The score is how many users that are.
    """
    counts = _users_by_item(tenant)
    left_out = {*limits.deny, *_met(tenant, who, limits.seen)}
    ids = (one for one in _in_order(tenant, counts, limits.allow) if one not in left_out)
    shown = islice(_showable(tenant, ids, limits.where), limits.k)
    return _told(tenant, [(item, float(counts.get(item, 0))) for item in shown], POPULAR)


def similar(tenant: Tenant, item_id: str, by: str | None, limits: Limits) -> Told:
    """Return the items that share most labels with an item: common labels as a share of those of both."""
    asked = Item.objects.of(tenant).get(item_id=item_id)
    labels = _labels(asked.labels)
    if by is not None or not labels:
        what = "there is no model yet" + (f" to compare by {by}" if by else ", and the item has no labels")
        raise NotReadyError(what, where="by" if by else "item_id", remedy="Fit one: `sensorium fit`")
    rows = _matching(tenant, [Q(labels__contains=f"\n{label}\n") for label in labels], limits, "labels")
    scored = [
        (item, len(labels & _labels(text)) / len(labels | _labels(text)))
        for item, text in rows
        if item != item_id
    ]
    return _told(tenant, _best(scored, limits.k), LABELS)


def found(tenant: Tenant, parts: Sequence[Mapping[str, Any]], limits: Limits) -> Told:
    """Return the items that hold most of the words; those of a part below zero count against them."""
    if any(part["kind"] != "words" for part in parts):
        what = "there is no model yet that could compare anything but words"
        raise NotReadyError(what, where="parts", remedy="Ask with words, or fit one: `sensorium fit`")
    asked = [(str(part["value"]).casefold().split()[:MOST_WORDS], part["weight"]) for part in parts]
    wanted = [word for words, weight in asked if weight > 0 for word in words][:MOST_WORDS]
    if not wanted:
        return _told(tenant, [], WORDS)
    rows = _matching(tenant, [Q(search_text__contains=word) for word in wanted], limits, "search_text")
    scored = [(item, _score(text, asked)) for item, text in rows]
    return _told(tenant, _best([one for one in scored if one[1] > 0], limits.k), WORDS)


def _score(text: str, asked: Sequence[tuple[list[str], float]]) -> float:
    """Return the share of words that `text` holds, by the weights of their parts."""
    total = sum(weight for _, weight in asked if weight > 0)
    held = (weight * sum(word in text for word in words) / len(words) for words, weight in asked if words)
    return sum(held) / total


def _best(scored: Iterable[tuple[str, float]], k: int) -> list[tuple[str, float]]:
    return heapq.nsmallest(k, scored, key=lambda one: (-one[1], one[0]))


def _matching(tenant: Tenant, any_of: Sequence[Q], limits: Limits, column: str) -> list[tuple[str, str]]:
    """Return id and `column` of the items that may be shown and meet one of the conditions."""
    rows = Item.objects.of(tenant).filter(reduce(or_, any_of), deleted=False, hidden=False)
    told = list(rows.values_list("item_id", column))
    allowed = None if limits.allow is None else set(limits.allow)
    suited = _suited(tenant, limits.where)
    return [
        (item, text)
        for item, text in told
        if item not in limits.deny
        and (allowed is None or item in allowed)
        and (suited is None or item in suited)
    ]


def _users_by_item(tenant: Tenant) -> dict[str, int]:
    """Return how many users did something with each item, most first; counted anew after some seconds."""
    counted_s, counts = _counts().get(tenant.pk, (-COUNTED_S, {}))
    if time.monotonic() - counted_s >= COUNTED_S:
        rows = UserItem.objects.of(tenant).values_list("item_id").annotate(n=Count("user_id", distinct=True))
        counts = dict(rows.order_by("-n", "item_id"))
        _counts()[tenant.pk] = time.monotonic(), counts
    return counts


@cache
def _counts() -> dict[int, tuple[float, dict[str, int]]]:
    """Tenant -> when its users were counted, and the counts."""
    return {}


def forget_counts() -> None:
    """Let users be counted and items be read anew at the next question: for tests, whose tenants change."""
    _counts.cache_clear()
    forget_items()


def _met(tenant: Tenant, who: Who, seen: bool | Sequence[str] | None) -> set[str]:
    """Return what who asks has met, by events of all types or of those that count."""
    told = {*who.disliked}
    if seen is False:
        return told
    of_types = None if seen is None or seen is True else set(seen)
    told |= set(who.liked) if of_types is None else set()
    told |= {event.item_id for event in who.events if of_types is None or event.type in of_types}
    if who.user_id is not None:
        rows = UserItem.objects.of(tenant).filter(user_id=who.user_id)
        rows = rows if of_types is None else rows.filter(type__in=of_types)
        told |= set(rows.values_list("item_id", flat=True))
    return told


def _in_order(tenant: Tenant, counts: Mapping[str, int], allow: Sequence[str] | None) -> Iterator[str]:
    """Yield ids, those that most users chose first; then the others, in the order in which they came."""
    if allow is not None:
        yield from sorted(dict.fromkeys(allow), key=lambda item: -counts.get(item, 0))
        return
    yield from counts
    rest = Item.objects.of(tenant).order_by("pk").values_list("item_id", flat=True)
    yield from (item for item in rest.iterator(chunk_size=_AT_ONCE) if item not in counts)


def _showable(tenant: Tenant, ids: Iterable[str], where: Sequence[str]) -> Iterator[str]:
    """Yield those of `ids` that may be shown, in their order."""
    suited, waiting = _suited(tenant, where), iter(ids)
    while some := list(islice(waiting, _AT_ONCE)):
        rows = Item.objects.of(tenant).filter(item_id__in=some, deleted=False, hidden=False)
        there = set(rows.values_list("item_id", flat=True))
        yield from (one for one in some if one in there and (suited is None or one in suited))


def _suited(tenant: Tenant, where: Sequence[str]) -> Collection[str] | None:
    return ids_where(tenant, where) if where else None


def _labels(lines: str) -> set[str]:
    return {line for line in lines.split("\n") if line}


def _told(tenant: Tenant, scored: Sequence[tuple[str, float]], path: str) -> Told:
    items = [{"item_id": item, "score": score, "path": path, "reasons": []} for item, score in scored]
    return {
        "items": items,
        "path": path,
        "bundle": None,
        "view": state_of(tenant).item_sequence,
        "simpler": SIMPLER,
        "ignored": [],
    }
