"""Cursors: where the next page begins, in a form that nobody takes apart."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import Field, WithJsonSchema

from sensorium.service.api.problems import Problem

MOST = 1_000
LARGEST_KEY = 2**63 - 1
SIGNS = r"^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$"
"""What 8 bytes below 2**63 look like in base64."""
Cursor: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "pattern": SIGNS})]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=MOST)]
Row = TypeVar("Row")


def encode(key: int) -> str:
    """Return the cursor of the page after the row with this key."""
    return base64.urlsafe_b64encode(key.to_bytes(8, "big")).decode().rstrip("=")


def decode(cursor: str) -> int:
    """Return the key that `cursor` holds; a `Problem` if it is none of ours."""
    try:
        held = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        held = b""
    key = int.from_bytes(held, "big")
    if len(held) != 8 or key > LARGEST_KEY or encode(key) != cursor:
        raise Problem("bad-cursor", "the cursor cannot be read", where="cursor")
    return key


def page(rows: Iterable[Row], limit: int, key: Callable[[Row], int]) -> tuple[list[Row], str | None]:
    """Return at most `limit` of `rows`, of which there may be one more, and the next cursor if there is."""
    found = list(rows)
    if len(found) <= limit:
        return found, None
    return found[:limit], encode(key(found[limit - 1]))


def after(cursor: str | None, name: str = "pk__gt") -> dict[str, Any]:
    """Return the condition that rows lie after `cursor`."""
    return {} if cursor is None else {name: decode(cursor)}
