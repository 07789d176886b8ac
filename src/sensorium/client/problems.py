"""Problems (RFC 9457) that a service answers with, as this library's errors."""

from collections.abc import Mapping
from typing import Any, NoReturn

from sensorium.core.errors import ConfigError, DataError, NotReadyError, UnknownIdError, UserError

_KINDS: Mapping[int, type[UserError]] = {401: ConfigError, 403: ConfigError, 404: UnknownIdError}
_BUSY = (408, 429)


class Problem(Exception):  # noqa: N818 - an answer, by the standard's name
    """What a service answered; the cause (`__cause__`) of the error that the client raises.

    Parameters
    ----------
    status
        The status of HTTP.
    body
        The members of the problem document.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.body = status, body
        self.code = str(body.get("code", "unknown"))
        """Stable: what programs decide by."""
        self.request_id = str(body.get("request_id", ""))
        """By which the service's log can be searched."""
        super().__init__(f"{status} {self.code}")


def raise_problem(problem: Problem) -> NoReturn:
    """Raise the error of this library that says the same.

    Raises
    ------
    UnknownIdError
        404: it is not there, or belongs to another tenant.
    ConfigError
        401 and 403: the key is wrong, or may not do this.
    NotReadyError
        429, 5xx: the service cannot now.
    DataError
        Any other: what was sent is not as it must be.
    """
    body = problem.body
    is_busy = problem.status >= 500 or problem.status in _BUSY
    kind = NotReadyError if is_busy else _KINDS.get(problem.status, DataError)
    raise kind(
        str(body.get("detail") or f"the answer is {problem.status}"),
        where=body.get("where"),
        remedy=body.get("remedy") or "Check that the address is that of a Sensorium service",
    ) from problem
