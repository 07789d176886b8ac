"""JSON Lines: one object a line. Lines that are none are set aside."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from sensorium.catalog.readers.encoding import read_text
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.errors import DataError


def read_json_lines(path: Path) -> Table:
    """Return the objects of a JSON Lines file, a column for each key that occurs.

    A key whose values differ in type (`1` here, `"x"` there) becomes text; lists and objects stay nested.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, or holds no object.
    """
    text = read_text(path)
    objects, rows = list[dict[str, Any]](), list[int]()
    bad_rows, reasons, bad_lines = list[int](), list[str](), list[str]()
    for row, line in enumerate(text.utf8.decode().split("\n"), start=1):
        if not line.strip():
            continue
        value = _parsed(line)
        if isinstance(value, dict):
            objects.append(value)
            rows.append(row)
        else:
            bad_rows.append(row)
            reasons.append(value)
            bad_lines.append(line)
    if not objects:
        raise DataError("no line is a JSON object", where=str(path), remedy="Give one object a line")
    series = [pl.Series(part, dtype=pl.String) for part in (reasons, bad_lines)]
    rejected = Rejected.of(
        pl.Series(bad_rows, dtype=pl.Int64),
        series[0],
        series[0],
        pl.DataFrame({"line": series[1]}),
        str(path),
    )
    numbers = pl.Series(rows, dtype=pl.Int64)
    return Table(
        frame_of_records(objects), str(path), path.parent, numbers, 1, rejected, text.encoding, text.damaged
    )


def _parsed(line: str) -> dict[str, Any] | str:
    """Return the object on a line, or what is wrong with the line."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return value if isinstance(value, dict) else "not a JSON object"


def frame_of_records(objects: list[dict[str, Any]]) -> pl.DataFrame:
    """Return objects as rows, a column for each key; see `read_json_lines`."""
    names = dict.fromkeys(name for each in objects for name in each)
    return with_plain_types(
        pl.DataFrame({name: _column([each.get(name) for each in objects]) for name in names})
    )


def _column(values: list[Any]) -> pl.Series:
    try:
        return pl.Series(values, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series([_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
