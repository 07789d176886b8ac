"""Events written: each once, and what they come to by user and item in the same transaction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from sensorium.service.events.models import Event, Profile, UserItem
from sensorium.service.tenants.models import Tenant

ROWS_AT_ONCE = 500
"""SQLite takes 32,766 parameters in a statement."""
_BEFORE_ALL_S = -1e300


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that a user did with an item."""

    event_id: str
    user_id: str
    item_id: str
    type: str = ""
    """Empty where nobody said it."""
    value: float | None = None
    count: float | None = None
    portion: float | None = None
    session_id: str | None = None
    request_id: str | None = None
    time_s: float | None = None


@dataclass(slots=True)
class Total:
    """What events of one type of one user with one item come to."""

    events: int
    often: float
    value: float | None
    portion: float | None
    time_s: float | None

    def add(self, other: "Total") -> None:
        """Take in later written events; of those with the same time the later written is the last."""
        self.events += other.events
        self.often += other.often
        if _moment(other.time_s) >= _moment(self.time_s):
            self.value, self.portion, self.time_s = other.value, other.portion, other.time_s


TotalKey = tuple[str, str, str]
"""User, item, type."""


def store_events(tenant: Tenant, events: Sequence[NewEvent]) -> set[str]:
    """Store `events` in one transaction; return the ids of those that were not stored before.

    Of several with one id the first counts.
    """
    by_id: dict[str, NewEvent] = {}
    for event in events:
        by_id.setdefault(event.event_id, event)
    with transaction.atomic():
        hold_users(tenant, {event.user_id for event in by_id.values()})
        new = _insert_new(tenant, list(by_id.values()))
        stored = [event for event in by_id.values() if event.event_id in new]
        add_totals(tenant, totals_of(stored))
    return new


def totals_of(events: Iterable[NewEvent]) -> dict[TotalKey, Total]:
    """Return what `events` come to."""
    totals: dict[TotalKey, Total] = {}
    for event in events:
        often = 1.0 if event.count is None else event.count
        one = Total(1, often, event.value, event.portion, event.time_s)
        held = totals.setdefault((event.user_id, event.item_id, event.type), one)
        if held is not one:
            held.add(one)
    return totals


def hold_users(tenant: Tenant, user_ids: Collection[str]) -> dict[str, Profile]:
    """Return the users' rows, made where there were none, and locked until the commit.

    So what an event adds to a user's totals is never lost to a merge at the same time. The rows are made and
    locked one after another in one order, which is ours and not that of the database's language: whoever
    holds some of them waits for nobody who waits for those. Only in a transaction.
    """
    created = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [(tenant.pk, user_id, "{}", "[]", created) for user_id in sorted(user_ids)]
    for some in _batches(rows):
        _execute(
            f"INSERT INTO {Profile._meta.db_table} AS held "  # noqa: S608
            f"(tenant_id, user_id, attributes, follows, created) VALUES {_places(some)} "
            # A row that is there is locked and stays as it is.
            "ON CONFLICT (tenant_id, user_id) DO UPDATE SET user_id = held.user_id WHERE false",
            some,
        )
    found = Profile.objects.of(tenant).filter(user_id__in=list(user_ids))
    return {row.user_id: row for row in found}


def add_totals(tenant: Tenant, totals: dict[TotalKey, Total]) -> None:
    """Add `totals` to those in the table, in one statement each 500, whatever others add meanwhile."""
    rows = [
        (tenant.pk, *key, total.events, total.often, total.value, total.portion, total.time_s)
        for key, total in sorted(totals.items())
    ]
    later = f"COALESCE(excluded.time_s, {_BEFORE_ALL_S}) >= COALESCE(held.time_s, {_BEFORE_ALL_S})"
    last = ", ".join(
        f"{name} = CASE WHEN {later} THEN excluded.{name} ELSE held.{name} END"
        for name in ("value", "portion", "time_s")
    )
    for some in _batches(rows):
        _execute(  # the names are ours, the values are parameters
            f"INSERT INTO {UserItem._meta.db_table} AS held "  # noqa: S608
            "(tenant_id, user_id, item_id, type, events, often, value, portion, time_s) "
            f"VALUES {_places(some)} ON CONFLICT (tenant_id, user_id, item_id, type) DO UPDATE SET "
            f"events = held.events + excluded.events, often = held.often + excluded.often, {last}",
            some,
        )


def _insert_new(tenant: Tenant, events: Sequence[NewEvent]) -> set[str]:
    """Insert events that are not there; return their ids, which Django's `ignore_conflicts` cannot tell."""
    received = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [
        (
            tenant.pk,
            event.event_id,
            event.type,
            event.user_id,
            event.item_id,
            event.value,
            event.count,
            event.portion,
            event.session_id,
            event.request_id,
            event.time_s,
            received,
        )
        for event in events
    ]
    new: set[str] = set()
    for some in _batches(rows):
        found = _execute(
            f"INSERT INTO {Event._meta.db_table} "  # noqa: S608
            "(tenant_id, event_id, type, user_id, item_id, value, count, "
            f"portion, session_id, request_id, time_s, received) VALUES {_places(some)} "
            "ON CONFLICT (tenant_id, event_id) DO NOTHING RETURNING event_id",
            some,
        )
        new.update(event_id for (event_id,) in found)
    return new


def _batches(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _places(rows: Sequence[tuple[Any, ...]]) -> str:
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    return ", ".join([row] * len(rows))


def _execute(statement: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Run a statement with the values of `rows`; return what it returns. Names in it are our own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
        return cursor.fetchall() if cursor.description else []


def _moment(time_s: float | None) -> float:
    return _BEFORE_ALL_S if time_s is None else time_s
