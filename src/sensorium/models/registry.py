"""Every model by its name: the built-in ones, and those that other packages bring.

A package brings models by entry points of the group `sensorium.models`, each of which names a `Recommender`.
What cannot be used costs only itself: a warning says which package it is.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from sensorium.core.component import concrete_subclasses, find_by_name, warn_of_former_name
from sensorium.core.errors import ConfigError
from sensorium.core.plugins import Plugins, import_modules, load_plugins
from sensorium.models.base import AutoPolicy, Recommender, Traits
from sensorium.models.search_space import Space

GROUP = "sensorium.models"
"""The group of entry points that name models."""
OWN = "sensorium."
"""What the modules of built-in models begin with."""
RESERVED = frozenset({"auto"})
"""Names that mean something else where a model is asked for."""


def model_types() -> dict[str, type[Recommender[Any]]]:
    """Return every concrete `Recommender` that is built in, installed or defined, by name.

    Of two of one name the built-in one stays, else the one that was defined first.
    """
    refused = _plugins().refused
    found: dict[str, type[Recommender[Any]]] = {}
    for model in sorted(concrete_subclasses(Recommender), key=lambda model: not is_built_in(model)):
        if model not in refused and (is_built_in(model) or not reason_against(model)):
            found.setdefault(model.name, model)
    return dict(sorted(found.items()))


def make_model(
    name: str, settings: Mapping[str, Any] | None = None, *, package: str = ""
) -> Recommender[Any]:
    """Return an unfitted model; `ConfigError` names what is unknown, and what is known or to be installed.

    A former name is accepted with a `FormerNameWarning`. `package` brings the model, if it is known that one
    does.
    """
    known = model_types()
    model = find_by_name(name, known.values())
    if model is None:
        remedy = f"Known models: {', '.join(sorted(known))}"
        if package:
            remedy = f"It comes with the package {package}, which is not installed: pip install {package}"
        raise ConfigError(f"unknown model {name!r}", remedy=remedy)
    warn_of_former_name("model", name, model)
    return model(model.config_type.parse(dict(settings or {}), where=f"model {model.name!r}"))


def block_model() -> type[Recommender[Any]]:
    """Return the model that the name of a feature block stands for: what it says with that block alone."""
    declared = [model for model in model_types().values() if model.auto.named_by_block]
    return min(declared, key=lambda model: not is_built_in(model))


def is_built_in(model: type[Recommender[Any]]) -> bool:
    """Return whether `model` is part of this package."""
    return model.__module__.startswith(OWN)


def is_installed(model: type[Recommender[Any]]) -> bool:
    """Return whether every process finds `model`: it is built in, or an installed package brings it."""
    return is_built_in(model) or model in plugin_packages()


def package_of(model: type[Recommender[Any]]) -> str:
    """Return the installed package that brings `model`; empty for a built-in one and one defined at hand."""
    return plugin_packages().get(model, "")


def plugin_packages() -> Mapping[type[Recommender[Any]], str]:
    """Return model -> package for all models that installed packages bring; they are loaded once."""
    return {plugin.component: plugin.package for plugin in _plugins().usable}


@cache
def _plugins() -> Plugins[Recommender[Any]]:
    """Return the models that installed packages bring, those that cannot be used apart."""
    _import_built_in()
    own = [model for model in concrete_subclasses(Recommender) if is_built_in(model)]
    taken = RESERVED.union(*((model.name, *model.former_names) for model in own))
    return load_plugins(GROUP, Recommender, taken=taken, reason_against=reason_against)


def reason_against(model: type[Recommender[Any]]) -> str:
    """Return why a model cannot be used, by what it declares; empty if it can.

    What it does with data is another matter: see `sensorium.testing.recommender_contract`.
    """
    name, fields = model.__name__, model.config_type.model_fields
    declared: list[tuple[str, object, type]] = [
        ("traits", model.traits, Traits),
        ("auto", model.auto, AutoPolicy),
        ("space", model.space, Mapping),
    ]
    for attribute, given, kind in declared:
        if not isinstance(given, kind):
            return f"`{attribute}` of {name} is a {type(given).__name__}, not {kind.__name__}"
    needed = {
        "block": model.traits.block,
        "blocks": model.traits.weighs_blocks,
        "members": model.traits.fuses,
    }
    for setting in [*(setting for setting, needs in needed.items() if needs), *model.space]:
        if setting not in fields:
            return f"{name} declares the setting {setting!r}, which its {model.config_type.__name__} has not"
    unknown = [
        setting for setting, space in model.space.items() if not isinstance(cast("object", space), Space)
    ]
    return f"`space` of {name} gives no Space for {unknown[0]!r}" if unknown else ""


@cache
def _import_built_in() -> None:
    """Import every module of models, which defines them."""
    import_modules("sensorium.models")
