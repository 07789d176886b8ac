"""Routes of exports: a table as JSON Lines, streamed."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from ninja import Router

from sensorium.service.api.access import AskingRequest, may
from sensorium.service.moving.files import ROWS_AT_ONCE, line_of
from sensorium.service.moving.tables import MOVED, Table

router = Router(tags=["export"])
LINES = "application/jsonl"
DOCUMENT: Mapping[str, Any] = {
    "responses": {
        200: {
            "description": "One JSON object a line.",
            "content": {LINES: {"schema": {"type": "string"}}},
        }
    }
}


@router.get(
    "/export/items", auth=may("items:read"), operation_id="export_items", openapi_extra=dict(DOCUMENT)
)
def items(request: AskingRequest) -> StreamingHttpResponse:
    """Return all items, each line as `POST /api/items` takes it."""
    return lines_of(request, "items")


@router.get(
    "/export/media", auth=may("items:read"), operation_id="export_media", openapi_extra=dict(DOCUMENT)
)
def media(request: AskingRequest) -> StreamingHttpResponse:
    """Return which media items have; their bytes are at `GET /api/items/{id}/media/{column}`."""
    return lines_of(request, "media")


@router.get(
    "/export/users", auth=may("users:read"), operation_id="export_users", openapi_extra=dict(DOCUMENT)
)
def users(request: AskingRequest) -> StreamingHttpResponse:
    """Return all users."""
    return lines_of(request, "users")


@router.get(
    "/export/events", auth=may("users:read"), operation_id="export_events", openapi_extra=dict(DOCUMENT)
)
def events(request: AskingRequest) -> StreamingHttpResponse:
    """Return all events, each line as `POST /api/events` takes it."""
    return lines_of(request, "events")


def lines_of(request: AskingRequest, table: Table) -> StreamingHttpResponse:
    """Return the answer with the rows of a table; no more than some of them are in memory at once."""
    response = StreamingHttpResponse(_chunks(MOVED[table].rows(request.auth.tenant)), content_type=LINES)
    response["Content-Disposition"] = f'attachment; filename="{table}.jsonl"'
    return response


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield "".join(map(line_of, some)).encode()
