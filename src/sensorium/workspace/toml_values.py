"""Values and comments as a `sensorium.toml` holds them."""

from collections.abc import Sequence
from typing import Any


def inline(value: object) -> object:
    """Return `value` as tomlkit writes it on one line: a table in braces."""
    import tomlkit

    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update({str(key): inline(element) for key, element in value.items()})
    return table


def printable(text: str) -> str:
    """Return `text` on one line, without what a comment must not hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def set_value(table: Any, key: str, value: object, why: str) -> None:
    """Write a setting in its place, the reason behind it; one that is not there, beneath its reason."""
    import tomlkit

    if key in table:
        table[key] = value
        if why:
            table[key].comment(printable(why))
        return
    if why:
        table.add(tomlkit.comment(printable(why)))
    table.add(key, value)


def as_list(value: str | Sequence[str]) -> list[str]:
    """Return one text, or several, as a list."""
    return [value] if isinstance(value, str) else list(value)
