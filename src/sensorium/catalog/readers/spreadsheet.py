"""Spreadsheets of Excel and LibreOffice: the first sheet that holds something."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError
from sensorium.core.progress import LOG

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
Cell: TypeAlias = Any
"""Text, number, boolean, date, datetime, time or timedelta; empty text where there is nothing."""


def read_spreadsheet(path: Path) -> Table:
    """Return the rows of the first sheet that is not empty; numbers, dates and flags keep their types.

    The names of the columns stand in the first row that fills more than half of them, so that a title may
    stand above. Rows are numbered as the spreadsheet numbers them; empty rows and columns are passed over. A
    column of mixed types becomes text. A formula is its last result.

    Raises
    ------
    DataError
        If the file is no spreadsheet, needs a password, is empty, or names a column twice.
    """
    first_row, rows = _filled_sheet(path)
    widest = max(map(_n_filled, rows))
    head = next((n for n, row in enumerate(rows) if 2 * _n_filled(row) > widest), 0)
    body = [(first_row + number, row) for number, row in enumerate(rows[head + 1 :], start=head + 1)]
    filled = [(number, row) for number, row in body if _n_filled(row)]
    columns = list(zip(*(row for _, row in filled), strict=True)) or [() for _ in rows[head]]
    named = {}
    for position, (name, cells) in enumerate(zip(rows[head], columns, strict=True), start=1):
        if name == "" and not any(cell != "" for cell in cells):
            continue
        called = " ".join(_text(name).split()) or f"column_{position}"
        if called in named:
            raise DataError(
                f"two columns are called {called!r}", where=str(path), remedy="Rename one of them"
            )
        named[called] = _column(cells)
    numbers = pl.Series([number for number, _ in filled], dtype=pl.Int64)
    return Table(with_plain_types(pl.DataFrame(named)), str(path), path.parent, numbers)


def _filled_sheet(path: Path) -> tuple[int, list[list[Cell]]]:
    """Return the number of the first row of a sheet, and its rows, all of one length."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
            filled = {name: sheet for name, sheet in sheets.items() if sheet.start is not None}
            if not filled:
                raise DataError(
                    "the spreadsheet is empty", where=str(path), remedy="Give one with a header and rows"
                )
            name, sheet = next(iter(filled.items()))
            if len(filled) > 1:
                others = ", ".join(list(filled)[1:])
                LOG.warning("%s: the sheet %s was read; left out: %s", path, name, others)
            start = sheet.start or (0, 0)
            return start[0] + 1, sheet.to_python(skip_empty_area=True)
    except (CalamineError, OSError) as error:
        raise DataError(
            f"the spreadsheet cannot be read ({error})",
            where=str(path),
            remedy="Save it as .xlsx or .csv, without a password",
        ) from error


def _n_filled(row: Sequence[Cell]) -> int:
    return sum(cell != "" for cell in row)


def _column(cells: Sequence[Cell]) -> pl.Series:
    """Return cells as a column of one type: theirs, datetimes where some have a time of day, or text."""
    known = [None if cell == "" else cell for cell in cells]
    kinds = set(map(type, known)) - {type(None)}
    if kinds == {dt.date, dt.datetime}:
        midnight = dt.time()
        known = [dt.datetime.combine(cell, midnight) if type(cell) is dt.date else cell for cell in known]
    elif len(kinds) > 1 and kinds != {int, float}:
        return pl.Series([None if cell is None else _text(cell) for cell in known], dtype=pl.String)
    return pl.Series(known, strict=False) if kinds else pl.Series(known, dtype=pl.String)


def _text(cell: Cell) -> str:
    """Return a cell as a person writes it: 8 rather than 8.0, dates as in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
