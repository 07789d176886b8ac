"""Asking the service in the process of the test, with paths as a client writes them."""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client

PROBLEM_MEMBERS = {
    "type", "title", "status", "detail", "code", "where", "remedy", "errors", "request_id"
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def ok(self, status: int = 200) -> Any:
        """What the body holds, after the status was looked at."""
        assert self.status == status, (self.status, self.body[:2000])
        return self.json if self.body else None

    def problem(self, code: str) -> dict[str, Any]:
        """The problem, which must be this one and be complete."""
        assert self.headers["Content-Type"] == "application/problem+json", (self.status, self.body[:500])
        assert self.json.keys() == PROBLEM_MEMBERS
        assert self.json["code"] == code, self.json
        assert self.json["status"] == self.status
        assert self.json["detail"]
        assert self.json["remedy"]
        assert self.json["request_id"] == self.headers["X-Request-ID"]
        return self.json


@dataclass
class Asker:
    """Somebody with a key, or without one."""

    key: str | None
    web: Client = field(repr=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | None = None,
        content_type: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if body is not None:
            data, content_type = json.dumps(body).encode(), content_type or "application/json"
        response = self.web.open(path, method=method, data=data, content_type=content_type, headers=sent)
        with response:
            return Answer(response.status_code, response.headers, response.get_data())

    def get(self, path: str, **more: Any) -> Answer:
        return self("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self("PUT", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self("DELETE", path, **more)

    def with_key(self, key: str | None) -> "Asker":
        """The same service, asked with another key."""
        return Asker(key, Client(self.web.application))
