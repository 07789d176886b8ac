"""What the service stands on: the optional part [serve]."""

from importlib.util import find_spec

from sensorium.core.errors import MissingExtraError

EXTRA = "serve"
MODULES = ("corsheaders", "django", "gunicorn", "ninja", "prometheus_client", "psycopg", "whitenoise")
"""What it brings; each is imported by the service."""


def require_serve_extra(*, needed_for: str) -> None:
    """Raise `MissingExtraError`, which says how to install it, unless all of the extra is there."""
    if any(find_spec(module) is None for module in MODULES):
        raise MissingExtraError(EXTRA, needed_for=needed_for)
