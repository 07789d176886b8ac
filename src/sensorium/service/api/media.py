"""Routes of media: put as raw bodies, given back with ranges and ETags."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from ninja import Router
from ninja.responses import Status

from sensorium.core.roles import Role
from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Id, Word
from sensorium.service.api.item_rows import MediumOutput
from sensorium.service.api.items import item_of, unknown
from sensorium.service.api.problems import Problem
from sensorium.service.catalogue.media import (
    CHUNK_BYTES,
    check_again,
    chunks_of,
    file_of,
    media_columns,
    put_medium,
    store_file,
    take_out_medium,
)
from sensorium.service.catalogue.models import Media
from sensorium.service.tenants.models import Tenant

router = Router(tags=["media"])
PATH = "/items/{id:item_id}/media/{id:column}"
ANY_BYTES = "application/octet-stream"
TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
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


@router.get(PATH, auth=may("items:read"), operation_id="get_medium", openapi_extra=dict(GET_DOCUMENT))
def get(request: AskingRequest, item_id: Id, column: Word) -> HttpResponseBase:
    """Return a medium, or the part of it that `Range` asks for."""
    row = medium_of(request.auth.tenant, item_id, column)
    etag = f'"{row.sha256}"'
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in asked or "*" in asked:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = part_of(request, file_of(row.sha256), row, etag)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


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
            "invalid",
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


def unknown_medium(item_id: str, column: str) -> Problem:
    """Return the problem that the item has no medium in this column."""
    return Problem("unknown-medium", f"the item {item_id!r} has no medium in {column!r}", where="column")


def part_of(request: HttpRequest, file: Path, row: Media, etag: str) -> HttpResponseBase:
    """Return the answer with the bytes that are asked for."""
    matches = request.headers.get("If-Range", etag) == etag
    found = RANGE.fullmatch(request.headers.get("Range", "")) if matches else None
    if found is None or found.groups() == ("", ""):
        response: HttpResponseBase = FileResponse(file.open("rb"), content_type=row.type)
        response["Content-Length"] = str(row.bytes)
    else:
        start, end = span_of(found.group(1), found.group(2), row.bytes)
        response = StreamingHttpResponse(_read(file, start, end), status=206, content_type=row.type)
        response["Content-Range"] = f"bytes {start}-{end - 1}/{row.bytes}"
        response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    # Whoever can write items must not be able to run scripts in the browser of who looks at them.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def span_of(first: str, last: str, n_bytes: int) -> tuple[int, int]:
    """Return where the bytes begin and end (exclusive) that `bytes=first-last` asks for."""
    if first:
        start, end = int(first), min(int(last) + 1 if last else n_bytes, n_bytes)
    else:
        start, end = max(0, n_bytes - int(last)), n_bytes
    if start >= end:
        raise Problem(
            "bad-range",
            f"the medium has {n_bytes:,} bytes",
            where="Range",
            headers={"Content-Range": f"bytes */{n_bytes}"},
        )
    return start, end


def _read(file: Path, start: int, end: int) -> Any:
    with file.open("rb") as opened:
        opened.seek(start)
        while start < end and (chunk := opened.read(min(CHUNK_BYTES, end - start))):
            start += len(chunk)
            yield chunk
