"""Every model by its name: the built-in ones, and those that other packages bring.

A package brings models by entry points of the group `sensorium.models`, each of which names a `Recommender`.
What cannot be used costs only itself: a warning says which package it is.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sensorium.core.component import concrete_subclasses
from sensorium.core.errors import ConfigError
from sensorium.core.plugins import import_modules, load_plugins
from sensorium.models.base import Recommender

GROUP = "sensorium.models"
"""The group of entry points that name models."""
OWN = "sensorium."
"""What the modules of built-in models begin with."""


def model_types() -> dict[str, type[Recommender[Any]]]:
    """Return every concrete `Recommender` that is built in, installed or defined, by name.

    Of two of one name the built-in one stays, else the one that was defined first.
    """
    _import_built_in()
    plugin_packages()
    found: dict[str, type[Recommender[Any]]] = {}
    for model in sorted(concrete_subclasses(Recommender), key=lambda model: not is_built_in(model)):
        found.setdefault(model.name, model)
    return dict(sorted(found.items()))


def make_model(
    name: str, settings: Mapping[str, Any] | None = None, *, package: str = ""
) -> Recommender[Any]:
    """Return an unfitted model; `ConfigError` names what is unknown, and what is known or to be installed.

    `package` brings the model, if it is known that one does.
    """
    known = model_types()
    if name not in known:
        remedy = f"Known models: {', '.join(sorted(known))}"
        if package:
            remedy = f"It comes with the package {package}, which is not installed: pip install {package}"
        raise ConfigError(f"unknown model {name!r}", remedy=remedy)
    config = known[name].config_type.parse(dict(settings or {}), where=f"model {name!r}")
    return known[name](config)


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


@cache
def plugin_packages() -> Mapping[type[Recommender[Any]], str]:
    """Return model -> package for all models that installed packages bring; they are loaded once."""
    _import_built_in()
    taken = {model.name for model in concrete_subclasses(Recommender) if is_built_in(model)}
    return {plugin.component: plugin.package for plugin in load_plugins(GROUP, Recommender, taken=taken)}


@cache
def _import_built_in() -> None:
    """Import every module of models, which defines them."""
    import_modules("sensorium.models")
