"""Jobs that keep a tenant's engine up with the database: a fit, what changed since, another bundle."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from sensorium.service.catalogue.items import live_items
from sensorium.service.engine.bundles import active_bundle, bundles_behind
from sensorium.service.engine.models import Bundle
from sensorium.service.jobs.models import Job
from sensorium.service.jobs.queue import LIVE, enqueue
from sensorium.service.tenants.models import Tenant

DEMO = "demo"
"""The plan of a fit that is shipped with the demo world."""
FIT, ENCODE, ACTIVATE, BATCH = "fit", "encode-items", "activate-bundle", "batch-recommend"
AGAIN_S = 60.0
"""After a job that encodes has failed or was cancelled, the next one waits so long."""


def enqueue_fit(
    tenant: Tenant, *, model: str | None = None, seconds: float | None = None, plan: str | None = None
) -> Job:
    """Let a worker fit a bundle; return its job, which is that of an earlier request if it still waits.

    `plan` is DEMO, or None for a search of its own.
    """
    enqueue(tenant, FIT, {"model": model, "seconds": seconds, "plan": plan}, dedupe_key=FIT)
    return _latest(tenant, FIT)


def enqueue_first_fit(tenant: Tenant, *, plan: str | None = None) -> bool:
    """Let a worker fit if there are items and no bundle yet; return whether that is so."""
    is_wanted = active_bundle(tenant) is None and live_items(tenant).exists()
    if is_wanted:
        enqueue_fit(tenant, plan=plan)
    return is_wanted


def enqueue_activation(tenant: Tenant, bundle: Bundle) -> Job:
    """Let a worker bring the bundle up to date and let it answer; return the job."""
    key = f"{ACTIVATE}:{bundle.version}"
    enqueue(tenant, ACTIVATE, {"version": bundle.version}, dedupe_key=key)
    return _latest(tenant, key)


def enqueue_batch(tenant: Tenant, arguments: Mapping[str, Any]) -> Job:
    """Let a worker write what many users are recommended; return its job, one for each request."""
    key = f"{BATCH}:{secrets.token_hex(16)}"
    enqueue(tenant, BATCH, arguments, dedupe_key=key)
    return _latest(tenant, key)


def enqueue_encoding() -> None:
    """Make the jobs that are missing: one for each tenant whose active bundle lacks changes of items.

    What is to be done is told by the database alone, so that no change can be forgotten.
    """
    for bundle in bundles_behind():
        jobs = Job.objects.of(bundle.tenant).filter(kind=ENCODE)
        lately = timezone.now() - timedelta(seconds=AGAIN_S)
        if jobs.filter(state__in=LIVE).exists():
            continue
        if not jobs.filter(state__in=("failed", "cancelled"), ended__gt=lately).exists():
            enqueue(bundle.tenant, ENCODE, {}, dedupe_key=ENCODE)


def _latest(tenant: Tenant, key: str) -> Job:
    rows = Job.objects.of(tenant).filter(dedupe_key=key)
    return rows.latest("pk")
