"""`Idempotency-Key`: a request that is sent twice because nobody knows whether it came does its work once."""

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from ninja.responses import Status
from pydantic import BaseModel

from sensorium.service.api.access import AskingRequest
from sensorium.service.api.problems import Problem
from sensorium.service.tenants.models import Remembered

HEADER = "Idempotency-Key"
LONGEST_KEY = 128
KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
KEPT_HOURS = 24
Answer = TypeVar("Answer", bound=BaseModel | Status[Any])

PARAMETER: Mapping[str, Any] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Any text that no other request has; with it, a repeat within 24 hours is answered "
    "as the first time and changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[!-~]+$"},
}


def idempotent(route: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let a route answer a repeat as the first time; its work and the memory of it are one commit."""

    @functools.wraps(route)
    def answered(request: AskingRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return route(request, *args, **kwargs)
        if not KEY.fullmatch(key):
            what = f"the key is not 1 to {LONGEST_KEY} characters of ASCII without spaces"
            raise Problem("invalid", what, where=HEADER)
        with transaction.atomic():
            row, is_new = _remembered(request, key)
            if not is_new:
                said: Any = row.answer
                return said["body"] if said["status"] is None else Status(said["status"], said["body"])
            answer = route(request, *args, **kwargs)
            row.answer = _kept(answer)  # pyright: ignore[reportAttributeAccessIssue]
            row.save(update_fields=["answer"])
        return answer

    return answered


def _kept(answer: BaseModel | Status[Any]) -> dict[str, Any]:
    """Return an answer as JSON can hold it, with its status if that is not the usual one."""
    if isinstance(answer, Status):
        return {"status": answer.status_code, "body": answer.value.model_dump(mode="json")}
    return {"status": None, "body": answer.model_dump(mode="json")}


def _remembered(request: AskingRequest, key: str) -> tuple[Remembered, bool]:
    """Return the row of `key`, and whether it is a new one; one that another request holds is waited for."""
    tenant, now = request.auth.tenant, timezone.now()
    route = hashlib.sha256(f"{request.method} {request.path_info}".encode()).hexdigest()
    rows = Remembered.objects.of(tenant).filter(route=route, key=key)
    rows.filter(expires__lt=now).delete()
    sent = hashlib.sha256(request.body).hexdigest()
    row = Remembered(
        tenant=tenant,
        route=route,
        key=key,
        request_sha256=sent,
        expires=now + timedelta(hours=KEPT_HOURS),
    )
    before = rows.values_list("pk", flat=True).first()
    if before is None:
        Remembered.objects.of(tenant).bulk_create([row], ignore_conflicts=True)
    held = rows.get()
    if held.request_sha256 != sent:
        raise Problem("other-request", "another request was sent with this key", where=HEADER)
    return held, held.answer is None
