"""Answers to questions over HTTP: by the view of the bundle, or by what is popular before there is one."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sensorium.core.errors import NotReadyError
from sensorium.service.engine import before_bundle, feeds
from sensorium.service.engine.holder import Held, view_of
from sensorium.service.engine.people import Who, asking_of
from sensorium.service.engine.query_media import MediumOf, search_part
from sensorium.service.engine.question import Feeding, Limits, Shape, Told
from sensorium.service.tenants.models import Tenant

NEEDS_A_BUNDLE = "Fit one: `sensorium fit`, then start the service again"
_NAMED = 3


class ItemNotReadyError(Exception):
    """An item that the database holds, and no segment yet."""


NO_FEED = Feeding()


def recommend(tenant: Tenant, who: Who, limits: Limits, shape: Shape, feeding: Feeding = NO_FEED) -> Told:
    """Return the best items for `who`, with `next_cursor` where a feed goes on.

    Raises
    ------
    UnknownFeedError
        If the cursor is not one of a feed of this user.
    UserError
        If the question cannot be answered; it says why.
    """
    feed = None
    if feeding.cursor is not None:
        feed = feeds.find_feed(tenant, who.user_id, feeding.cursor)
    elif feeding.wanted:
        feed = feeds.begin_feed()
    asked = limits if feed is None else replace(limits, deny=[*limits.deny, *feed.item_ids])
    told = recommended_by(view_of(tenant), tenant, who, asked, shape)
    told["next_cursor"] = None
    if feed is not None:
        shown = [item["item_id"] for item in told["items"]]
        is_last = len(shown) < limits.k or len(feed.item_ids) + len(shown) >= feeds.MOST_SHOWN
        cursor = feeds.show(tenant, who.user_id, feed, shown)
        told["next_cursor"] = None if is_last else cursor
    return told


def recommended_by(held: Held | None, tenant: Tenant, who: Who, limits: Limits, shape: Shape) -> Told:
    """Return the best items for `who` by one view, or without one what is popular; errors as above."""
    if held is None:
        return before_bundle.popular(tenant, who, limits)
    named, unknown = _known_to(held, limits)
    answer = held.view.recommend(
        asking_of(tenant, who),
        k=limits.k,
        seen=limits.seen,  # type: ignore[arg-type]
        explain=shape.explain,
        language=shape.language,
        deadline_s=shape.deadline_s,
        **named,
    )
    return _told(held, answer.ignoring(unknown).to_json())


def rank(tenant: Tenant, who: Who, candidates: Sequence[str], shape: Shape) -> Told:
    """Return the caller's own `candidates` in order for `who`; errors as for `recommend`."""
    held = view_of(tenant)
    if held is None:
        allowed = Limits(k=len(candidates), allow=candidates, seen=False)
        return before_bundle.popular(tenant, who, allowed)
    answer = held.view.rank(
        asking_of(tenant, who),
        candidates,
        explain=shape.explain,
        language=shape.language,
        deadline_s=shape.deadline_s,
    )
    return _told(held, answer.to_json())


def similar(tenant: Tenant, item_id: str, by: str | None, limits: Limits, shape: Shape) -> Told:
    """Return the items most like an item.

    Raises
    ------
    ItemNotReadyError
        If the model does not know the item yet.
    UserError
        If nothing can tell what is like it.
    """
    held = view_of(tenant)
    if held is None:
        return before_bundle.similar(tenant, item_id, by, limits)
    _require_ready(held, [item_id])
    named, unknown = _known_to(held, limits)
    answer = held.view.similar(
        item_id,
        by=by,
        k=limits.k,
        explain=shape.explain,
        language=shape.language,
        deadline_s=shape.deadline_s,
        **named,
    )
    return _told(held, answer.ignoring(unknown).to_json())


def search(
    tenant: Tenant, parts: Sequence[Mapping[str, Any]], who: Who | None, limits: Limits, shape: Shape
) -> Told:
    """Return the items that match all `parts`; errors as for `similar`. A part: see `search_part`."""
    begun_s = time.perf_counter()
    held = view_of(tenant)
    if held is None:
        return before_bundle.found(tenant, parts, limits)
    _require_ready(held, [part["value"] for part in parts if part["kind"] == "item"])
    media = [part["value"].item_id for part in parts if isinstance(part["value"], MediumOf)]
    named, unknown = _known_to(held, replace(limits, deny=[*limits.deny, *media]))
    asked = [search_part(tenant, part, f"parts[{index}]") for index, part in enumerate(parts)]
    asking = None if who is None else asking_of(tenant, who)
    left_s = shape.deadline_s
    if left_s is not None:
        left_s = max(0.0, left_s - (time.perf_counter() - begun_s))
    answer = held.view.search(asked, asking, k=limits.k, language=shape.language, deadline_s=left_s, **named)
    return _told(held, answer.ignoring(unknown).to_json())


def explain(tenant: Tenant, who: Who, item_id: str, n_items: int, shape: Shape) -> Told:
    """Return why an item scores what it scores for `who`; errors as for `similar`."""
    held, language = _required(tenant), shape.language or "en"
    _require_ready(held, [item_id])
    found = held.view.explain(
        asking_of(tenant, who), item_id, n_items=n_items, language=language, deadline_s=shape.deadline_s
    )
    return {
        **found.explanation.to_json(language),
        "bundle": held.bundle,
        "view": held.sequence,
        "simpler": found.simpler or None,
        "ignored": list(found.ignored),
    }


def sources(tenant: Tenant, who: Who, limits: Limits, deadline_s: float | None = None) -> Told:
    """Return what each source alone would say to `who`, by its name, of those for which there was time."""
    held = _required(tenant)
    found = held.view.sources(
        asking_of(tenant, who),
        k=limits.k,
        where=limits.where,
        seen=limits.seen,  # type: ignore[arg-type]
        deadline_s=deadline_s,
    )
    late = [name for name, answer in found.items() if answer.simpler == "deadline"]
    ignored = next((list(answer.ignored) for answer in found.values()), [])
    return {
        "sources": {name: one.items.to_json()["items"] for name, one in found.items() if name not in late},
        "bundle": held.bundle,
        "view": held.sequence,
        "simpler": "deadline" if late else None,
        "ignored": [*ignored, *(f"source {name!r}, for which there was no time" for name in late)],
    }


def _required(tenant: Tenant) -> Held:
    held = view_of(tenant)
    if held is None:
        raise NotReadyError("there is no model yet that could say so", remedy=NEEDS_A_BUNDLE)
    return held


def _require_ready(held: Held, item_ids: Iterable[str]) -> None:
    for item_id in item_ids:
        if item_id not in held.view.model.catalog.items:
            raise ItemNotReadyError(item_id)


def _known_to(held: Held, limits: Limits) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return `where`, `allow` and `deny` for a view, and what of them it does not know, in words."""
    items = held.view.model.catalog.items
    allow = None if limits.allow is None else [one for one in limits.allow if one in items]
    deny = [one for one in limits.deny if one in items]
    unknown = [one for one in limits.allow or () if one not in items]
    return {"where": limits.where, "allow": allow, "deny": deny}, _unknown(unknown)


def _told(held: Held, told: Told) -> Told:
    """Return an answer with the number of the last change that it knows of."""
    told.pop("sequence")
    return {**told, "view": held.sequence}


def _unknown(ids: Sequence[str]) -> tuple[str, ...]:
    if not ids:
        return ()
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return (f"allowed items {', '.join(map(repr, ids[:_NAMED]))}{more}, which are not known",)
