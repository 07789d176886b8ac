"""Recommendations of many users in one file, made by a worker with one view for all of them."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connections

from sensorium.core.errors import UserError
from sensorium.service.engine.answers import recommended_by
from sensorium.service.engine.holder import view_of
from sensorium.service.engine.people import Who
from sensorium.service.engine.place import TENANTS, tenant_folder
from sensorium.service.engine.question import Limits, Shape
from sensorium.service.events.models import Profile
from sensorium.service.jobs.engine_jobs import BATCH
from sensorium.service.jobs.models import Job
from sensorium.service.jobs.queue import LIVE, HopelessError, Lease, WorkStoppedError
from sensorium.service.moving.files import write_rows
from sensorium.service.tenants.models import Tenant

RESULTS = "results"
COLUMNS: Mapping[str, type[pl.DataType]] = {
    "user_id": pl.String,
    "rank": pl.Int64,
    "item_id": pl.String,
    "score": pl.Float64,
    "path": pl.String,
}
"""Of a file: one row for each item that a user is recommended, the best first."""
USERS_AT_ONCE = 500
LOOK_S = 0.5
"""How often it is looked whether the job is still wanted."""
NICE = 10
REMAINS_S = 3600.0
"""What an attempt that was killed has left is removed when it is so old."""


def batch_recommend(lease: Lease) -> None:
    """Write what each user is recommended to the file of the job.

    It runs in a thread that gives way to answers. The file belongs to this attempt: one that lost its lease
    writes a file that nobody reads.
    """
    with ThreadPoolExecutor(1, initializer=lambda: os.nice(NICE)) as pool:
        pool.submit(_write, lease).result()


def result_of(job: Job) -> Path:
    """Return the file of the attempt that has the job, or had it last."""
    name = f"{job.pk}-{job.fence}.{job.arguments['format']}"
    return tenant_folder(job.tenant) / RESULTS / name


def remove_results() -> None:
    """Remove the files of jobs that are not there any more, and what attempts that were killed have left."""
    jobs = Job.objects.across_tenants().filter(kind=BATCH, state__in=(*LIVE, "done"))
    kept = {f"{job}-{fence}" for job, fence in jobs.values_list("pk", "fence")}
    newest_s = time.time() - REMAINS_S
    for path in (settings.SENSORIUM_PLACE.folder / TENANTS).glob(f"*/{RESULTS}/*"):
        if path.stem not in kept and path.stat().st_mtime < newest_s:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _write(lease: Lease) -> None:
    file = result_of(lease.job)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_rows(file, _rows(lease), COLUMNS)
    except UserError as error:
        raise HopelessError(str(error)) from error
    finally:
        connections.close_all()  # this thread's own


def _rows(lease: Lease) -> Iterator[dict[str, Any]]:
    """Yield the rows of all users; the job is kept meanwhile, and left when it is wanted no more."""
    tenant, asked = lease.job.tenant, lease.job.arguments
    limits = Limits(*(asked[name] for name in ("k", "where", "allow", "deny", "seen")))
    held, looked_s = view_of(tenant), 0.0
    for user_id in _users(tenant, asked["users"]):
        if time.monotonic() - looked_s >= LOOK_S:
            lease.renew()
            if lease.stopping.is_set():
                raise WorkStoppedError
            looked_s = time.monotonic()
        told = recommended_by(held, tenant, Who(user_id), limits, Shape())
        for rank, item in enumerate(told["items"], start=1):
            row = {name: item[name] for name in ("item_id", "score", "path")}
            yield {"user_id": user_id, "rank": rank, **row}


def _users(tenant: Tenant, named: Sequence[str] | None) -> Iterator[str]:
    """Yield the ids of the users `named`, or of all of whom anything is known, some at a time."""
    if named is not None:
        yield from dict.fromkeys(named)
        return
    last = 0
    rows = Profile.objects.of(tenant).order_by("pk")
    while some := list(rows.filter(pk__gt=last).values_list("pk", "user_id")[:USERS_AT_ONCE]):
        last = some[-1][0]
        yield from (user_id for _, user_id in some)
