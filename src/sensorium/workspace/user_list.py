"""A file that lists users: one id a line, or a table with the column of users."""

from pathlib import Path

import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.catalog.readers.encoding import to_utf8
from sensorium.catalog.readers.files import read_table
from sensorium.core.errors import DataError


def read_user_ids(file: Path, column: str) -> pl.Series:
    """Return the ids in `file` as text [n], empty ones left out.

    In a `.txt` file each line is an id. Of a table, it is the `column` of users, or the only one there is.

    Raises
    ------
    DataError
        If there is no such file, no such column, or no id in it.
    """
    if file.suffix.lower() == ".txt" and file.is_file():
        lines = to_utf8(file.read_bytes()).utf8.decode().split("\n")
        ids = pl.Series([line.strip() for line in lines if line.strip()], dtype=pl.String)
    else:
        frame = read_table(file).frame
        name = frame.columns[0] if len(frame.columns) == 1 else column
        if name not in frame.columns:
            listed = ", ".join(frame.columns)
            raise DataError(
                f"there is no column {column!r}", where=str(file), remedy=f"Columns are: {listed}"
            )
        ids = as_text(frame[name]).drop_nulls()
    if ids.is_empty():
        raise DataError("no user is named", where=str(file), remedy="Write one id a line")
    return ids
