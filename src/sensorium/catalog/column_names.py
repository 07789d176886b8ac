"""Names of columns, compared without regard to case, spaces and how words are put together."""

import re
from collections.abc import Iterable, Sequence


def plain_name(name: str) -> str:
    """Return the name of a column in lower case, with `_` for what else may stand between words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s_.-]+", "_", spaced).lower()


def find_named(columns: Sequence[str], names: Iterable[str]) -> str | None:
    """Return the column that is called as the first of `names` that any is called; None if none is.

    `names` are plain: see `plain_name`. Of columns that differ in case alone, it is the first.
    """
    plain = {plain_name(name): name for name in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)
