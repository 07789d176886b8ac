"""gunicorn's threaded worker, whose own errors are problems, too."""

import json
import socket
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import (
    ConfigurationProblem,
    InvalidResponseHeader,  # pyright: ignore[reportAttributeAccessIssue] - newer than its stubs
    InvalidResponseHeaderName,  # pyright: ignore[reportAttributeAccessIssue]
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from sensorium.service.api.problems import MEDIA_TYPE, Problem

OURS = (ConfigurationProblem, InvalidResponseHeader, InvalidResponseHeaderName)
"""What the caller is not to blame for."""


class ProblemWorker(ThreadWorker):
    """Answers what cannot be read as HTTP at all, or has too long a path, as every other error."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that did not reach the application."""
        if not isinstance(exc, ParseException) or isinstance(exc, OURS):
            super().handle_error(req, client, addr, exc)
            return
        code = "bad-request"
        if isinstance(exc, LimitRequestLine):
            code = "uri-too-long"
        elif isinstance(exc, LimitRequestHeaders):
            code = "headers-too-large"
        body = Problem(code, "the request cannot be read as HTTP").body("")
        text = json.dumps(body)
        status = HTTPStatus(body["status"])
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        write_nonblock(client, (head + text).encode("ascii"))
