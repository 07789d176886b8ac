"""Files given back over HTTP: with ETags, in the parts that are asked for, and harmless to a browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header  # pyright: ignore[reportAttributeAccessIssue]

from sensorium.service.api.problems import Problem

ANY_BYTES = "application/octet-stream"
CHUNK_BYTES = 1 << 20
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
STEM = re.compile(r"[^\w .()-]+")
"""What is left out of the names that files are saved under."""


@dataclass(frozen=True)
class Served:
    """A file as it is given back."""

    file: Path
    version: str
    """Another one for other bytes: the strong ETag, without its quotes."""
    type: str
    """Media type; what is of none that is known is saved and not shown."""
    name: str
    """What a browser would save it under."""


def answer_with(request: HttpRequest, served: Served) -> HttpResponseBase:
    """Return the file, the part that `Range` asks for, or that it is as `If-None-Match` says.

    Raises
    ------
    Problem
        If the part lies outside (416), it is not as `If-Match` says (412), or its file is gone (404).
    """
    etag = f'"{served.version}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _part_of(request, served, etag)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    # Whoever can write items must not be able to run scripts in the browser of who looks at them.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def file_name(item_id: str, column: str, ending: str) -> str:
    """Return what a browser saves a file of an item under: letters, digits and little else."""
    stem = STEM.sub("_", f"{item_id} {column}").strip(" .")[:100]
    return stem + ending


def _part_of(request: HttpRequest, served: Served, etag: str) -> HttpResponseBase:
    try:
        n_bytes = served.file.stat().st_size
    except FileNotFoundError:
        raise Problem(
            "unknown-medium", "its file is not there any more", remedy="Send the medium again"
        ) from None
    matches = request.headers.get("If-Range", etag) == etag
    found = RANGE.fullmatch(request.META.get("HTTP_RANGE", "")) if matches else None
    if found is None or found.groups() == ("", ""):
        response: HttpResponse | StreamingHttpResponse = FileResponse(
            served.file.open("rb"), content_type=served.type
        )
    else:
        start, end = span_of(found.group(1), found.group(2), n_bytes)
        chunks = _read(served.file, start, end)
        response = StreamingHttpResponse(chunks, status=206, content_type=served.type)
        response["Content-Range"] = f"bytes {start}-{end - 1}/{n_bytes}"
        response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    disposition = content_disposition_header(served.type == ANY_BYTES, served.name)
    response["Content-Disposition"] = disposition or "attachment"
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
            f"there are {n_bytes:,} bytes",
            where="Range",
            headers={"Content-Range": f"bytes */{n_bytes}"},
        )
    return start, end


def _read(file: Path, start: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(start)
        while start < end and (chunk := opened.read(min(CHUNK_BYTES, end - start))):
            start += len(chunk)
            yield chunk
