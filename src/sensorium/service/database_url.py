"""DATABASE_URL, as Django wants to hear it."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sensorium.core.errors import ConfigError

WAIT_S = 20
"""How long a writer waits for another one on SQLite."""
REMEDY = "Write it as postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH/TO/FILE"


def sqlite(file: Path) -> dict[str, Any]:
    """Return the settings of an SQLite database: one writer, any number of readers, nothing lost."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": WAIT_S,
            # A transaction that reads first and writes then could not wait for another writer.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768",
        },
    }


def database_of(url: str) -> dict[str, Any]:
    """Return the settings of the database that `url` names.

    Raises
    ------
    ConfigError
        If it is of another kind than PostgreSQL and SQLite, or cannot be read; the message holds no password.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme == "sqlite" and parts.path.strip("/"):
        return sqlite(Path(unquote(parts.path[1:])))
    if scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        shown = f"{scheme or 'nothing'}:"
        raise ConfigError(f"{shown} names no database", where="DATABASE_URL", remedy=REMEDY)
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigError("the port is no number", where="DATABASE_URL", remedy=REMEDY) from error
    options: dict[str, Any] = {"connect_timeout": 5, **dict(parse_qsl(parts.query))}
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
