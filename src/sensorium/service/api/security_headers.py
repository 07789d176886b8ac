"""What tells a browser not to do with an answer what nobody meant."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = "Content-Security-Policy"
NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For data: whoever opens it as a page loads and runs nothing."""
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For the pages of the service: scripts are files of their own; styles may stand in the page."""


class SecurityHeaders:
    """Middleware: answers say what a browser may do with them; cookies that came by TLS go by TLS alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        response.setdefault(POLICY, PAGE if is_page else NOTHING)
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
