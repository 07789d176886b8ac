"""Routes of events."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from django.utils import timezone
from ninja import Router
from ninja.params.functions import Body
from pydantic import Field, WithJsonSchema

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Amount, Id, Input, Moment, Number, Output, Portion, Word
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.problems import Detail
from sensorium.service.api.quotas import store_within_quota
from sensorium.service.api.rows import Rows, one_or_many
from sensorium.service.catalogue.items import unknown_items
from sensorium.service.events.store import NewEvent

router = Router(tags=["events"])
EventBody: TypeAlias = Annotated[Any, WithJsonSchema(one_or_many("EventInput"))]
MOST_OFTEN = 1_000_000_000


class EventInput(Input):
    """Something that a user did with an item."""

    user_id: Id
    item_id: Id
    type: Word | None = None
    """Such as `view` or `purchase`, as `[events.strength]` of the workspace names it."""
    event_id: Id | None = None
    """Any text of your own that no other event has; a repeat counts once. Made up if not given."""
    value: Number | None = None
    """A rating."""
    count: Annotated[Amount, Field(le=MOST_OFTEN)] | None = None
    """How often it happened, such as the number of plays; 1 if not given."""
    portion: Portion | None = None
    """Which share of a clip or a page was taken in, from 0 to 1."""
    timestamp: Moment | None = None
    """When, in seconds since 1970 or as a time with its zone; now if not given."""
    session_id: Id | None = None
    """The visit that it was part of."""
    request_id: Id | None = None
    """The answer that the item came from."""

    def as_new(self, now: datetime) -> NewEvent:
        """Return the event, with an id and a time."""
        return NewEvent(
            event_id=self.event_id or uuid.uuid4().hex,
            user_id=self.user_id,
            item_id=self.item_id,
            type=self.type or "",
            value=self.value,
            count=self.count,
            portion=self.portion,
            session_id=self.session_id,
            request_id=self.request_id,
            time_s=now.timestamp() if self.timestamp is None else self.timestamp,
        )


class EventOutcome(Output):
    """What became of one row."""

    index: int
    """The row's place in the request, from 0."""
    event_id: str | None
    status: Literal["stored", "repeated", "failed"]
    """`repeated`: an event with this id was there already."""
    errors: list[Detail]


class EventOutcomes(Output):
    """What became of all rows."""

    stored: int
    repeated: int
    failed: int
    rows: list[EventOutcome]
    unknown_items: list[str]
    """Ids of items that are not in the catalogue; their events are stored, and count once the items come."""


@router.post(
    "/events",
    auth=may("events:write"),
    response=EventOutcomes,
    operation_id="send_events",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def send(request: AskingRequest, body: EventBody = Body(...)) -> EventOutcomes:
    """Store one event, or up to 1,000; they count from the next answer on.

    A row that cannot be used does no harm to the others, and a repeat of an event_id changes nothing.
    """
    rows, now, tenant = Rows(body, EventInput), timezone.now(), request.auth.tenant
    events = {index: row.as_new(now) for index, row in rows.good.items()}
    new = store_within_quota(tenant, list(events.values())) if events else set[str]()
    outcomes = list[EventOutcome]()
    for index in range(rows.n):
        event = events.get(index)
        if event is None:
            outcomes.append(EventOutcome(index=index, event_id=None, status="failed", errors=rows.bad[index]))
            continue
        status = "stored" if event.event_id in new else "repeated"
        new.discard(event.event_id)  # a second row with the same id is a repeat
        outcomes.append(EventOutcome(index=index, event_id=event.event_id, status=status, errors=[]))
    counts = Counter(outcome.status for outcome in outcomes)
    return EventOutcomes(
        stored=counts["stored"],
        repeated=counts["repeated"],
        failed=counts["failed"],
        rows=outcomes,
        unknown_items=unknown_items(tenant, [event.item_id for event in events.values()]),
    )
