"""Routes of keys."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Input, Output, Word
from sensorium.service.api.problems import Problem
from sensorium.service.tenants.keys import NewKey, is_valid, make_key, revoke_key, rotate_key
from sensorium.service.tenants.models import ApiKey
from sensorium.service.tenants.scopes import Scope

router = Router(tags=["keys"])
YEAR_S = 366 * 24 * 3600
Seconds = Annotated[int, Field(ge=1, le=10 * YEAR_S, strict=True)]
Overlap = Annotated[int, Field(ge=0, le=YEAR_S, strict=True)]


class KeyInput(Input):
    """A key to be made."""

    name: Word
    """What it is for."""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    """What it may do; none that the caller lacks."""
    seconds: Seconds | None = None
    """How long it is valid; for ever if not given."""


class RotationInput(Input):
    """How a key is replaced."""

    overlap_s: Overlap = 3600
    """How many seconds the former key is still valid."""


class KeyOutput(Output):
    """A key without its secret."""

    prefix: str
    """What tells it from others: the part after `sn_`."""
    name: str
    scopes: list[str]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    valid: bool

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        """Return what `row` says."""
        return cls(
            prefix=row.prefix,
            name=row.name,
            scopes=row.scopes,
            created=row.created,
            expires=row.expires,
            revoked=row.revoked,
            valid=is_valid(row),
        )


class NewKeyOutput(KeyOutput):
    """A key with its secret, shown this once."""

    key: str

    @classmethod
    def made(cls, new: NewKey) -> Self:
        """Return what is shown of a new key."""
        return cls(**KeyOutput.of(new.key).model_dump(), key=new.text)


class KeyList(Output):
    """All keys of the tenant."""

    keys: list[KeyOutput]


@router.get("/keys", auth=may("keys"), response=KeyList, operation_id="list_keys")
def listed(request: AskingRequest) -> KeyList:
    """List the keys, also those that are valid no more."""
    rows = ApiKey.objects.of(request.auth.tenant).order_by("pk")
    return KeyList(keys=[KeyOutput.of(row) for row in rows])


@router.post("/keys", auth=may("keys"), response={201: NewKeyOutput}, operation_id="make_key")
def make(request: AskingRequest, body: KeyInput) -> Status[NewKeyOutput]:
    """Make a key; its secret is shown this once."""
    missing = sorted(set(body.scopes) - request.auth.may_give)
    if missing:
        raise Problem(
            "missing-scope", f"{request.auth.name} lacks {', '.join(missing)}, and so cannot give it"
        )
    expires = None if body.seconds is None else timezone.now() + timedelta(seconds=body.seconds)
    new = make_key(request.auth.tenant, body.name, body.scopes, expires=expires)
    return Status(201, NewKeyOutput.made(new))


@router.post(
    "/keys/{prefix}/rotate", auth=may("keys"), response={201: NewKeyOutput}, operation_id="rotate_key"
)
def rotate(request: AskingRequest, prefix: str, body: RotationInput) -> Status[NewKeyOutput]:
    """Make a key that replaces another, which is valid for a while yet."""
    key = key_of(request, prefix)
    if not is_valid(key):
        raise Problem("unknown-key", f"the key {prefix!r} is valid no more", where="prefix")
    missing = sorted(set(key.scopes) - request.auth.may_give)
    if missing:
        raise Problem("missing-scope", f"{request.auth.name} lacks {', '.join(missing)}, which the key has")
    return Status(201, NewKeyOutput.made(rotate_key(key, overlap_s=body.overlap_s)))


@router.delete("/keys/{prefix}", auth=may("keys"), response={204: None}, operation_id="revoke_key")
def revoke(request: AskingRequest, prefix: str) -> None:
    """Let a key open nothing from now on."""
    revoke_key(key_of(request, prefix))


def key_of(request: AskingRequest, prefix: str) -> ApiKey:
    """Return the key; a `Problem` if the tenant has none with this prefix."""
    row = None if "\x00" in prefix else ApiKey.objects.of(request.auth.tenant).filter(prefix=prefix).first()
    if row is None:
        raise Problem("unknown-key", "no key has this prefix", where="prefix")
    return row
