"""What lists of items are searched by: the words and the labels of each item."""

from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_LABEL = 100
SEPARATOR = "|"
"""What always separates labels in one text, as in tables."""


def search_text(item_id: str, attributes: Mapping[str, Any]) -> str:
    """Return the id and all texts of an item in one case, a line each."""
    lines = [item_id, *(str(value) for _, value in _scalars(attributes) if not isinstance(value, bool))]
    return "\n".join(lines).casefold()


def label_lines(attributes: Mapping[str, Any]) -> str:
    """Return the labels of an item as lines `column=label` in one case, framed by line ends."""
    lines: dict[str, None] = {}
    for column, value in _scalars(attributes):
        for part in value.split(SEPARATOR) if isinstance(value, str) else [as_text(value) or ""]:
            label = part.strip()
            if label and len(label) <= LONGEST_LABEL and "\n" not in label + column:
                lines[f"{column}={label}".casefold()] = None
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def as_text(value: Any, separator: str = SEPARATOR) -> str | None:
    """Return the value of an attribute as a table would have it, several of a list behind one another.

    None where nothing is said.
    """
    if isinstance(value, list):
        return separator.join(text for one in value if (text := as_text(one))) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value) or None


def _scalars(attributes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each column with each of its values."""
    for column, value in attributes.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield column, one
