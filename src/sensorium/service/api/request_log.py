"""One line for each request, with its id and without personal data; and the counters."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sensorium.service.api.metrics import REQUESTS, SECONDS

LOG = logging.getLogger("sensorium.service.requests")
HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """Middleware: gives a request its id, or takes the one that a proxy gave it, and says how it went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        started_s = time.perf_counter()
        given = request.headers.get(HEADER, "")
        request_id = given if GIVEN.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # pyright: ignore[reportAttributeAccessIssue]
        response = self.get_response(request)
        response[HEADER] = request_id
        took_s = time.perf_counter() - started_s
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route, str(response.status_code)).observe(took_s)
        LOG.info(
            "request",
            extra={
                "request_id": request_id,
                "method": method,
                "route": route,
                "status": response.status_code,
                "ms": round(1000 * took_s, 1),
            },
        )
        return response


def route_of(request: HttpRequest) -> str:
    """Return the path with the names of ids in the place of ids; `none` where there is no such path."""
    match = request.resolver_match
    return "none" if match is None else "/" + CONVERTED.sub(r"{\1}", match.route)
