"""Routes of jobs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from ninja import Router
from ninja.params.functions import Query
from ninja.responses import Status

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.cursors import Cursor, Limit, after, page
from sensorium.service.api.fields import Output
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.problems import Problem
from sensorium.service.jobs.models import Job
from sensorium.service.jobs.queue import cancel, retry

router = Router(tags=["jobs"])
State = Literal["waiting", "running", "done", "failed", "cancelled"]
LARGEST_KEY = 2**63 - 1
COUNTED = ("users", "allow", "deny")


class JobOutput(Output):
    """Work that a worker does beside requests."""

    id: int
    kind: str
    arguments: dict[str, Any]
    """What it was told; of users and items that were named, how many."""
    state: str
    attempts: int
    error: str | None
    """Why the last attempt failed."""
    created: datetime
    not_before: datetime
    ended: datetime | None

    @classmethod
    def of(cls, row: Job) -> Self:
        """Return what `row` says."""
        return cls(
            id=row.pk,
            kind=row.kind,
            arguments=_counted(row.arguments),
            state=row.state,
            attempts=row.attempts,
            error=row.error or None,
            created=row.created,
            not_before=row.not_before,
            ended=row.ended,
        )


def _counted(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without the names of users and items, which a list of jobs is not for."""
    return {
        name: len(told) if name in COUNTED and isinstance(told, list) else told
        for name, told in arguments.items()
    }


class JobPage(Output):
    """Some of the jobs."""

    jobs: list[JobOutput]
    next_cursor: str | None


@router.get("/jobs", auth=may("jobs:read"), response=JobPage, operation_id="list_jobs")
def listed(
    request: AskingRequest,
    state: State | None = Query(None),
    cursor: Cursor | None = Query(None, description="`next_cursor` of the page before."),
    limit: Limit = Query(100),
) -> JobPage:
    """List jobs, the latest first; those that ended are kept for a week."""
    found = Job.objects.of(request.auth.tenant).filter(**after(cursor, "pk__lt")).order_by("-pk")
    if state is not None:
        found = found.filter(state=state)
    rows, following = page(found[: limit + 1], limit, lambda row: row.pk)
    return JobPage(jobs=[JobOutput.of(row) for row in rows], next_cursor=following)


@router.get("/jobs/{int:job_id}", auth=may("jobs:read"), response=JobOutput, operation_id="get_job")
def get(request: AskingRequest, job_id: int) -> JobOutput:
    """Return a job."""
    return JobOutput.of(job_of(request, job_id))


@router.post(
    "/jobs/{int:job_id}/retry",
    auth=may("jobs:write"),
    response={202: JobOutput},
    operation_id="retry_job",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def do_again(request: AskingRequest, job_id: int) -> Status[JobOutput]:
    """Let a job that failed or was cancelled be done after all."""
    job = job_of(request, job_id)
    if not retry(job):
        raise Problem("job-ended", f"the job is {job.state}, or another does the same", where="job_id")
    return Status(202, JobOutput.of(job_of(request, job_id)))


@router.post(
    "/jobs/{int:job_id}/cancel",
    auth=may("jobs:write"),
    response={202: JobOutput},
    operation_id="cancel_job",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def stop(request: AskingRequest, job_id: int) -> Status[JobOutput]:
    """Let nobody work on a job any more; what a running one has not written yet it writes no more."""
    job = job_of(request, job_id)
    if not cancel(job):
        raise Problem("job-ended", f"the job is {job.state}", where="job_id")
    return Status(202, JobOutput.of(job_of(request, job_id)))


def job_of(request: AskingRequest, job_id: int) -> Job:
    """Return the job; a `Problem` if the tenant has none with this number."""
    rows = Job.objects.of(request.auth.tenant)
    row = rows.filter(pk=job_id).first() if job_id <= LARGEST_KEY else None
    if row is None:
        raise Problem("unknown-job", f"no job has the number {job_id}", where="job_id")
    return row
