"""Who asks: what the database knows of a user, and what the question tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.service.events.models import Profile, UserItem
from sensorium.service.tenants.models import Tenant
from sensorium.serving.asking import Asking, AskingEvent
from sensorium.serving.stated_preferences import STEER


@dataclass(frozen=True)
class Who:
    """Who asks, as a question tells it; each part may be left out."""

    user_id: str | None = None
    events: Sequence[AskingEvent] = ()
    """What they did beside what the database knows."""
    liked: Sequence[str] = ()
    """Items, the latest last."""
    disliked: Sequence[str] = ()
    like: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    dislike: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    text: str | None = None
    steer: float = STEER
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Beside those that the database knows, and before them."""
    searches: Sequence[str] = ()
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    now_s: float | None = None


def asking_of(tenant: Tenant, who: Who) -> Asking:
    """Return the question of `who`: what the user did, read now, and what the question tells."""
    events, attributes, follows = list(who.events), dict[str, Any](), list[str]()
    if who.user_id is not None:
        events = [*events_of(tenant, who.user_id), *events]
        profile = Profile.objects.of(tenant).filter(user_id=who.user_id).first()
        if profile is not None:
            attributes, follows = profile.attributes, profile.follows
    return Asking(
        events=events,
        attributes={**attributes, **who.attributes},
        follows=follows,
        searches=who.searches,
        liked=who.liked,
        disliked=who.disliked,
        like=who.like,
        dislike=who.dislike,
        media={} if not who.text else {"text": who.text},
        steer=who.steer,
        context=who.context,
        now_s=who.now_s,
    )


def events_of(tenant: Tenant, user_id: str) -> list[AskingEvent]:
    """Return what a user did, one for each item and type, in an order that is always the same."""
    rows = UserItem.objects.of(tenant).filter(user_id=user_id).order_by("pk")
    told = rows.values_list("item_id", "type", "value", "often", "portion", "time_s")
    return [
        AskingEvent(item, type_ or None, value=value, count=often, portion=portion, timestamp_s=time_s)
        for item, type_, value, often, portion, time_s in told
    ]


def told_event(
    item_id: str,
    type_: str | None,
    value: float | None,
    count: float | None,
    portion: float | None,
    time_s: float | None,
) -> AskingEvent:
    """Return an event that a question tells of."""
    return AskingEvent(item_id, type_, value=value, count=count, portion=portion, timestamp_s=time_s)
