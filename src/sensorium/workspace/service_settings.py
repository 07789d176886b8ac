"""`[service]`: what `sensorium serve` lets others do."""

from typing import Annotated

from pydantic import BeforeValidator, PositiveFloat, PositiveInt, StringConstraints

from sensorium.core.config import Config
from sensorium.workspace.user_settings import several

Hosts = Annotated[tuple[str, ...], BeforeValidator(several)]
Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[^/\s]+)$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(several)]


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
    origins: Origins = ()
    """Where pages may come from that ask with a key, such as `https://shop.example.org`; `*` is anywhere."""
    proxies: Hosts = ("127.0.0.1", "::1")
    """Addresses or networks of proxies: who asks through one, and how, is what its `X-Forwarded-*` say."""
    most_items: PositiveInt | None = None
    """How many items a tenant may have; any number if not given."""
    most_media_gb: PositiveFloat | None = None
    """How many gigabytes of media a tenant may have."""
    most_events_a_day: PositiveInt | None = None
    """How many events a tenant may store from midnight to midnight (UTC)."""
