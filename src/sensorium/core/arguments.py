"""What callers give where a list, a whole number or a known word belongs: taken, or refused in words."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from sensorium.core.errors import ConfigError

LARGEST_SEED = 2**32 - 1
ChoiceT = TypeVar("ChoiceT", bound=str)


def as_list(values: object, name: str) -> list[object]:
    """Return `values` as a list.

    One text, whose letters nobody means, is refused; so are a frame, a table of several columns and what
    cannot be gone through.
    """
    if isinstance(values, str | bytes):
        raise ConfigError(f"{values!r} is one text, no list", where=name, remedy=f"Write {name}=[{values!r}]")
    if hasattr(values, "columns"):
        raise ConfigError(
            f"a frame is no list of {name}",
            where=name,
            remedy=f'Give its column: frame["{_singular(name)}_id"]',
        )
    shape = getattr(values, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        raise ConfigError(
            f"an array of shape {shape} is no list", where=name, remedy=f"Give {name} in one row"
        )
    if not isinstance(values, Iterable):
        remedy = "Leave it out" if values is None else f"Write {name}=[{values!r}]"
        raise ConfigError(f"{values!r} is no list", where=name, remedy=remedy)
    return list(values)


def as_texts(values: object, name: str) -> list[str]:
    """Return `values` as a list of texts."""
    listed = as_list(values, name)
    wrong = [value for value in listed if not isinstance(value, str)]
    if wrong:
        raise ConfigError(f"{wrong[0]!r} is no text", where=name, remedy=f"Write {name}=[{str(wrong[0])!r}]")
    return [value for value in listed if isinstance(value, str)]


def as_length(k: object) -> int:
    """Return the length of a list of items that is asked for."""
    if not isinstance(k, int | np.integer) or isinstance(k, bool):
        raise ConfigError(f"k is {k!r}, no whole number", remedy="Ask for example for k=10")
    if k < 1:
        raise ConfigError(f"k is {k}", remedy="Ask for at least one item")
    return int(k)


def as_seed(seed: object) -> int:
    """Return a seed that every generator of random numbers takes."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(
            f"{seed!r} is no seed", where="seed", remedy=f"Give a whole number from 0 to {LARGEST_SEED}"
        )
    return int(seed)


def as_choice(value: object, known: Sequence[ChoiceT], name: str) -> ChoiceT:
    """Return that of the `known` words which `value` is."""
    found = next((one for one in known if one == value), None)
    if found is None:
        raise ConfigError(
            f"unknown {name} {value!r}", where=name, remedy=f"Choose one of: {', '.join(known)}"
        )
    return found


def _singular(name: str) -> str:
    return "user" if name == "users" else "item"
