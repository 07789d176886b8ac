"""`[service]`: what `sensorium serve` lets others do."""

from typing import Annotated

from pydantic import BeforeValidator, PositiveFloat, PositiveInt

from sensorium.core.config import Config
from sensorium.workspace.user_settings import several

Hosts = Annotated[tuple[str, ...], BeforeValidator(several)]


class ServiceSettings(Config):
    """`[service]`: hosts and limits of the HTTP service."""

    hosts: Hosts = ("*",)
    """Names by which the service may be asked for, such as `api.example.org`; `*` takes any."""
    requests_per_second: PositiveFloat = 500.0
    """How many requests each key may make; beyond them the answer is 429."""
    body_mb: PositiveInt = 16
    """The largest JSON that is taken, in megabytes."""
    media_mb: PositiveInt = 200
    """The largest medium that is taken, in megabytes."""
