"""Where components come from: modules of this package, and entry points of other installed ones."""

import inspect
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import walk_packages
from typing import Any, Generic, TypeVar

from sensorium.core.component import Component
from sensorium.core.errors import PluginWarning

ComponentT = TypeVar("ComponentT", bound=Component[Any])
NAME = re.compile(r"[\w.-]+")
"""What a component can be called: `+`, `:` and blanks mean something where names are written."""


@dataclass(frozen=True)
class Plugin(Generic[ComponentT]):
    """A component, and the package that brings it."""

    component: type[ComponentT]
    package: str
    """The name under which the package is installed."""
    version: str


def import_modules(package: str) -> tuple[str, ...]:
    """Import every module beneath `package`, so that what they define is known; return their names."""
    beneath = walk_packages(import_module(package).__path__, f"{package}.")
    names = tuple(module.name for module in beneath)
    for name in names:
        import_module(name)
    return names


@dataclass(frozen=True)
class Plugins(Generic[ComponentT]):
    """What entry points name."""

    usable: tuple[Plugin[ComponentT], ...]
    """In the order of packages and names."""
    refused: frozenset[type[ComponentT]]
    """Classes that were loaded and cannot be used."""


def accept_all(component: type[Component[Any]]) -> str:
    """Return nothing: there is no reason against `component`."""
    del component
    return ""


def load_plugins(
    group: str,
    base: type[ComponentT],
    *,
    taken: Collection[str] = (),
    reason_against: Callable[[type[ComponentT]], str] = accept_all,
) -> Plugins[ComponentT]:
    """Return the subclasses of `base` that entry points of `group` name.

    One that cannot be used costs itself alone: a `PluginWarning` says which package it is from, why, and
    what to do.

    Parameters
    ----------
    group
        Such as `sensorium.encoders`.
    base
        What each must be a subclass of, without abstract methods.
    taken
        Names that belong to built-in components already.
    reason_against
        Says why a class cannot be used, by what it declares; empty if it can.
    """
    found: dict[str, Plugin[ComponentT]] = {}
    refused: set[type[ComponentT]] = set()
    for entry in sorted(entry_points(group=group), key=lambda entry: (package_of(entry), entry.name)):
        try:
            component = _load(entry, base)
        except (Exception, SystemExit) as error:  # whatever a foreign package does when it is imported
            reason = str(error) if isinstance(error, _UnusableError) else f"{type(error).__name__}: {error}"
            warn_of_plugin(entry.name, package_of(entry), reason)
            continue
        name = component.name
        if name in found and found[name].component is component:
            continue
        reason = _reason_against_name(name, taken, found) or reason_against(component)
        if reason:
            warn_of_plugin(entry.name, package_of(entry), reason)
            refused.add(component)
            continue
        version = "" if entry.dist is None else entry.dist.version
        found[name] = Plugin(component, package_of(entry), version)
    usable = tuple(found.values())
    return Plugins(usable, frozenset(refused.difference(plugin.component for plugin in usable)))


def _reason_against_name(name: str, taken: Collection[str], found: Mapping[str, Plugin[Any]]) -> str:
    """Return why nothing more can be called `name`; empty if it can."""
    if not NAME.fullmatch(name):
        return f"nothing can be called {name!r}: a name is of letters, digits, dots, - and _"
    if name in taken or name in found:
        owner = "a built-in one" if name in taken else f"one of package {found[name].package}"
        return f"{owner} is called {name!r} already, and is used"
    return ""


def package_of(entry: EntryPoint) -> str:
    """Return the name of the package that brings `entry`."""
    return "" if entry.dist is None else str(entry.dist.metadata["Name"])


def warn_of_plugin(name: str, package: str, reason: str) -> None:
    """Warn that the plugin `name` is left out."""
    why = " ".join(reason.split())
    text = f"{name!r} of package {package} is left out: {why}. Mend, update or uninstall {package}"
    warnings.warn(text, PluginWarning, stacklevel=2)


class _UnusableError(Exception):
    """A plugin is something else than it must be."""


def _load(entry: EntryPoint, base: type[ComponentT]) -> type[ComponentT]:
    loaded: Any = entry.load()
    if not (inspect.isclass(loaded) and issubclass(loaded, base)):
        raise _UnusableError(f"{entry.value} is no subclass of {base.__name__}")
    if inspect.isabstract(loaded):
        lacks = ", ".join(sorted(getattr(loaded, "__abstractmethods__", ())))
        raise _UnusableError(f"{entry.value} does not define {lacks}")
    return loaded
