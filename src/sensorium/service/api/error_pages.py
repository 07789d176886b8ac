"""Whatever goes wrong, in our code or before it is reached: the answer is a problem."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from sensorium.service.api.access import Caller
from sensorium.service.api.problem_kinds import OF_STATUS
from sensorium.service.api.problems import MEDIA_TYPE, Problem, details_of, request_id_of
from sensorium.service.tenants.models import Tenant

LOG = logging.getLogger("sensorium.service")
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
RETRY_S = 2


class ErrorsAreProblems:
    """Middleware: an error that is no problem yet, such as Django's page for 404, becomes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or MEDIA_TYPE in response.get("Content-Type", ""):
            return response
        headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        return problem_of_status(response.status_code, request, headers).response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to an error outside of routes."""
        return problem_of(error, request).response(request) if not isinstance(error, Http404) else None


def problem_of_status(status: int, request: HttpRequest, headers: Mapping[str, str]) -> Problem:
    """Return the problem that stands for an error with `status`."""
    code = OF_STATUS.get(status) or (
        "internal" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad-request"
    )
    what = {
        "unknown-path": f"there is nothing at {request.path}",
        "unknown-method": f"{request.method} is not for {request.path}",
    }
    return Problem(code, what.get(code, HTTPStatus(status).phrase.lower()), headers=headers)


def problem_of(error: Exception, request: HttpRequest) -> Problem:
    """Return the problem that an exception comes to; those that are our fault are logged in full."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return invalid(error.errors)
    if isinstance(error, Http404):
        return problem_of_status(HTTPStatus.NOT_FOUND, request, {})
    if isinstance(error, HttpError):
        if isinstance(error.__cause__, Problem):  # what our parser said of the body
            return error.__cause__
        return problem_of_status(error.status_code, request, {})
    if isinstance(error, IntegrityError | ObjectDoesNotExist) and _is_tenant_gone(request):
        return Problem("unknown-tenant", "the tenant was removed meanwhile")
    if isinstance(error, OperationalError | InterfaceError):
        LOG.warning("database unavailable", extra={"request_id": request_id_of(request), "error": str(error)})
        return Problem(
            "database-unavailable", "the database does not answer", headers={"Retry-After": str(RETRY_S)}
        )
    LOG.error("internal error", exc_info=error, extra={"request_id": request_id_of(request)})
    what = "the database refused a statement" if isinstance(error, DatabaseError) else "an unexpected error"
    return Problem("internal", what)


def _is_tenant_gone(request: HttpRequest) -> bool:
    """Return whether who asks belongs to a tenant that was removed since the request came."""
    caller = getattr(request, "auth", None)
    return isinstance(caller, Caller) and not Tenant.objects.filter(pk=caller.tenant.pk).exists()


def invalid(errors: list[dict[str, Any]]) -> Problem:
    """Return the problem of a request whose parameters or body ninja could not take."""
    # The first parts of a place are `body` and the name of the function's parameter, which nobody knows.
    found = [details_of([error], skip=2 if error["loc"][:1] == ("body",) else 1)[0] for error in errors]
    first = found[0]
    return Problem("invalid", first["detail"], where=first["where"], errors=found)


def answer_errors(api: NinjaAPI) -> None:
    """Let routes answer every exception with a problem."""

    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        return problem_of(error, request).response(request)

    for kind in (Exception, Http404, HttpError, ValidationError, Problem):
        api.add_exception_handler(kind, answer)
