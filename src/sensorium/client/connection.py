"""Requests to a service: the key sent, problems raised, what is safe to repeat repeated."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sensorium.client.problems import Problem, raise_problem
from sensorium.core.errors import ConfigError, MissingExtraError, NotReadyError

if TYPE_CHECKING:
    import httpx2

TRIES = 4
NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 30.0
_AGAIN = (429, 503)


class Connection:
    """A service at an address, asked with a key; connections are kept open between requests."""

    def __init__(self, address: str, key: str, *, timeout_s: float) -> None:
        try:
            import httpx2
        except ImportError:
            raise MissingExtraError("client", needed_for="sensorium.client") from None
        if not address.startswith(("http://", "https://")):
            what = f"{address!r} is no address of a service"
            raise ConfigError(what, where="address", remedy="Write it as http://127.0.0.1:8000")
        self._http: httpx2.Client = httpx2.Client(
            base_url=address.rstrip("/"), headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s
        )
        self._failures = httpx2.TransportError

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "httpx2.Response":
        """Return the answer; sent again, at most three times, while the service is busy or away."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        known = {name: value for name, value in (parameters or {}).items() if value is not None}
        for tried in range(1, TRIES + 1):
            try:
                answer = self._http.request(method, path, content=body, params=known, headers=sent)
            except self._failures as error:
                if tried == TRIES:
                    self._unreachable(error)
                time.sleep(_wait_s(None, tried))
                continue
            if answer.status_code in _AGAIN and tried < TRIES:
                time.sleep(_wait_s(answer.headers.get("Retry-After"), tried))
                continue
            break
        require_good(answer)  # pyright: ignore[reportPossiblyUnboundVariable]
        return answer  # pyright: ignore[reportPossiblyUnboundVariable]

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of an answer of JSON Lines, as they come."""
        try:
            with self._http.stream("GET", path) as answer:
                if answer.status_code >= 400:
                    answer.read()
                require_good(answer)
                for line in answer.iter_lines():
                    yield json.loads(line)
        except self._failures as error:
            self._unreachable(error)

    def _unreachable(self, error: Exception) -> None:
        raise NotReadyError(
            f"the service does not answer: {str(error) or type(error).__name__}",
            where=str(self._http.base_url),
            remedy="Start it with sensorium serve, or correct the address",
        ) from error


class Asker(ABC):
    """Something that can ask a service."""

    @abstractmethod
    def ask(
        self, method: str, path: str, body: Any = None, parameters: Mapping[str, Any] = NO_PARAMETERS
    ) -> Any:
        """Return what a route answers, as JSON; None if that is nothing."""


def path_of(*parts: str) -> str:
    """Return a path below /api, with ids percent-encoded."""
    return "/".join(["/api", *(quote(part, safe="") for part in parts)])


def require_good(answer: "httpx2.Response") -> None:
    """Raise the error that the answer is, if it is one."""
    if answer.status_code < 400:
        return
    try:
        body = answer.json()
    except ValueError:
        body = {}
    raise_problem(Problem(answer.status_code, body if isinstance(body, dict) else {}))


def _wait_s(said: str | None, tried: int) -> float:
    """Return how long to wait: as long as the service says, or ever longer."""
    wait_s = float(said) if said and said.isdecimal() else FIRST_WAIT_S * 2**tried
    return min(wait_s, LONGEST_WAIT_S)
