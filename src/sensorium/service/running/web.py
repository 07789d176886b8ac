"""What a web server runs: a WSGI application for the workspace that SENSORIUM_WORKSPACE names."""

import os
from typing import Any

from sensorium.core.errors import ConfigError
from sensorium.service.configuration import configure
from sensorium.service.running.logs import log_to_stderr

WORKSPACE = "SENSORIUM_WORKSPACE"


def configure_named() -> None:
    """Make Django ready for the workspace that the environment names, and log to stderr."""
    folder = os.environ.get(WORKSPACE)
    if not folder:
        raise ConfigError(
            "no workspace is named", where=WORKSPACE, remedy="Set it to a folder with a sensorium.toml"
        )
    configure(folder)
    log_to_stderr()


def application() -> Any:
    """Return the application, such as for `gunicorn 'sensorium.service.running.web:application()'`."""
    configure_named()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()
