"""JSON as a table: a list of records, columns, or one of the other ways in which programs write tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import polars as pl

from sensorium.catalog.readers.encoding import read_text
from sensorium.catalog.readers.jsonl import frame_of_records, read_json_lines
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.errors import DataError

Record: TypeAlias = Mapping[str, Any]
KEY = "item_id"
"""What the keys of records become where records stand under their ids."""
REMEDY = "Give a list of objects, an object of lists (one for each column), or one object a line"


def read_json(path: Path) -> Table:
    """Return the table in a JSON file, a column for each key that occurs.

    Understood: a list of objects, alone or as the one such list of an object; an object of lists of equal
    length, which are columns; an object of objects, by column or by id; lists of cells under `columns` and
    `data`, or below a list of names; JSON Lines.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, is not JSON, or holds no table.
    """
    text = read_text(path)
    try:
        value = json.loads(text.utf8)
    except RecursionError as error:
        raise DataError("the JSON is nested too deeply", where=str(path)) from error
    except ValueError as error:
        if text.utf8.lstrip().startswith(b"{") and b"\n" in text.utf8.strip():
            return read_json_lines(path)
        raise DataError(f"not JSON ({error})", where=str(path), remedy=REMEDY) from error
    entries = _entries(value)
    records = [(row, entry) for row, entry in enumerate(entries, start=1) if isinstance(entry, dict)]
    if not records:
        raise DataError("there is no table in the JSON", where=str(path), remedy=REMEDY)
    bad = [(row, entry) for row, entry in enumerate(entries, start=1) if not isinstance(entry, dict)]
    frame = frame_of_records([cast("dict[str, Any]", record) for _, record in records])
    rows = pl.Series([row for row, _ in records], dtype=pl.Int64)
    return Table(frame, str(path), path.parent, rows, 1, _set_aside(bad, path), text.encoding, text.damaged)


def _entries(value: object) -> Sequence[object]:
    """Return the rows of a table, each an object if it is as it should be; none if there is no table."""
    if isinstance(value, list):
        rows = cast("list[Any]", value)
        return _below_names(rows[0], rows[1:]) if rows and _are_names(rows[0]) else rows
    if not isinstance(value, dict):
        return []
    table = cast("dict[str, Any]", value)
    names, data = table.get("columns"), table.get("data")
    if _are_names(names) and isinstance(data, list):
        return _below_names(cast("list[str]", names), cast("list[Any]", data))
    if table and all(isinstance(column, list) for column in table.values()):
        columns = cast("dict[str, list[Any]]", table)
        if len(columns) == 1 and _are_records(next(iter(columns.values()))):
            return next(iter(columns.values()))
        return _of_columns(columns)
    lists = [part for part in table.values() if _are_records(part)]
    if len(lists) == 1:
        return cast("list[Any]", lists[0])
    if table and all(isinstance(part, dict) for part in table.values()):
        return _of_objects(cast("dict[str, Record]", table))
    return [table] if table and not lists else []


def _are_names(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(name, str) for name in cast("list[Any]", value))
    )


def _are_records(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(entry, dict) for entry in cast("list[Any]", value))


def _below_names(names: Sequence[str], rows: Iterable[Any]) -> list[object]:
    return [
        dict(zip(names, row, strict=True))
        if isinstance(row, list) and len(cast("list[Any]", row)) == len(names)
        else row
        for row in rows
    ]


def _of_columns(columns: Mapping[str, list[Any]]) -> list[object]:
    """Return the rows of columns of equal length; none of others."""
    if len({len(column) for column in columns.values()}) != 1:
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_objects(parts: Mapping[str, Record]) -> list[object]:
    """Return rows from columns that hold their cells by row number, or from records under their ids."""
    rows = list(dict.fromkeys(key for part in parts.values() for key in part))
    if all(key.isdecimal() for key in rows):
        return [{name: column.get(row) for name, column in parts.items()} for row in rows]
    return [{KEY: key, **record} for key, record in parts.items()]


def _set_aside(bad: Sequence[tuple[int, object]], path: Path) -> Rejected:
    reasons = pl.Series(["not a JSON object"] * len(bad), dtype=pl.String)
    lines = pl.Series([json.dumps(entry, ensure_ascii=False) for _, entry in bad], dtype=pl.String)
    rows = pl.Series([row for row, _ in bad], dtype=pl.Int64)
    return Rejected.of(rows, reasons, reasons, pl.DataFrame({"line": lines}), str(path))
