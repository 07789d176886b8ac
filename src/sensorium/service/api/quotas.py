"""How much of the service a tenant may have, where `[service]` of the settings says so."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.http import HttpRequest
from django.utils import timezone

from sensorium.service.api.problems import Problem
from sensorium.service.catalogue.items import NewItem, Outcome, live_items, put_items
from sensorium.service.catalogue.models import Media
from sensorium.service.engine.state import next_sequences
from sensorium.service.events.store import NewEvent, store_events
from sensorium.service.tenants.models import Tenant, Usage

GB = 1_000_000_000


def put_within_quota(tenant: Tenant, items: Sequence[NewItem]) -> dict[str, Outcome]:
    """Do what `put_items` does; a `Problem`, and nothing is done, if the tenant had too many items then."""
    most = settings.SENSORIUM_LIMITS.most_items
    if most is None:
        return put_items(tenant, items)
    with transaction.atomic():
        next_sequences(tenant, 1)  # who else writes items waits
        held = live_items(tenant)
        n_new = len(items) - held.filter(item_id__in=[item.item_id for item in items]).count()
        n_before = held.count()
        if n_new and n_before + n_new > most:
            what = f"there are {n_before:,} items, {n_new:,} came, and {most:,} may be there"
            raise Problem("quota-exceeded", what, where="items", remedy="Delete items that nobody needs")
        return put_items(tenant, items)


def store_within_quota(tenant: Tenant, events: Sequence[NewEvent]) -> set[str]:
    """Do what `store_events` does; a `Problem`, and nothing is stored, if there were too many today then."""
    most = settings.SENSORIUM_LIMITS.most_events_a_day
    if most is None:
        return store_events(tenant, events)
    with transaction.atomic():
        new = store_events(tenant, events)
        today = timezone.now().date()
        Usage.objects.of(tenant).bulk_create([Usage(tenant=tenant, day=today)], ignore_conflicts=True)
        used = Usage.objects.of(tenant).filter(day=today)
        if new and not used.filter(events__lte=most - len(new)).update(events=F("events") + len(new)):
            what = f"{used.get().events:,} events were stored today, {len(new):,} came, and {most:,} may be"
            raise Problem("quota-exceeded", what, where="events", remedy="Send them tomorrow (UTC)")
    return new


def refuse_medium_beyond_quota(tenant: Tenant, request: HttpRequest) -> None:
    """Refuse a medium, before its bytes are read, with which the tenant had more than it may have.

    What the item has in this column counts no more, as it is replaced.
    """
    most_gb = settings.SENSORIUM_LIMITS.most_media_gb
    match = request.resolver_match
    if most_gb is None or match is None or request.method != "PUT" or "column" not in match.kwargs:
        return
    item_id, column = str(match.kwargs["item_id"]), str(match.kwargs["column"])
    rows = Media.objects.of(tenant)
    if "\x00" not in item_id + column:
        rows = rows.exclude(item_id=item_id, column=column)
    used = rows.aggregate(total=Sum("bytes"))["total"] or 0
    coming = int(request.META.get("CONTENT_LENGTH") or 0)
    if used + coming > most_gb * GB:
        what = f"the media have {used:,} bytes, {coming:,} come, and {most_gb * GB:,.0f} may be there"
        raise Problem("quota-exceeded", what, where="media", remedy="Delete media or items that nobody needs")
