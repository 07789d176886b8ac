"""Routes of users: who they are, what they did, and their right to have it all or to have it gone."""

from datetime import datetime
from typing import Annotated, Any, Self

from django.utils import timezone
from ninja import Router
from ninja.params.functions import Query
from pydantic import Field

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.cursors import Cursor, Limit, after, page
from sensorium.service.api.fields import Attributes, Id, Input, Output
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.items import without_nulls
from sensorium.service.api.problems import Problem
from sensorium.service.events.models import Event, Profile
from sensorium.service.events.users import (
    find_user,
    forget_events,
    forget_user,
    merge_users,
    put_user,
)
from sensorium.service.tenants.models import Tenant

router = Router(tags=["users"])
MOST_FOLLOWED = 10_000


class UserInput(Input):
    """Who a user is; what is not said is not there afterwards."""

    attributes: Attributes = Field(default_factory=dict)
    follows: Annotated[list[Id], Field(max_length=MOST_FOLLOWED)] = Field(default_factory=list)
    """Ids of the users whom this one follows."""


class UserOutput(Output):
    """What is known of a user beside events."""

    id: str
    attributes: dict[str, Any]
    follows: list[str]
    created: datetime

    @classmethod
    def of(cls, row: Profile) -> Self:
        """Return what `row` says."""
        return cls(id=row.user_id, attributes=row.attributes, follows=row.follows, created=row.created)


class UserPage(Output):
    """Some of the users."""

    users: list[UserOutput]
    next_cursor: str | None


class EventOutput(Output):
    """An event as it was stored."""

    event_id: str
    type: str | None
    user_id: str
    item_id: str
    value: float | None
    count: float | None
    portion: float | None
    timestamp: float | None
    session_id: str | None
    request_id: str | None
    received: datetime

    @classmethod
    def of(cls, row: Event) -> Self:
        """Return what `row` says."""
        return cls(
            event_id=row.event_id,
            type=row.type or None,
            user_id=row.user_id,
            item_id=row.item_id,
            value=row.value,
            count=row.count,
            portion=row.portion,
            timestamp=row.time_s,
            session_id=row.session_id,
            request_id=row.request_id,
            received=row.received,
        )


class EventPage(Output):
    """Some of a user's events."""

    events: list[EventOutput]
    next_cursor: str | None


class UserExport(UserOutput):
    """All that is known of a user."""

    exported: datetime
    events: list[EventOutput]


class Forgotten(Output):
    """What was removed."""

    events: int


class MergeInput(Input):
    """Who a guest turned out to be."""

    into: Id
    """The id of the member who gets all that the guest did."""


class MergeOutput(Output):
    """What a merge moved."""

    events: int
    user: UserOutput
    """The member, afterwards."""


@router.get("/users", auth=may("users:read"), response=UserPage, operation_id="list_users")
def listed(
    request: AskingRequest,
    cursor: Cursor | None = Query(None, description="`next_cursor` of the page before."),
    limit: Limit = Query(100),
) -> UserPage:
    """List users, in the order in which they were first heard of."""
    found = Profile.objects.of(request.auth.tenant).filter(**after(cursor)).order_by("pk")
    rows, following = page(found[: limit + 1], limit, lambda row: row.pk)
    return UserPage(users=[UserOutput.of(row) for row in rows], next_cursor=following)


@router.get("/users/{id:user_id}", auth=may("users:read"), response=UserOutput, operation_id="get_user")
def get(request: AskingRequest, user_id: Id) -> UserOutput:
    """Return what is known of a user beside events."""
    return UserOutput.of(user_of(request.auth.tenant, user_id))


@router.put("/users/{id:user_id}", auth=may("users:write"), response=UserOutput, operation_id="put_user")
def put(request: AskingRequest, user_id: Id, body: UserInput) -> UserOutput:
    """Let a user have these attributes and follow these users."""
    attributes = without_nulls(body.attributes)
    return UserOutput.of(put_user(request.auth.tenant, user_id, attributes, body.follows))


@router.delete("/users/{id:user_id}", auth=may("users:write"), response=Forgotten, operation_id="forget_user")
def forget(request: AskingRequest, user_id: Id) -> Forgotten:
    """Forget a user: attributes, whom they follow, and all their events."""
    user_of(request.auth.tenant, user_id)
    return Forgotten(events=forget_user(request.auth.tenant, user_id))


@router.get(
    "/users/{id:user_id}/events", auth=may("users:read"), response=EventPage, operation_id="list_user_events"
)
def events(
    request: AskingRequest,
    user_id: Id,
    cursor: Cursor | None = Query(None, description="`next_cursor` of the page before."),
    limit: Limit = Query(100),
) -> EventPage:
    """List a user's events, the latest received first."""
    tenant = request.auth.tenant
    user_of(tenant, user_id)
    found = Event.objects.of(tenant).filter(user_id=user_id, **after(cursor, "pk__lt")).order_by("-pk")
    rows, following = page(found[: limit + 1], limit, lambda row: row.pk)
    return EventPage(events=[EventOutput.of(row) for row in rows], next_cursor=following)


@router.delete(
    "/users/{id:user_id}/events",
    auth=may("users:write"),
    response=Forgotten,
    operation_id="forget_user_events",
)
def forget_all_events(request: AskingRequest, user_id: Id) -> Forgotten:
    """Remove all of a user's events; attributes stay."""
    user_of(request.auth.tenant, user_id)
    return Forgotten(events=forget_events(request.auth.tenant, user_id))


@router.post(
    "/users/{id:user_id}/merge",
    auth=may("users:write"),
    response=MergeOutput,
    operation_id="merge_user",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def merge(request: AskingRequest, user_id: Id, body: MergeInput) -> MergeOutput:
    """Let a guest become a member, who gets all events and what attributes he or she had none of."""
    tenant = request.auth.tenant
    user_of(tenant, user_id)
    if body.into == user_id:
        raise Problem("invalid", "a user cannot be merged into himself or herself", where="into")
    merged = merge_users(tenant, user_id, body.into)
    return MergeOutput(events=merged.events, user=UserOutput.of(user_of(tenant, body.into)))


@router.get(
    "/users/{id:user_id}/export", auth=may("users:read"), response=UserExport, operation_id="export_user"
)
def export(request: AskingRequest, user_id: Id) -> UserExport:
    """Return all that is known of a user."""
    tenant = request.auth.tenant
    row = user_of(tenant, user_id)
    events = Event.objects.of(tenant).filter(user_id=user_id).order_by("pk")
    return UserExport(
        **UserOutput.of(row).model_dump(),
        exported=timezone.now(),
        events=[EventOutput.of(event) for event in events.iterator()],
    )


def user_of(tenant: Tenant, user_id: str) -> Profile:
    """Return the user; a `Problem` if nobody has heard of such a one."""
    row = find_user(tenant, user_id)
    if row is None:
        raise Problem("unknown-user", f"no user has the id {user_id!r}", where="user_id")
    return row
