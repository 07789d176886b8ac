"""Paths as they were sent: an id may hold a slash, written as %2F, and be told from two parts of a path."""

from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import register_converter


class RoutedPaths:
    """Middleware: what is routed is the path with its parts percent-encoded, in one spelling."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        sent = request.META.get("RAW_URI") or request.META.get("REQUEST_URI")
        request.path_info = routed(str(sent)) if sent else quote(request.path_info, safe="/")
        return self.get_response(request)


def routed(uri: str) -> str:
    """Return the path of `uri` with each part encoded alike, so that `/%61pi` is `/api`."""
    path = urlsplit(uri).path if "://" in uri.partition("?")[0] else uri.partition("?")[0].partition("#")[0]
    # The server hands bytes beyond ASCII on as Latin-1.
    parts = path.encode("latin-1", "replace").split(b"/")
    return "/".join(quote(unquote_to_bytes(part), safe="") for part in parts)


class IdConverter:
    """A part of a path that is an id: any text, decoded after the path was taken apart."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Return the id; what is no UTF-8 is no path (ValueError)."""
        return unquote(value, errors="strict")

    def to_url(self, value: str) -> str:
        """Return the id as a part of a path."""
        return quote(value, safe="")


register_converter(IdConverter, "id")  # as routes write it: `/items/{id:item_id}`
