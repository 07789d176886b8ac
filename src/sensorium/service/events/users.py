"""Users: what is known of them, and what they may ask of us: to be merged, exported, forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from sensorium.service.engine.models import Feed
from sensorium.service.events.models import Event, Profile, UserItem
from sensorium.service.events.store import Total, TotalKey, add_totals, hold_users
from sensorium.service.tenants.models import Tenant


@dataclass(frozen=True)
class Merged:
    """What a merge moved."""

    events: int
    attributes: Mapping[str, Any]
    """Of the member, afterwards."""


def find_user(tenant: Tenant, user_id: str) -> Profile | None:
    """Return what is known of a user beside events; None of somebody of whom nothing is known."""
    return Profile.objects.of(tenant).filter(user_id=user_id).first()


def put_user(tenant: Tenant, user_id: str, attributes: Mapping[str, Any], follows: Sequence[str]) -> Profile:
    """Let the user have these attributes and follow these users, and nothing else."""
    with transaction.atomic():
        row = hold_users(tenant, [user_id])[user_id]
        row.attributes, row.follows = dict(attributes), list(dict.fromkeys(follows))
        row.save(update_fields=["attributes", "follows"])
    return row


def forget_events(tenant: Tenant, user_id: str) -> int:
    """Remove all that the user did; return how many events that were."""
    with transaction.atomic():
        hold_users(tenant, [user_id])
        UserItem.objects.of(tenant).filter(user_id=user_id).delete()
        return Event.objects.of(tenant).filter(user_id=user_id).delete()[0]


def forget_user(tenant: Tenant, user_id: str) -> int:
    """Remove all that is known of the user; return how many events that were."""
    with transaction.atomic():
        n_events = forget_events(tenant, user_id)
        Feed.objects.of(tenant).filter(user_id=user_id).delete()
        Profile.objects.of(tenant).filter(user_id=user_id).delete()
    return n_events


def merge_users(tenant: Tenant, guest: str, member: str) -> Merged:
    """Let all that `guest` did have been done by `member`, who keeps attributes that both have."""
    with transaction.atomic():
        held = hold_users(tenant, {guest, member})
        rows = UserItem.objects.of(tenant).filter(user_id=guest)
        totals: dict[TotalKey, Total] = {
            (member, row.item_id, row.type): Total(row.events, row.often, row.value, row.portion, row.time_s)
            for row in rows
        }
        add_totals(tenant, totals)
        rows.delete()
        n_events = Event.objects.of(tenant).filter(user_id=guest).update(user_id=member)
        after = held[member]
        after.attributes = {**held[guest].attributes, **after.attributes}
        after.follows = list(dict.fromkeys([*after.follows, *held[guest].follows]))
        after.save(update_fields=["attributes", "follows"])
        held[guest].delete()
    return Merged(n_events, after.attributes)


def add_users(tenant: Tenant, rows: Sequence[tuple[str, Mapping[str, Any], Sequence[str]]]) -> int:
    """Say who users are of whom nothing is known beside events; return how many. One transaction.

    A row is an id, attributes, and the ids of whom the user follows.
    """
    with transaction.atomic():
        held = hold_users(tenant, [user_id for user_id, _, _ in rows])
        changed: list[Profile] = []
        for user_id, attributes, follows in rows:
            row = held[user_id]
            if (attributes or follows) and not row.attributes and not row.follows:
                row.attributes, row.follows = dict(attributes), list(follows)
                changed.append(row)
        Profile.objects.of(tenant).bulk_update(changed, ["attributes", "follows"], batch_size=200)
    return len(changed)
