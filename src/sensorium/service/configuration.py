"""Django's settings, made from a workspace: nobody has to write or to name a settings module."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.core.roles import Role
from sensorium.service.database_url import database_of, sqlite
from sensorium.service.extra import require_serve_extra
from sensorium.service.place import Place
from sensorium.service.proxies import PROXIES, networks_of
from sensorium.workspace.settings import Settings
from sensorium.workspace.workspace import Workspace

DATABASE_URL = "DATABASE_URL"
MEDIA_ROLES = (Role.IMAGE, Role.AUDIO, Role.VIDEO)
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""A machine may always ask itself how it is, whatever `hosts` says."""
SESSION_S = 14 * 24 * 3600
EVERY_ORIGIN = "*"
ASKING_HEADERS = ("idempotency-key", "if-none-match", "if-range", "range", "x-request-id")
"""What a page of another origin may send beside the usual."""
ANSWER_HEADERS = ("Content-Range", "ETag", "Retry-After", "X-Request-ID")
"""What it may read of an answer beside the usual."""


def configure(workspace: str | Path, database_url: str | None = None) -> None:
    """Make Django ready for the service of a workspace; once in a process, before models are imported.

    Parameters
    ----------
    workspace
        The folder with a `sensorium.toml`.
    database_url
        Where the database is, such as `postgresql://me@localhost/shop`. If not given, the variable
        DATABASE_URL says it; without one, an SQLite database in the workspace.

    Raises
    ------
    MissingExtraError
        If the optional part [serve] is not installed.
    NotReadyError, ConfigError
        If there is no workspace, or its settings or the URL cannot be understood.
    """
    require_serve_extra(needed_for="the service")
    opened = Workspace.open(workspace)
    place = Place(opened.folder.resolve())
    place.folder.mkdir(mode=0o700, exist_ok=True)
    url = database_url or os.environ.get(DATABASE_URL)
    database = database_of(url) if url else sqlite(place.database)

    import django
    from django.conf import settings

    settings.configure(**django_settings(place, database, opened.settings))
    django.setup()


def django_settings(place: Place, database: dict[str, Any], workspace: Settings) -> dict[str, Any]:
    """Return the settings by Django's names; those that begin with SENSORIUM are our own."""
    limits = workspace.service
    networks_of(limits.proxies, where="[service] proxies")  # a mistake is said at the start
    media = {column: role for role in MEDIA_ROLES for column in workspace.catalog.columns(role)}
    return {
        "SENSORIUM_PLACE": place,
        "SENSORIUM_LIMITS": limits,
        "SENSORIUM_MEDIA_COLUMNS": media,
        "SENSORIUM_WEB_NETWORKS": workspace.catalog.private_networks,
        "SECRET_KEY": place.secret(),
        "DEBUG": False,
        # Beside those of `[service] proxies`.
        "SENSORIUM_PROXIES": networks_of(filter(None, os.environ.get(PROXIES, "").split(","))),
        "ALLOWED_HOSTS": [*limits.hosts, *OWN_NAMES],
        "DATABASES": {"default": database},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        **cross_origin_settings(limits.origins),
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "ninja",
            "sensorium.service",
        ],
        "AUTH_USER_MODEL": "service.Account",
        "MIDDLEWARE": middleware(has_origins=bool(limits.origins)),
        "ROOT_URLCONF": "sensorium.service.api.urls",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        "APPEND_SLASH": False,
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "USE_TZ": True,
        "USE_I18N": False,
        "SESSION_COOKIE_AGE": SESSION_S,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": None,  # `BodyLimits` knows what each route may take
        "LOGGING_CONFIG": None,
    }


def middleware(*, has_origins: bool) -> list[str]:
    """Return what each request passes, the outermost first."""
    return [
        "sensorium.service.api.forwarded.Forwarded",
        "sensorium.service.api.request_log.RequestLog",
        "sensorium.service.api.head_requests.HeadRequests",
        *(["corsheaders.middleware.CorsMiddleware"] if has_origins else []),
        "sensorium.service.api.security_headers.SecurityHeaders",
        "django.middleware.security.SecurityMiddleware",
        "sensorium.service.api.error_pages.ErrorsAreProblems",
        "django.middleware.common.CommonMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "sensorium.service.api.paths.RoutedPaths",
        "sensorium.service.api.body_limits.BodyLimits",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]


def cross_origin_settings(origins: Sequence[str]) -> dict[str, Any]:
    """Return what pages of other origins may do: ask with a key. The cookies of sessions are for our own."""
    from corsheaders.defaults import default_headers

    return {
        "CORS_ALLOWED_ORIGINS": [origin for origin in origins if origin != EVERY_ORIGIN],
        "CORS_ALLOW_ALL_ORIGINS": EVERY_ORIGIN in origins,
        "CORS_ALLOW_CREDENTIALS": False,
        "CORS_URLS_REGEX": r"^/api/",
        "CORS_ALLOW_HEADERS": [*default_headers, *ASKING_HEADERS],
        "CORS_EXPOSE_HEADERS": list(ANSWER_HEADERS),
    }
