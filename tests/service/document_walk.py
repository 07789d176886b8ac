"""Requests to every route of the OpenAPI document, made from the document itself."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.service.asking import Answer, Asker

ITEM, USER, MEMBER, EVENT = "secret/item", "secret-user", "secret-member", "secret-event"
ACCOUNT, TENANT, JOB, PREFIX = "secret-account", "secret-tenant", "4711", "secretkeyz"
BUNDLE, FEED = "20260101T000000-5ec2e700", "secret-feed-name"
IN_PATHS: Mapping[str, str] = {
    "item_id": ITEM,
    "column": "picture",
    "user_id": USER,
    "job_id": JOB,
    "version": BUNDLE,
    "prefix": PREFIX,
    "name": ACCOUNT,
    "code": "secret-code",
}
"""What stands for each name in braces; a route with another name needs a line here."""
IN_FIELDS: Mapping[str, Any] = {
    "item_id": ITEM,
    "user_id": USER,
    "into": MEMBER,
    "event_id": EVENT,
    "history": [ITEM],
    "candidates": [ITEM],
    "deny": [ITEM],
    "cursor": f"{FEED}.1",
    "name": ACCOUNT,
    "parts": [{"kind": "item", "value": ITEM}],
    "id": "own-item",
    "password": "long enough",
    "present": "long enough",
    "new": "long enough too",
    "key": "k",
}
"""Fields of bodies and queries that hold an id, or a text of a certain form."""
METHODS = ("get", "delete", "patch", "post", "put")
CHANGING = frozenset(
    [
        "request_id",
        "created",
        "updated",
        "received",
        "exported",
        "timestamp",
        "not_before",
        "ended",
        "prefix",
        "key",
    ]
)
"""Fields that differ from one request to the next by their nature."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, and what a request to it holds."""

    name: str
    method: str
    template: str
    path: str
    body: Any = None
    content_type: str | None = None
    is_open: bool = False

    @property
    def names_a_row(self) -> bool:
        """Whether its path holds the id of a row of a tenant."""
        return "{" in self.template and not self.is_open

    def ask(self, asker: Asker, **headers: str) -> Answer:
        if isinstance(self.body, bytes):
            return asker(
                self.method, self.path, data=self.body, content_type=self.content_type, headers=headers
            )
        return asker(self.method, self.path, self.body, headers=headers)


def operations(asker: Asker) -> list[Operation]:
    """All of them: paths that name a row first, and of each path what reads before what writes."""
    document = asker.get("/api/openapi.json").ok()
    found = [
        operation
        for template, methods in document["paths"].items()
        for method, described in methods.items()
        for operation in _requests(document, template, method, described)
    ]
    return sorted(found, key=lambda one: ("{" not in one.template, METHODS.index(one.method.lower())))


def _requests(document: Any, template: str, method: str, described: Any) -> Iterator[Operation]:
    """Yield a request, and a second one where a body may go on in a feed."""
    names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
    lacking = [name for name in names if name not in IN_PATHS]
    assert not lacking, f"{template} has {lacking}: add an id to IN_PATHS, so that the route is walked"
    path = template
    for name in names:
        path = path.replace(f"{{{name}}}", quote(IN_PATHS[name], safe=""))
    asked = [one for one in described.get("parameters", []) if one["in"] == "query"]
    query = {one["name"]: IN_FIELDS[one["name"]] for one in asked if one["name"] in ("user_id", "item_id")}
    path += f"?{urlencode(query)}" if query else ""
    is_open = "security" not in described
    content = described.get("requestBody", {}).get("content", {})
    told = (described["operationId"], method.upper(), template, path)
    if content and "application/json" not in content:
        yield Operation(*told, b"some bytes", "image/png", is_open=is_open)
        return
    body = filled(document, content["application/json"]["schema"]) if content else None
    if isinstance(body, dict) and "cursor" in body:
        yield Operation(*told, {**body, "feed": True}, is_open=is_open)
        del body["cursor"]
    yield Operation(*told, body, is_open=is_open)


def filled(document: Any, schema: Any, name: str = "") -> Any:
    """A value that `schema` takes, with the ids of `IN_FIELDS` wherever it has room for one."""
    if name in IN_FIELDS:
        return IN_FIELDS[name]
    if "$ref" in schema:
        return filled(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return filled(document, schema[several][0], name)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type", "object")
    if kind == "object":
        needed = schema.get("required", [])
        named = [one for one in schema.get("properties", {}) if one in needed or one in IN_FIELDS]
        return {one: filled(document, schema["properties"][one], one) for one in named}
    if kind == "array":
        return [filled(document, schema["items"])]
    plain = {"string": "text", "integer": 1, "number": 1.0, "boolean": False, "null": None}
    return schema.get("minimum", plain[kind]) if kind in ("integer", "number") else plain[kind]


def comparable(answer: Answer, tenant: str, prefix: str) -> tuple[int, str]:
    """What may not depend on what other tenants have: the answer without what changes by its nature."""
    text = answer.body.decode().replace(tenant, "TENANT").replace(prefix, "PREFIX")
    if "json" in answer.headers.get("Content-Type", "") and text:
        text = json.dumps(_steady(json.loads(text)))
    return answer.status, text


def _steady(value: Any) -> Any:
    if isinstance(value, list):
        return [_steady(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "..." if name in CHANGING or (name == "id" and isinstance(one, int)) else _steady(one)
        for name, one in value.items()
    }
