"""The service: a workspace answers over HTTP, in as many processes as are wanted, over one database."""

from sensorium.service.configuration import configure

__all__ = ["configure"]
