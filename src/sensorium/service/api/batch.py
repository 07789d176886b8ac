"""Routes of recommendations for many users at once: a job, and the file that it writes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from django.http import FileResponse
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.answer_rows import Ids, LimitsInput, SeenInput
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.jobs import JobOutput, job_of
from sensorium.service.api.problems import Problem
from sensorium.service.engine.batch import result_of
from sensorium.service.jobs.engine_jobs import BATCH, enqueue_batch

router = Router(tags=["answers"])
TYPES: Mapping[str, str] = {"jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
DOCUMENT: Mapping[str, Any] = {
    "responses": {
        200: {
            "description": "The file: `user_id`, `rank`, `item_id`, `score` and `path` in each row.",
            "content": {
                TYPES["jsonl"]: {"schema": {"type": "string"}},
                TYPES["parquet"]: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }
}


class BatchInput(LimitsInput, SeenInput):
    """For whom, and how many items of which."""

    users: Annotated[Ids, Field(min_length=1)] | None = None
    """Their ids; all of whom anything is known if left out."""
    format: Literal["jsonl", "parquet"] = "jsonl"


@router.post(
    "/batch-recommend",
    auth=may("answers:read"),
    response={202: JobOutput},
    operation_id="batch_recommend",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def batch_recommend(request: AskingRequest, body: BatchInput) -> Status[JobOutput]:
    """Recommend items to many users, in a file; the answer is the job that writes it."""
    return Status(202, JobOutput.of(enqueue_batch(request.auth.tenant, body.model_dump())))


@router.get(
    "/jobs/{int:job_id}/result",
    auth=may("answers:read"),
    operation_id="get_job_result",
    openapi_extra=dict(DOCUMENT),
)
def result(request: AskingRequest, job_id: int) -> FileResponse:
    """Return the file of a job of `POST /api/batch-recommend` that is done; it is kept as long as the job."""
    job = job_of(request, job_id)
    if job.kind != BATCH:
        raise Problem("unknown-result", f"a job of the kind {job.kind} has no result", where="job_id")
    if job.state != "done":
        remedy = "Ask again when it is done; a job that failed says why in `error`"
        raise Problem("job-ended", f"the job is {job.state}", where="job_id", remedy=remedy)
    file = result_of(job)
    if not file.is_file():
        raise Problem("unknown-result", "the file is not there any more", where="job_id")
    name = f"recommendations-{job.pk}{file.suffix}"
    return FileResponse(
        file.open("rb"), as_attachment=True, filename=name, content_type=TYPES[file.suffix[1:]]
    )
