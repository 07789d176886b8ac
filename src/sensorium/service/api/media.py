"""Routes of media: put as raw bodies, given back with ranges and ETags."""

import re
from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from ninja import Router
from ninja.responses import Status

from sensorium.core.roles import Role
from sensorium.media.media_types import ending_of
from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Id, Word
from sensorium.service.api.file_answers import ANY_BYTES, Served, answer_with, file_name
from sensorium.service.api.item_rows import MediaOutput, MediumOutput
from sensorium.service.api.items import item_of, unknown, with_media
from sensorium.service.api.problems import Problem
from sensorium.service.catalogue.media import check_again, put_medium, take_out_medium
from sensorium.service.catalogue.media_files import chunks_of, file_of, media_columns, store_file
from sensorium.service.catalogue.models import Media
from sensorium.service.tenants.models import Tenant

router = Router(tags=["media"])
PATH = "/items/{id:item_id}/media/{id:column}"
TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
RETRY_S = 2
"""After so long what a worker has yet to do may be done."""
BINARY: Mapping[str, Any] = {"schema": {"type": "string", "format": "binary"}}
PUT_DOCUMENT: Mapping[str, Any] = {"requestBody": {"required": True, "content": {ANY_BYTES: BINARY}}}
GET_DOCUMENT: Mapping[str, Any] = {
    "responses": {
        200: {"description": "The medium.", "content": {"*/*": BINARY}},
        206: {"description": "The part of it that `Range` asks for.", "content": {"*/*": BINARY}},
        304: {"description": "It is as `If-None-Match` says."},
    }
}


@router.put(
    PATH,
    auth=may("items:write"),
    response={202: MediumOutput},
    operation_id="put_medium",
    openapi_extra=dict(PUT_DOCUMENT),
)
def put(request: AskingRequest, item_id: Id, column: Word) -> Status[MediumOutput]:
    """Let the body be an item's picture, sound or clip; a worker opens it and says whether it can be used.

    The media type is that of the medium, such as `image/jpeg`, or `application/octet-stream`.
    """
    role = role_of(column)
    media_type = (request.content_type or "").lower()
    if not TYPE.fullmatch(media_type) or media_type.partition("/")[0] not in (role.value, "application"):
        what = f"{column} holds {role.value}, and the body is {media_type or 'of no stated type'}"
        raise Problem(
            "wrong-type", what, where="Content-Type", remedy=f"Send {role.value}/... or {ANY_BYTES}"
        )
    tenant = request.auth.tenant
    item_of(tenant, item_id)  # before the body is read
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    if not announced:
        raise Problem("invalid", "the body is empty", where="body", remedy="Send the bytes of the medium")
    stored = store_file(chunks_of(request))  # pyright: ignore[reportArgumentType]
    if stored.n_bytes != announced:
        what = f"{stored.n_bytes:,} of {announced:,} bytes came"
        raise Problem("bad-request", what, where="body", remedy="Send it again")
    row = put_medium(tenant, item_id, column, stored, media_type)
    if row is None:
        raise unknown(item_id)
    return Status(202, MediumOutput.of(row))


@router.get(
    "/items/{id:item_id}/media", auth=may("items:read"), response=MediaOutput, operation_id="list_media"
)
def listed(request: AskingRequest, item_id: Id) -> MediaOutput:
    """Say of each medium of an item how far it is, and what is wrong with it."""
    tenant = request.auth.tenant
    item = with_media(tenant, [item_of(tenant, item_id)])[0]
    return MediaOutput(media=item.media)


@router.get(PATH, auth=may("items:read"), operation_id="get_medium", openapi_extra=dict(GET_DOCUMENT))
def get(request: AskingRequest, item_id: Id, column: Word) -> HttpResponseBase:
    """Return a medium, or the part of it that `Range` asks for.

    What no worker could open is given back to be saved, and not shown.
    """
    row = fetched_medium_of(request.auth.tenant, item_id, column)
    shown_as = ANY_BYTES if row.status == "failed" else row.type
    name = file_name(item_id, column, ending_of(shown_as))
    return answer_with(request, Served(file_of(row.sha256), row.sha256, shown_as, name))


@router.delete(PATH, auth=may("items:write"), response={204: None}, operation_id="delete_medium")
def delete(request: AskingRequest, item_id: Id, column: Word) -> None:
    """Take a medium from an item."""
    if not take_out_medium(request.auth.tenant, item_id, column):
        raise unknown_medium(item_id, column)


@router.post(
    f"{PATH}/retry", auth=may("items:write"), response={202: MediumOutput}, operation_id="retry_medium"
)
def retry(request: AskingRequest, item_id: Id, column: Word) -> Status[MediumOutput]:
    """Let a worker look at a medium once more."""
    row = check_again(request.auth.tenant, item_id, column)
    if row is None:
        raise unknown_medium(item_id, column)
    return Status(202, MediumOutput.of(row))


def role_of(column: str) -> Role:
    """Return which kind of media the column holds; a `Problem` if it holds none."""
    known = media_columns()
    if column not in known:
        named = ", ".join(known) or "none"
        raise Problem(
            "unknown-column",
            f"{column!r} is no column of media",
            where="column",
            remedy=f"Use one that sensorium.toml names under [catalog]; there are: {named}",
        )
    return known[column]


def medium_of(tenant: Tenant, item_id: str, column: str) -> Media:
    """Return the medium; a `Problem` if there is none."""
    row = Media.objects.of(tenant).filter(item_id=item_id, column=column).first()
    if row is None:
        raise unknown_medium(item_id, column)
    return row


def fetched_medium_of(tenant: Tenant, item_id: str, column: str) -> Media:
    """Return the medium; a `Problem` if there is none, or it is still on the web."""
    row = medium_of(tenant, item_id, column)
    if row.sha256:
        return row
    if row.status == "failed":
        what = f"it could not be fetched from {row.url}: {row.why}"
        remedy = "Let the item name another address, or let a worker fetch it again with POST .../retry"
        raise Problem("unknown-medium", what, where="column", remedy=remedy)
    headers = {"Retry-After": str(RETRY_S)}
    raise Problem("medium-not-ready", "it is not fetched from the web yet", where="column", headers=headers)


def unknown_medium(item_id: str, column: str) -> Problem:
    """Return the problem that the item has no medium in this column."""
    return Problem("unknown-medium", f"the item {item_id!r} has no medium in {column!r}", where="column")
