"""Jobs put into the table and taken from it with a lease.

A worker that dies leaves a lease that ends; then another takes the job. A worker that was only slow, and
comes back after its lease was given to another, holds an old fence token: what it writes is refused.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sensorium.service.jobs.models import Job
from sensorium.service.tenants.models import Tenant

LEASE_S = 30.0
MOST_ATTEMPTS = 5
RETRY_S = 5.0
"""Before the second attempt; doubled before each further one."""
LIVE = ("waiting", "running")


class LeaseLostError(Exception):
    """The job belongs to another worker now, or was cancelled."""


class HopelessError(Exception):
    """The job cannot be done, and another attempt would end alike; whoever asked for it reads why."""


class WorkStoppedError(Exception):
    """The worker was told to end; the job is to be begun anew by another one."""


@dataclass(frozen=True)
class Lease:
    """The right to work on a job until it ends, or is renewed."""

    job: Job
    fence: int
    stopping: Event = field(default_factory=Event, compare=False)
    """Set when the worker is told to end; what takes minutes then raises `WorkStoppedError`."""

    def renew(self) -> None:
        """Keep the job; `LeaseLostError` if it is another's."""
        now = timezone.now()
        self._write(heartbeat=now, lease_until=now + timedelta(seconds=LEASE_S))

    @contextmanager
    def writing(self) -> Generator[None]:
        """Make a transaction of the block, which is undone and refused unless the lease holds."""
        with transaction.atomic():
            self.renew()  # locks the row until the commit
            yield

    def finish(self) -> None:
        """Say that the work is done."""
        self._write(state="done", ended=timezone.now(), lease_until=None, error="")

    def fail(self, error: str, *, is_final: bool = False) -> None:
        """Say why the attempt failed; the job waits for another one, if it may have one."""
        if is_final or self.job.attempts >= MOST_ATTEMPTS:
            self._write(state="failed", ended=timezone.now(), lease_until=None, error=error[:1000])
            return
        wait = timedelta(seconds=RETRY_S * 2 ** (self.job.attempts - 1))
        self._write(state="waiting", not_before=timezone.now() + wait, lease_until=None, error=error[:1000])

    def put_back(self) -> None:
        """Let the job wait for another worker, as if it had not been begun."""
        attempts = max(0, self.job.attempts - 1)
        self._write(state="waiting", not_before=timezone.now(), lease_until=None, attempts=attempts)

    def _write(self, **values: Any) -> None:
        mine = Job.objects.across_tenants().filter(pk=self.job.pk, fence=self.fence, state="running")
        if not mine.update(**values):
            raise LeaseLostError(f"job {self.job.pk}")


def enqueue(
    tenant: Tenant, kind: str, arguments: Mapping[str, Any], *, dedupe_key: str, delay_s: float = 0.0
) -> None:
    """Put a job into the table, unless one with this key waits or runs."""
    enqueue_all(tenant, kind, {dedupe_key: arguments}, delay_s=delay_s)


def enqueue_all(
    tenant: Tenant, kind: str, jobs: Mapping[str, Mapping[str, Any]], *, delay_s: float = 0.0
) -> None:
    """Put jobs into the table, by their keys, unless one with the same key waits or runs."""
    now = timezone.now()
    rows = [
        Job(
            tenant=tenant,
            kind=kind,
            arguments=dict(arguments),
            dedupe_key=dedupe_key,
            state="waiting",
            not_before=now + timedelta(seconds=delay_s),
            created=now,
        )
        for dedupe_key, arguments in jobs.items()
    ]
    Job.objects.of(tenant).bulk_create(rows, ignore_conflicts=True)


def take_job(*, only: Sequence[str] = (), but: Sequence[str] = ()) -> Lease | None:
    """Return the lease of the job that waits longest, or whose lease has ended; None if there is none.

    `only` jobs of these kinds are taken, if any are named; none of the kinds in `but`.
    """
    if not _ready(only, but).exists():  # asks without the lock of a writer
        return None
    with transaction.atomic():
        job = _ready(only, but).select_for_update(skip_locked=True).order_by("not_before", "pk").first()
        if job is None:
            return None
        now = timezone.now()
        job.fence += 1
        if job.attempts >= MOST_ATTEMPTS:
            job.state, job.ended, job.lease_until = "failed", now, None
            job.error = job.error or "its workers ended without a word"
            job.save()
            return None
        job.state, job.attempts, job.heartbeat = "running", job.attempts + 1, now
        job.lease_until = now + timedelta(seconds=LEASE_S)
        job.save()
    return Lease(job, job.fence)


def cancel(job: Job) -> bool:
    """Let nobody work on the job any more; return whether it was to be done."""
    rows = Job.objects.across_tenants().filter(pk=job.pk, state__in=LIVE)
    return rows.update(state="cancelled", ended=timezone.now(), lease_until=None) > 0


def retry(job: Job) -> bool:
    """Let a job that failed or was cancelled be done after all; return whether it was such a one."""
    with transaction.atomic():
        held = Job.objects.across_tenants().select_for_update().get(pk=job.pk)
        others = Job.objects.of(held.tenant).filter(dedupe_key=held.dedupe_key, state__in=LIVE)
        if held.state not in ("failed", "cancelled") or others.exists():
            return False
        held.state, held.attempts, held.not_before, held.ended = "waiting", 0, timezone.now(), None
        held.error = ""
        held.save()
    return True


def _ready(only: Sequence[str], but: Sequence[str]) -> QuerySet[Job]:
    now = timezone.now()
    waits = Q(state="waiting", not_before__lte=now)
    ready = Job.objects.across_tenants().filter(waits | Q(state="running", lease_until__lt=now))
    ready = ready.exclude(kind__in=list(but))
    return ready.filter(kind__in=list(only)) if only else ready
