"""Who asks where a proxy stands in between: what proxies that are trusted say, and nobody else."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sensorium.service.proxies import Network, address_of, caller_behind, is_trusted, networks_of

THIS_MACHINE = "127.0.0.1"
"""Who asks through a socket that has no address."""


class Forwarded:
    """Middleware: the address and the scheme that a trusted proxy names take the place of the proxy's own.

    From any other address the two headers mean nothing, since anybody can send them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        trusted = (*settings.SENSORIUM_PROXIES, *_networks(settings.SENSORIUM_LIMITS.proxies))
        asking = request.META.get("REMOTE_ADDR", "")
        sender = address_of(asking or THIS_MACHINE)
        if sender is not None and (not asking or is_trusted(sender, trusted)):
            said = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = str(caller_behind(sender, said, trusted))
            scheme = request.META.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
            if scheme in ("http", "https"):
                request.META["wsgi.url_scheme"] = scheme
        return self.get_response(request)


@cache
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Return those of `[service] proxies`, read once."""
    return networks_of(texts, where="[service] proxies")
