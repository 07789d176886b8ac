"""Encoders by the name that stands in files and settings."""

from collections.abc import Mapping
from typing import Any

from sensorium.core.component import concrete_subclasses
from sensorium.core.errors import ConfigError
from sensorium.encoders.base import Encoder


def encoder_types() -> list[type[Encoder[Any, Any]]]:
    """Return every encoder class that is defined, by name; importing a module with one enrols it."""
    return concrete_subclasses(Encoder)


def encoder_type(name: str) -> type[Encoder[Any, Any]]:
    """Return the encoder class called `name`; `ConfigError` if there is none."""
    found = {cls.name: cls for cls in encoder_types()}
    if name not in found:
        raise ConfigError(f"unknown encoder {name!r}", remedy=f"Encoders are: {', '.join(found)}")
    return found[name]


def make_encoder(name: str, config: Mapping[str, Any] | None = None) -> Encoder[Any, Any]:
    """Return an unfitted encoder.

    Raises
    ------
    ConfigError
        If there is no encoder `name`, or `config` does not fit it.
    """
    cls = encoder_type(name)
    return cls(cls.config_type.parse(dict(config or {}), where=f"encoder {name}"))
