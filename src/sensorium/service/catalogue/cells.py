"""Attributes of items as cells of a table, and cells as attributes.

No table of the database is named here: the process that makes features of items reads cells without Django.
"""

import datetime
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.roles import Role
from sensorium.service.catalogue.indexing import SEPARATOR, as_text

Row = dict[str, str | None]
BESIDE = ", "
"""What separates values of one cell that are no labels."""
ROWS_AT_ONCE = 2_000


def text_cells(attributes: Mapping[str, Any], labelled: Collection[str]) -> Row:
    """Return what attributes say as cells; those of the columns `labelled` hold labels."""
    separators = {name: SEPARATOR if name in labelled else BESIDE for name in attributes}
    return {name: as_text(value, separators[name]) for name, value in attributes.items()}


def attribute_rows(catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each id with what its columns say: numbers as such, several labels of a cell as a list."""
    columns = [name for name in catalog.frame.columns if name != catalog.id_column and "\x00" not in name]
    labelled = {column for column in catalog.columns(Role.CATEGORY) if catalog.separators.get(column)}
    counted = set(catalog.columns(Role.NUMBER))
    for start in range(0, len(catalog), ROWS_AT_ONCE):
        part = catalog.only(range(start, min(start + ROWS_AT_ONCE, len(catalog))))
        cells: dict[str, Sequence[Any]] = {}
        for name in columns:
            if name in labelled:
                cells[name] = part.categories(name)
            elif name in counted:
                cells[name] = [_as_whole(number) for number in part.number_cells(name)]
            else:
                cells[name] = part.frame[name].to_list()
        for row, item_id in enumerate(part.items):
            said = {name: plain(cells[name][row]) for name in columns}
            yield item_id, {name: value for name, value in said.items() if value is not None}


def _as_whole(number: float | None) -> float | None:
    return int(number) if number is not None and number.is_integer() and abs(number) < 2**53 else number


def plain(value: Any) -> Any:
    """Return a cell as JSON has it; None where nothing is said."""
    if isinstance(value, str):
        return value.replace("\x00", "") or None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [one for one in map(plain, value) if one is not None]
    return str(value)
