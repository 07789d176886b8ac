"""Problems (RFC 9457): what every error is answered with."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse
from typing_extensions import TypedDict  # that of `typing` does not do for pydantic before Python 3.12

from sensorium.service.api.problem_kinds import KINDS

MEDIA_TYPE = "application/problem+json"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Detail(TypedDict):
    """One of several things that are not as they must be."""

    where: str
    detail: str


class Problem(Exception):  # noqa: N818 - an answer, by the standard's name
    """Ends a request with an error.

    Parameters
    ----------
    code
        One of `problem_kinds.KINDS`.
    detail
        What is wrong, this time.
    where
        The parameter, field or row that it concerns.
    remedy
        What to do; if not given, that of the kind.
    errors
        Each single thing that is wrong, if there may be several.
    headers
        Further headers of the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        errors: Sequence[Detail] = (),
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        super().__init__(code, detail)
        self.kind, self.detail, self.where = KINDS[code], detail, where
        self.remedy = remedy or self.kind.remedy
        self.errors, self.headers = errors, headers

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the members of the answer, in the order in which people read them."""
        return {
            "type": f"/api/problems/{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.kind.code,
            "where": self.where,
            "remedy": self.remedy,
            "errors": list(self.errors),
            "request_id": request_id,
        }

    def response(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to `request`."""
        text = json.dumps(self.body(request_id_of(request)))
        response = HttpResponse(text, status=self.kind.status, content_type=MEDIA_TYPE)
        for name, value in self.headers.items():
            response[name] = value
        return response


def request_id_of(request: HttpRequest) -> str:
    """Return the id that `RequestLog` gave the request."""
    return str(getattr(request, "request_id", ""))


def printable(text: str) -> str:
    """Return `text` without what UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def place_of(loc: Sequence[int | str]) -> str:
    """Return where pydantic found something, such as `events[3].user_id`."""
    found = ""
    for part in loc:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return printable(found)[:200]


def details_of(errors: Sequence[Mapping[str, Any]], skip: int = 0) -> list[Detail]:
    """Return what pydantic found wrong, each with its place; `skip` leaves out the first parts of places."""
    return [
        {
            "where": place_of(error["loc"][skip:]) or "body",
            "detail": printable(str(error["msg"]).removeprefix("Value error, ")),
        }
        for error in errors
    ]
