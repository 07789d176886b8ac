"""Every encoder that is installed: those of this package, and those that other packages bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from sensorium.core.component import concrete_subclasses, find_by_name, warn_of_former_name
from sensorium.core.errors import ConfigError
from sensorium.core.plugins import Plugin, import_modules, load_plugins
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder, EncoderTraits

AnyEncoderType = type[Encoder[Any, Any]]
GROUP = "sensorium.encoders"
"""The entry points by which other packages bring encoders."""
OWN_PACKAGE = "sensorium"


@dataclass(frozen=True)
class LoadedEncoders:
    """What is installed, and what cannot be used."""

    installed: Mapping[str, Plugin[Encoder[Any, Any]]]
    refused: frozenset[AnyEncoderType]


@cache
def loaded_encoders() -> LoadedEncoders:
    """Return the encoders of this package and of others; those of others are loaded once."""
    found = {cls.name: Plugin(cls, OWN_PACKAGE, "") for cls in _built_in()}
    taken = {name for plugin in found.values() for name in plugin.component.former_names}
    plugins = load_plugins(GROUP, Encoder, taken=taken | found.keys(), reason_against=_reason_against)
    found |= {plugin.component.name: plugin for plugin in plugins.usable}
    return LoadedEncoders(MappingProxyType(found), plugins.refused)


def installed_encoders() -> Mapping[str, Plugin[Encoder[Any, Any]]]:
    """Return the encoders of this package, then those of others, each by its name and with its package.

    An encoder of another package that cannot be used is left out with a `PluginWarning`; so is one whose
    name is, or was, that of an encoder of this package.
    """
    return loaded_encoders().installed


def encoder_types() -> list[AnyEncoderType]:
    """Return the installed encoders, and whatever subclass of `Encoder` is defined besides, by name."""
    refused = loaded_encoders().refused
    besides = {cls.name: cls for cls in _defined() if cls not in refused}
    known = besides | {name: plugin.component for name, plugin in installed_encoders().items()}
    return [known[name] for name in sorted(known)]


def complete_types(role: Role) -> list[AnyEncoderType]:
    """Return the installed encoders of `role` that can be fitted as they are, by name."""
    types = (plugin.component for plugin in installed_encoders().values())
    fitting = [cls for cls in types if cls.traits.is_complete and cls.traits.modality is role]
    return sorted(fitting, key=lambda cls: cls.name)


def default_type(role: Role) -> AnyEncoderType:
    """Return the encoder that reads columns of `role` where nothing else is chosen."""
    types = (plugin.component for plugin in installed_encoders().values())
    return next(cls for cls in types if cls.traits.is_default and cls.traits.modality is role)


def engine_types(engine: str) -> dict[Role, AnyEncoderType]:
    """Return the encoders that run a model on `engine`, by what they read; empty if there is no such one."""
    fitting = [cls for cls in _installed_last() if cls.traits.engine == engine and engine]
    return {cls.traits.modality: cls for cls in fitting}


def recipe_types() -> dict[Role, AnyEncoderType]:
    """Return what joins the rows of several encoders, by what they read."""
    return {cls.traits.modality: cls for cls in _installed_last() if cls.traits.joins_members}


def package_of(cls: AnyEncoderType) -> str | None:
    """Return the name of the package that brings an installed encoder; None for one from anywhere else."""
    plugin = installed_encoders().get(cls.name)
    return plugin.package if plugin is not None and plugin.component is cls else None


def encoder_type(name: str) -> AnyEncoderType:
    """Return the encoder class that `name` is, or was, a name of; `ConfigError` if there is none."""
    known = encoder_types()
    found = find_by_name(name, known)
    if found is None:
        raise ConfigError(
            f"unknown encoder {name!r}", remedy=f"Encoders are: {', '.join(cls.name for cls in known)}"
        )
    return found


def make_encoder(name: str, config: Mapping[str, Any] | None = None) -> Encoder[Any, Any]:
    """Return an unfitted encoder.

    Raises
    ------
    ConfigError
        If there is no encoder `name`, or `config` does not fit it.
    """
    cls = encoder_type(name)
    warn_of_former_name("encoder", name, cls)
    return cls(cls.config_type.parse(dict(config or {}), where=f"encoder {cls.name}"))


def _built_in() -> list[AnyEncoderType]:
    """Return the encoders that modules beside this one define, by name."""
    modules = import_modules("sensorium.encoders")
    return sorted((cls for cls in _defined() if cls.__module__ in modules), key=lambda cls: cls.name)


def _defined() -> list[AnyEncoderType]:
    """Return the classes of encoders, without what only several of them have in common."""
    defined = concrete_subclasses(Encoder)
    return [cls for cls in defined if isinstance(getattr(cls, "traits", None), EncoderTraits)]


def _installed_last() -> list[AnyEncoderType]:
    """Return all encoders so that in a mapping the built-in ones replace others."""
    installed = [plugin.component for plugin in installed_encoders().values()]
    return [*(cls for cls in encoder_types() if cls not in installed), *reversed(installed)]


def _reason_against(cls: AnyEncoderType) -> str:
    """Return why an encoder of another package cannot be used; empty if it can."""
    traits: object = getattr(cls, "traits", None)
    if traits is None:
        return f"{cls.__name__} declares no traits"
    if not isinstance(traits, EncoderTraits):
        return f"the traits of {cls.__name__} are a {type(traits).__name__}, not EncoderTraits"
    modality = cast("object", traits.modality)
    if not (isinstance(modality, Role) and modality.makes_features):
        return f"{cls.__name__} reads {modality!r}, which is no Role that makes features"
    try:
        if cls.traits.is_complete:
            cls()
    except Exception as error:  # whatever a foreign class does when it is made
        return f"{cls.__name__}() fails: {type(error).__name__}: {error}"
    return ""
