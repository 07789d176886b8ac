"""HEAD for every path that knows GET: the same answer without its body."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class HeadRequests:
    """Middleware: a HEAD is answered as the GET would be, with its headers and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        if request.method != "HEAD":
            return _with_head_allowed(self.get_response(request))
        request.method = "GET"
        request.META.pop("HTTP_RANGE", None)  # a part can be asked for with GET alone (RFC 9110, 14.2)
        response = _with_head_allowed(self.get_response(request))
        request.method = "HEAD"
        return _without_body(response)


def _with_head_allowed(response: HttpResponseBase) -> HttpResponseBase:
    """Name HEAD beside GET where an answer says which methods a path knows."""
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and response.has_header("Allow"):
        known = {method.strip() for method in response["Allow"].split(",")}
        response["Allow"] = ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
    return response


def _without_body(response: HttpResponseBase) -> HttpResponse:
    """Return an answer with the same status, headers and cookies; what is not sent is not opened for long."""
    bare = HttpResponse(status=response.status_code, headers=dict(response.items()))
    bare.cookies = response.cookies
    response.close()
    return bare
