"""Jobs that ought to exist, found from the state of what they are for, and made again if they were lost."""

from datetime import timedelta

from django.utils import timezone

from sensorium.service.catalogue.media import enqueue_look, look_key
from sensorium.service.catalogue.media_check import give_up
from sensorium.service.catalogue.models import Media
from sensorium.service.jobs.kinds import CLEAN
from sensorium.service.jobs.models import Job
from sensorium.service.jobs.queue import LIVE, enqueue
from sensorium.service.tenants.models import Tenant

SETTLED_S = 30.0
"""A medium that came so recently has its job, or is about to."""
MOST = 500
"""How many media are looked at each time."""
CLEAN_S = 3600.0


def reconcile() -> None:
    """Make the jobs that are missing: for media to be fetched or checked, and one an hour to clean up."""
    settled = timezone.now() - timedelta(seconds=SETTLED_S)
    unchecked = Media.objects.across_tenants().filter(checked=False, status="pending", updated__lt=settled)
    rows = list(unchecked.select_related("tenant").order_by("updated")[:MOST])
    keys = {look_key(row): row for row in rows}
    jobs = Job.objects.across_tenants().filter(dedupe_key__in=list(keys))
    live = set(jobs.filter(state__in=LIVE).values_list("dedupe_key", flat=True))
    failed = dict(jobs.filter(state="failed").values_list("dedupe_key", "error"))
    for key, row in keys.items():
        if key in live:
            continue
        if key in failed:
            give_up(row.tenant, row, failed[key])
        else:
            enqueue_look(row)
    _clean_now_and_then()


def _clean_now_and_then() -> None:
    """Let there be one job an hour that cleans; it belongs to the first tenant, as every job has one."""
    hour_ago = timezone.now() - timedelta(seconds=CLEAN_S)
    if not Job.objects.across_tenants().filter(kind=CLEAN, created__gt=hour_ago).exists():
        tenant = Tenant.objects.order_by("pk").first()
        if tenant is not None:
            enqueue(tenant, CLEAN, {}, dedupe_key=CLEAN)
