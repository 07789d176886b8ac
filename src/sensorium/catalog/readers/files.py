"""Any file or folder as a table, by its name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from sensorium.catalog.readers.csv import read_delimited
from sensorium.catalog.readers.json_table import read_json
from sensorium.catalog.readers.jsonl import read_json_lines
from sensorium.catalog.readers.media_folder import holds_media, read_media_folder
from sensorium.catalog.readers.movielens import is_movielens, read_movielens
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.readers.recbole import SUFFIXES as RECBOLE_SUFFIXES
from sensorium.catalog.readers.recbole import read_recbole
from sensorium.catalog.readers.spreadsheet import SUFFIXES as SPREADSHEET_SUFFIXES
from sensorium.catalog.readers.spreadsheet import read_spreadsheet
from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError

FORMATS = ".csv .tsv .txt .json .jsonl .ndjson .parquet .xlsx .xls .ods .inter .item .user"
"""The extensions that are understood; text formats also with `.gz` behind."""


READERS: Mapping[str, Callable[[Path], Table]] = {
    ".csv": read_delimited,
    ".txt": read_delimited,
    ".tsv": lambda path: read_delimited(path, separator="\t"),
    ".tab": lambda path: read_delimited(path, separator="\t"),
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    **dict.fromkeys(SPREADSHEET_SUFFIXES, read_spreadsheet),
    **dict.fromkeys(RECBOLE_SUFFIXES, read_recbole),
}
"""Extension -> what reads such a file."""


def read_table(path: Path, *, choose: Callable[[Sequence[str]], Sequence[str]] | None = None) -> Table:
    """Return the table in a file, or the media of a folder.

    Parameters
    ----------
    path
        A file of a known format (`FORMATS`, and those of MovieLens by their names), or a folder of media.
    choose
        Given the names of the columns, returns those that are needed: only they are read where the
        format (Parquet) allows it. Other formats bring all.

    Raises
    ------
    DataError
        If there is no such file, the format is unknown, or the content is not what the name says.
    """
    if path.is_dir():
        if holds_media(path):
            return read_media_folder(path)
        raise DataError(
            "a folder without media is no table", where=str(path), remedy="Name the file within it"
        )
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), remedy="Check the path")
    suffix = (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()
    if is_movielens(path):
        return read_movielens(path)
    if suffix in (".parquet", ".pq"):
        return _read_parquet(path, choose)
    if suffix in READERS:
        return READERS[suffix](path)
    raise DataError(
        f"the format {suffix or path.name!r} is not known", where=str(path), remedy=f"Give {FORMATS}"
    )


def _read_parquet(path: Path, choose: Callable[[Sequence[str]], Sequence[str]] | None) -> Table:
    try:
        names = list(pl.scan_parquet(path, glob=False).collect_schema())
        columns = list(dict.fromkeys(choose(names))) if choose else None
        return Table(
            with_plain_types(pl.read_parquet(path, columns=columns, glob=False)), str(path), path.parent
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"no Parquet file ({str(error).splitlines()[0]})", where=str(path)) from error
