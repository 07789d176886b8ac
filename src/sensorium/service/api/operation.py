"""Routes for those who run the service: health, counters, and what each problem means."""

from typing import Literal

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from ninja import Router

from sensorium.service.api.access import may
from sensorium.service.api.fields import Output
from sensorium.service.api.metrics import metrics_text
from sensorium.service.api.problem_kinds import KINDS, ProblemKind
from sensorium.service.api.problems import Problem

router = Router(tags=["operation"])


class Health(Output):
    """How the service is."""

    status: Literal["live", "ready"]


class KindOutput(Output):
    """What a problem means."""

    code: str
    status: int
    title: str
    remedy: str


class KindList(Output):
    """All problems that there are."""

    problems: list[KindOutput]


@router.get("/health/live", auth=None, response=Health, operation_id="is_live")
def live(request: HttpRequest) -> Health:
    """Say that the process answers; it asks nothing of the database."""
    return Health(status="live")


@router.get("/health/ready", auth=None, response=Health, operation_id="is_ready")
def ready(request: HttpRequest) -> Health:
    """Say that the database answers and has the tables of this version; 503 otherwise."""
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        connection.close()
        raise Problem(
            "database-unavailable", "the database does not answer", headers={"Retry-After": "2"}
        ) from None
    if behind:
        what = f"the database lacks {len(behind)} changes of this version"
        remedy = f"Start `sensorium serve {settings.SENSORIUM_PLACE.workspace.name}` once: it makes them"
        raise Problem("not-ready", what, remedy=remedy)
    return Health(status="ready")


@router.get("/problems", auth=None, response=KindList, operation_id="list_problems")
def problems(request: HttpRequest) -> KindList:
    """List the codes of all problems, with what to do about each."""
    return KindList(problems=[_output(kind) for kind in KINDS.values()])


@router.get("/problems/{code}", auth=None, response=KindOutput, operation_id="get_problem")
def problem(request: HttpRequest, code: str) -> KindOutput:
    """Return what the problem means that `type` of an answer leads to."""
    if code not in KINDS:
        raise Problem("unknown-problem", "no problem has this code", where="code")
    return _output(KINDS[code])


@csrf_exempt
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the counters of all processes for Prometheus, to a key with the scope `metrics:read`."""
    may("metrics:read")(request)
    return HttpResponse(metrics_text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _output(kind: ProblemKind) -> KindOutput:
    return KindOutput(code=kind.code, status=kind.status, title=kind.title, remedy=kind.remedy)
