"""Routes of what stands for a medium on a page: thumbnails, shapes of sounds, excerpts."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.http.response import HttpResponseBase
from ninja import Router
from ninja.params.functions import Query
from pydantic import Field

from sensorium.core.roles import Role
from sensorium.media.previews.names import EXCERPT, PEAKS, THUMBNAIL, WIDTHS_PX
from sensorium.service.api.access import AskingRequest, may
from sensorium.service.api.fields import Id, Word
from sensorium.service.api.file_answers import Served, answer_with, file_name
from sensorium.service.api.media import BINARY, PATH, RETRY_S, fetched_medium_of, role_of
from sensorium.service.api.problems import Problem
from sensorium.service.catalogue.models import Media
from sensorium.service.catalogue.previews import find_preview

router = Router(tags=["media"])
ENDINGS: Mapping[str, str] = {
    "image/webp": ".webp",
    "application/json": ".json",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
}


def described(what: str, *types: str) -> dict[str, Any]:
    """Return what the OpenAPI document says of a route that answers with a file."""
    content = {kind: {"type": "object"} if kind == "application/json" else BINARY["schema"] for kind in types}
    return {
        "responses": {
            200: {"description": what, "content": {kind: {"schema": it} for kind, it in content.items()}},
            206: {"description": "The part of it that `Range` asks for.", "content": {"*/*": BINARY}},
            304: {"description": "It is as `If-None-Match` says."},
        }
    }


@router.get(
    f"{PATH}/thumbnail",
    auth=may("items:read"),
    operation_id="get_thumbnail",
    openapi_extra=described("A picture without metadata.", "image/webp"),
)
def thumbnail(
    request: AskingRequest,
    item_id: Id,
    column: Word,
    width: Annotated[int, Field(ge=1, le=10_000)] = Query(
        320, description=f"In pixels; there are {', '.join(map(str, WIDTHS_PX))}."
    ),
) -> HttpResponseBase:
    """Return a small picture of a picture or a clip, at least `width` wide if there is such a one."""
    least = next((known for known in WIDTHS_PX if known >= width), max(WIDTHS_PX))
    return _preview(request, item_id, column, f"{THUMBNAIL}-{least}")


@router.get(
    f"{PATH}/peaks",
    auth=may("items:read"),
    operation_id="get_peaks",
    openapi_extra=described("The shape of the sound.", "application/json"),
)
def peaks(request: AskingRequest, item_id: Id, column: Word) -> HttpResponseBase:
    """Return the shape of a sound, or of a clip's, in the format of audiowaveform (version 2).

    `data` holds the lowest and the highest value of up to 1,000 stretches in turn, from -128 to 127; a
    stretch is `samples_per_pixel` samples long, and `sample_rate` of these are a second.
    """
    return _preview(request, item_id, column, PEAKS)


@router.get(
    f"{PATH}/preview",
    auth=may("items:read"),
    operation_id="get_preview",
    openapi_extra=described("The middle of the medium.", "audio/mp4", "video/mp4"),
)
def preview(request: AskingRequest, item_id: Id, column: Word) -> HttpResponseBase:
    """Return an excerpt: 30 seconds of a sound as M4A, 6 of a clip as a small MP4 without sound."""
    return _preview(request, item_id, column, EXCERPT)


def _preview(request: AskingRequest, item_id: str, column: str, name: str) -> HttpResponseBase:
    """Return what was made of a medium; a `Problem` says whether it is not there yet, or never will be."""
    role, row = role_of(column), fetched_medium_of(request.auth.tenant, item_id, column)
    found = find_preview(row, role, name)
    if found is None or isinstance(found, str):
        raise _missing(row, role, name.partition("-")[0], found)
    named = file_name(item_id, f"{column} {name}", ENDINGS.get(found.type, ""))
    return answer_with(request, Served(found.file, found.version, found.type, named))


def _missing(row: Media, role: Role, name: str, why: str | None) -> Problem:
    if why is None and row.status != "failed":
        what = f"the {name} is not made yet"
        return Problem("medium-not-ready", what, where="column", headers={"Retry-After": str(RETRY_S)})
    return Problem("no-preview", f"there is no {name} of this {role.value}: {why or row.why}", where="column")
