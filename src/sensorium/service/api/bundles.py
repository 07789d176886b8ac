"""Routes of fits and bundles: what is learnt anew, and which of it answers."""

from datetime import datetime
from typing import Annotated, Self

from ninja import Router
from ninja.responses import Status
from pydantic import Field

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Input, Output
from sensorium.service.api.idempotency import PARAMETER, idempotent
from sensorium.service.api.jobs import JobOutput
from sensorium.service.api.problems import Problem
from sensorium.service.engine.bundles import bundle_of
from sensorium.service.engine.models import Bundle
from sensorium.service.engine.state import state_of
from sensorium.service.jobs.engine_jobs import enqueue_activation, enqueue_fit

router = Router(tags=["bundles"])
LONGEST_S = 7 * 24 * 3600


class FitInput(Input):
    """What a fit shall be like; what is not said is as `sensorium.toml` has it."""

    model: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_-]+$")] | None = None
    """The name of a model, or `auto`."""
    seconds: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = None
    """How long it may take once there are features of all items; 0: nothing is tuned."""


class BundleOutput(Output):
    """A fitted model."""

    version: str
    is_active: bool
    """Whether it is what answers."""
    lacks: int
    """How many changes of items are not in it yet; they are brought to it before it answers."""
    n_items: int
    n_users: int
    """Those that it was fitted on."""
    seconds: float
    """How long the fit took."""
    created: datetime

    @classmethod
    def of(cls, row: Bundle, active: str, last: int) -> Self:
        """Return what `row` says; `last` is the number of the tenant's last change."""
        return cls(
            version=row.version,
            is_active=row.version == active,
            lacks=max(0, last - row.encoded_sequence),
            n_items=row.n_items,
            n_users=row.n_users,
            seconds=row.seconds,
            created=row.created,
        )


class BundleList(Output):
    """All bundles that are kept, the latest first."""

    bundles: list[BundleOutput]


@router.get("/bundles", auth=may("jobs:read"), response=BundleList, operation_id="list_bundles")
def listed(request: AskingRequest) -> BundleList:
    """List the fitted models that are kept, the latest first."""
    tenant = request.auth.tenant
    state = state_of(tenant)
    rows = Bundle.objects.of(tenant).order_by("-pk")
    return BundleList(bundles=[BundleOutput.of(row, state.bundle, state.item_sequence) for row in rows])


@router.post(
    "/bundles/{str:version}/activate",
    auth=may("jobs:write"),
    response={202: JobOutput},
    operation_id="activate_bundle",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def activate(request: AskingRequest, version: str) -> Status[JobOutput]:
    """Let a bundle answer, newer or older, once it has all changes of items; the answer is the job."""
    bundle = bundle_of(request.auth.tenant, version)
    if bundle is None:
        raise Problem("unknown-bundle", "no bundle has this version", where="version")
    return Status(202, JobOutput.of(enqueue_activation(request.auth.tenant, bundle)))


@router.post(
    "/fit",
    auth=may("jobs:write"),
    response={202: JobOutput},
    operation_id="fit",
    openapi_extra={"parameters": [dict(PARAMETER)]},
)
@idempotent
def fit(request: AskingRequest, body: FitInput) -> Status[JobOutput]:
    """Learn anew from all items and events; the bundle answers when it is done.

    The answer is the job; while a fit waits or runs, it is that of the fit.
    """
    job = enqueue_fit(request.auth.tenant, model=body.model, seconds=body.seconds)
    return Status(202, JobOutput.of(job))
