"""The bundles of a tenant as rows: which there are, which one answers, how far each has come."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from sensorium.service.engine.models import Bundle, EngineState
from sensorium.service.engine.state import next_sequences, state_of
from sensorium.service.jobs.queue import Lease
from sensorium.service.tenants.models import Tenant


def bundle_of(tenant: Tenant, version: str) -> Bundle | None:
    """Return the bundle, None if the tenant has none with this version."""
    return Bundle.objects.of(tenant).filter(version=version).first()


def active_bundle(tenant: Tenant) -> Bundle | None:
    """Return the bundle that answers, None before the first."""
    return bundle_of(tenant, state_of(tenant).bundle)


def activate(lease: Lease, bundle: Bundle) -> None:
    """Let `bundle` answer: every process sees it at its next request, opens it, and goes over to it."""
    tenant = lease.job.tenant
    with transaction.atomic():
        next_sequences(tenant, 1)  # locks the tenant's row first, as whoever writes an item does
        with lease.writing():
            EngineState.objects.of(tenant).update(bundle=bundle.version)


def bundles_behind() -> list[Bundle]:
    """Return the active bundles that lack changes of items."""
    states = EngineState.objects.across_tenants().filter(tenant_id=OuterRef("tenant_id"))
    behind = states.filter(bundle=OuterRef("version"), item_sequence__gt=OuterRef("encoded_sequence"))
    return list(Bundle.objects.across_tenants().filter(Exists(behind)).select_related("tenant"))
