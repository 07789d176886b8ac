"""The sequence of changes: what a process compares its view with."""

from django.db import connection
from django.db.models import F

from sensorium.service.engine.models import EngineState
from sensorium.service.tenants.models import Tenant


def state_of(tenant: Tenant) -> EngineState:
    """Return the tenant's row."""
    return EngineState.objects.of(tenant).get()


def begin_state(tenant: Tenant) -> None:
    """Make the tenant's row, if it is not there."""
    state = EngineState(tenant=tenant)
    EngineState.objects.across_tenants().bulk_create([state], ignore_conflicts=True)


def next_sequences(tenant: Tenant, n: int) -> int:
    """Return the first of `n` new numbers of changes; the tenant's other writers wait until the commit.

    So whoever reads that the sequence is m finds every change up to m. Only in a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a change is numbered in the transaction that makes it")
    rows = EngineState.objects.of(tenant)
    rows.update(item_sequence=F("item_sequence") + n)
    return rows.values_list("item_sequence", flat=True).get() - n + 1
