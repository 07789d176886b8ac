"""How much a request may bring."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sensorium.service.api.problems import Problem

MEDIA_PATH = re.compile(r"/api/items/[^/]+/media/[^/]+")
MB = 1_000_000


class BodyLimits:
    """Middleware: refuses bodies that are too large, or of unknown length, before they are read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return Problem("missing-length", "the body comes in chunks").response(request)
        limits = settings.SENSORIUM_LIMITS
        is_medium = MEDIA_PATH.fullmatch(request.path_info) is not None
        most = (limits.media_mb if is_medium else limits.body_mb) * MB
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if length.isdecimal() and int(length) > most:
            what = f"the body has {int(length):,} bytes; {most:,} are allowed"
            return Problem("too-large", what, headers={"Connection": "close"}).response(request)
        return self.get_response(request)
