"""Every model by its name: the built-in ones, and those that other packages bring.

A package brings models by entry points of the group `sensorium.models`, each of which names a `Recommender`
or a module that defines some. What cannot be used costs only itself: a warning says which package it is.
"""

import pkgutil
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract, isclass, ismodule
from types import ModuleType
from typing import Any

import sensorium.models
from sensorium.core.errors import ConfigError
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
    for model in sorted(_concrete(Recommender), key=lambda model: not is_built_in(model)):
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


def package_of(model: type[Recommender[Any]]) -> str:
    """Return the installed package that brings `model`; empty for a built-in one and one defined at hand."""
    return plugin_packages().get(model, "")


@cache
def plugin_packages() -> Mapping[type[Recommender[Any]], str]:
    """Return model -> package for all models that installed packages bring; they are loaded once."""
    _import_built_in()
    found: dict[type[Recommender[Any]], str] = {}
    names = {model.name: "that is built in" for model in _concrete(Recommender) if is_built_in(model)}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (_package(point), point.name)):
        for model in _loaded(point):
            if model in found:
                continue
            if model.name in names:
                _warn(point, f"has the name of the model {model.name!r} {names[model.name]}, which stays")
                continue
            found[model], names[model.name] = _package(point), f"of {_package(point)}"
    return found


@cache
def _import_built_in() -> None:
    """Import every module of models, which defines them."""
    for module in pkgutil.iter_modules(sensorium.models.__path__):
        import_module(f"{sensorium.models.__name__}.{module.name}")


def _loaded(point: EntryPoint) -> list[type[Recommender[Any]]]:
    """Return the models that an entry point names, or none with a warning that says why."""
    try:
        loaded = point.load()
    except Exception as error:  # whatever a package does on import, it costs only itself
        _warn(point, f"cannot be loaded: {type(error).__name__}: {error}")
        return []
    found = [each for each in _named(loaded) if isclass(each) and issubclass(each, Recommender)]
    models = [model for model in found if not isabstract(model)]
    if not models:
        _warn(point, f"names no Recommender that can be made: {point.value}")
    return models


def _named(loaded: object) -> list[object]:
    """Return what an entry point names: a thing, or what a module defines."""
    if not ismodule(loaded):
        return [loaded]
    module: ModuleType = loaded
    return [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"


def _warn(point: EntryPoint, what: str) -> None:
    package = _package(point)
    message = (
        f"the model {point.name!r} of the package {package} {what}. It is left out; "
        f"ask its authors, or: pip uninstall {package}"
    )
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def _concrete(base: type[Any]) -> Iterator[type[Recommender[Any]]]:
    """Yield the subclasses of `base` that can be made, in the order in which they were defined."""
    for model in base.__subclasses__():
        if not isabstract(model):
            yield model
        yield from _concrete(model)
