"""Fitted encoders on disk: JSON says which one, arrays and JSON what it has learned."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from sensorium.core.component import State, find_by_name
from sensorium.core.errors import DataError
from sensorium.core.files import write_text
from sensorium.encoders.base import Encoder
from sensorium.encoders.registry import OWN_PACKAGE, encoder_type, encoder_types, package_of

FILE = "encoder.json"


def save_encoder(encoder: Encoder[Any, Any], folder: Path) -> None:
    """Write a fitted encoder, and which other packages are needed to load it."""
    encoder.state().save(folder)
    described = encoder.spec()
    if packages := _other_packages(encoder):
        described["packages"] = packages
    write_text(folder / FILE, json.dumps(described, indent=1, sort_keys=True) + "\n")


def load_encoder(folder: Path) -> Encoder[Any, Any]:
    """Return the encoder that `save_encoder` wrote.

    Raises
    ------
    DataError
        If it was made by another version of the encoder, whose rows would not compare, or by one of a
        package that is not installed.
    """
    described = _described(folder)
    _require_packages(described.get("packages", {}), folder)
    cls = encoder_type(described["encoder"])
    encoder = cls(cls.config_type.parse(described["config"], where=str(folder / FILE)))
    if encoder.version != described["version"]:
        raise DataError(
            f"made by version {described['version']} of encoder {encoder.name}, this is {encoder.version}",
            where=str(folder),
            remedy="Encode and fit again",
        )
    return encoder.restore(State.load(folder))


class SavedEncoders(Mapping[str, Encoder[Any, Any]]):
    """Encoders in folders that `save_encoder` wrote, by name; each is loaded when it is first asked for.

    Most answers need none of them, and their modules take longer to import than an answer takes. Whether
    other packages are needed, and missing, is found out at once.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self._loaded: dict[str, Encoder[Any, Any]] = {}
        self._lock = Lock()
        for folder in self._folders.values():
            _require_packages(_described(folder).get("packages", {}), folder)

    def __getitem__(self, name: str) -> Encoder[Any, Any]:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load_encoder(self._folders[name])
            return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Encoder[Any, Any]]]]:
        return dict, (dict(self),)


def _described(folder: Path) -> dict[str, Any]:
    return json.loads((folder / FILE).read_text(encoding="utf-8"))


def _other_packages(encoder: Encoder[Any, Any]) -> dict[str, str]:
    """Return the packages that bring the encoder, and the members of a recipe, by the encoder's name."""
    recipe = encoder.as_recipe
    types = [type(encoder), *(type(member) for member in (recipe.members if recipe else ()))]
    packages = {cls.name: package_of(cls) for cls in types}
    return {name: package for name, package in packages.items() if package and package != OWN_PACKAGE}


def _require_packages(packages: dict[str, str], folder: Path) -> None:
    for name, package in packages.items():
        if find_by_name(name, encoder_types()) is None:
            raise DataError(
                f"made by encoder {name!r} of package {package}, which is not installed",
                where=str(folder),
                remedy=f"Install it with: pip install {package}",
            )
