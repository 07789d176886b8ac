"""Whether a medium can be used: opened in a process of its own, which may crash or hang without harm."""

import atexit
from functools import cache

from django.db import transaction
from django.utils import timezone

from sensorium.media.inspection import IsolatedInspector
from sensorium.media.media_types import media_type_of
from sensorium.service.catalogue.items import touch_item
from sensorium.service.catalogue.media_files import file_of, media_columns
from sensorium.service.catalogue.models import Media
from sensorium.service.catalogue.previews import enqueue_previews
from sensorium.service.jobs.queue import Lease
from sensorium.service.tenants.models import Tenant

NO_COLUMN = "the workspace has no such column of media any more"


class NotCheckedError(Exception):
    """Nothing is known of the medium yet; another attempt may tell."""


@cache
def inspector() -> IsolatedInspector:
    """Return what opens media for this process; it starts with the first one."""
    made = IsolatedInspector(1)
    atexit.register(made.__exit__)
    return made


def check_medium(lease: Lease) -> None:
    """Open the medium that the job names, and write whether it can be used.

    Nothing is written where the item has another medium by now.
    """
    cell = lease.job.arguments
    rows = Media.objects.of(lease.job.tenant).filter(**cell)
    role, row = media_columns().get(cell["column"]), rows.first()
    if row is None:
        return
    why, known = NO_COLUMN, dict[str, str]()
    if role is not None:
        content = file_of(cell["sha256"]).read_bytes()
        found = inspector()(content, role)
        if found.problem is not None and not found.is_lasting:
            raise NotCheckedError(found.problem)
        why, media_type = found.problem, media_type_of(content, role)
        known = {"type": media_type} if media_type else {}
    with transaction.atomic():
        # Features can be made of it now: a change of its item, whose lock is taken first, as by who puts one.
        if why is None:
            touch_item(lease.job.tenant, cell["item_id"])
        status = "pending" if why is None else "failed"
        with lease.writing():
            if why is None and role is not None:
                enqueue_previews(row, role)
            rows.update(checked=True, status=status, why=why or "", updated=timezone.now(), **known)


def give_up(tenant: Tenant, row: Media, why: str) -> None:
    """Say that the medium could not be checked."""
    with transaction.atomic():
        same = Media.objects.of(tenant).filter(pk=row.pk, sha256=row.sha256, checked=False)
        same.update(checked=True, status="failed", why=why, updated=timezone.now())
