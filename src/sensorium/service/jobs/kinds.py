"""What each kind of job does."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from sensorium.service.catalogue.media import CHECK
from sensorium.service.catalogue.media_check import check_medium
from sensorium.service.catalogue.media_fetch import fetch_medium
from sensorium.service.catalogue.media_files import remove_unused_files
from sensorium.service.catalogue.preview_making import make_previews_of
from sensorium.service.catalogue.previews import PREVIEWS
from sensorium.service.catalogue.web_media import FETCH
from sensorium.service.engine.batch import batch_recommend, remove_results
from sensorium.service.engine.fitting import activate_named, encode_changes, fit
from sensorium.service.engine.models import Feed
from sensorium.service.jobs.engine_jobs import ACTIVATE, BATCH, ENCODE, FIT
from sensorium.service.jobs.models import Job
from sensorium.service.jobs.queue import LIVE, Lease
from sensorium.service.tenants.making import remove_folders_of_none, used_files
from sensorium.service.tenants.models import Remembered, Usage

CLEAN = "clean"
KEPT_DAYS = 7
"""Days for which jobs that ended are shown, and what was counted of a day is kept."""


def clean(lease: Lease) -> None:
    """Remove what nobody needs any more: old answers, feeds, sessions and jobs, files that nobody has."""
    now = timezone.now()
    with lease.writing():
        Session.objects.filter(expire_date__lt=now).delete()
        Remembered.objects.across_tenants().filter(expires__lt=now).delete()
        Feed.objects.across_tenants().filter(expires__lt=now).delete()
        Usage.objects.across_tenants().filter(day__lt=(now - timedelta(days=KEPT_DAYS)).date()).delete()
        old = Job.objects.across_tenants().filter(ended__lt=now - timedelta(days=KEPT_DAYS))
        old.exclude(state__in=LIVE).delete()
    remove_results()
    remove_unused_files(used_files())
    remove_folders_of_none(settings.SENSORIUM_PLACE)


KINDS: Mapping[str, Callable[[Lease], None]] = {
    CHECK: check_medium,
    FETCH: fetch_medium,
    PREVIEWS: make_previews_of,
    CLEAN: clean,
    ENCODE: encode_changes,
    ACTIVATE: activate_named,
    FIT: fit,
    BATCH: batch_recommend,
}
"""Kind of job -> the work."""
LONG = (FIT, BATCH)
"""Kinds that take minutes: they have a worker of their own, so that nothing waits for them."""
BESIDE = ((PREVIEWS,), (FETCH,), (FETCH,), (FETCH,))
"""Kinds that are done in threads of each worker, since they mostly wait: one thread for each of these."""
