"""Files of rows: JSON Lines and Parquet, written and read some rows at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias, get_args

import polars as pl

from sensorium.core.errors import DataError
from sensorium.core.files import written_aside

Format: TypeAlias = Literal["jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
ROWS_AT_ONCE = 1_000
AS_JSON = ("attributes",)
"""Columns that Parquet holds as JSON text: each item may have others, and of other types."""


@dataclass(frozen=True)
class Line:
    """One row of a file, or why it is none."""

    file: Path
    number: int
    """Of the line or row, from 1."""
    row: Mapping[str, Any] | None
    why: str = ""


def line_of(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON, with its end."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def write_rows(
    file: Path, rows: Iterable[Mapping[str, Any]], schema: Mapping[str, pl.DataType | type[pl.DataType]]
) -> int:
    """Write `rows` to `file` in the format that its name ends with; return how many. Whole or not at all.

    The memory it takes does not grow with the rows.
    """
    if file.suffix == ".jsonl":
        with written_aside(file) as aside:
            return _write_lines(aside, rows)
    with TemporaryDirectory(dir=file.parent) as folder:
        lines = Path(folder) / "rows.jsonl"
        n_rows = _write_lines(lines, map(_as_flat, rows))
        with written_aside(file) as aside:
            if n_rows:
                pl.scan_ndjson(lines, schema=schema).sink_parquet(aside)
            else:
                pl.DataFrame(schema=schema).write_parquet(aside)
    return n_rows


def read_rows(file: Path) -> Iterator[Line]:
    """Yield the rows of a file, of JSON Lines or Parquet by its name, and of each line that is none, why.

    Raises
    ------
    DataError
        If its name ends otherwise, or Parquet cannot be read.
    """
    if file.suffix in (".jsonl", ".ndjson"):
        yield from _read_lines(file)
    elif file.suffix == ".parquet":
        yield from _read_parquet(file)
    else:
        raise DataError(
            "is neither JSON Lines nor Parquet",
            where=str(file),
            remedy="Name a file that ends with .jsonl or .parquet",
        )


def _write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    n_rows = 0
    with file.open("w", encoding="utf-8", newline="\n") as opened:
        for row in rows:
            opened.write(line_of(row))
            n_rows += 1
    return n_rows


def _as_flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False) if name in AS_JSON else value
        for name, value in row.items()
    }


def _read_lines(file: Path) -> Iterator[Line]:
    with file.open("rb") as opened:
        for number, text in enumerate(opened, start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text.decode("utf-8-sig" if number == 1 else "utf-8"))
            except (ValueError, RecursionError) as error:
                yield Line(file, number, None, f"is no JSON: {error}"[:200])
                continue
            is_row = isinstance(row, dict)
            yield Line(file, number, row if is_row else None, "" if is_row else "is no JSON object")


def _read_parquet(file: Path) -> Iterator[Line]:
    try:
        scanned = pl.scan_parquet(file)
        n_rows = scanned.select(pl.len()).collect().item()
        for start in range(0, n_rows, ROWS_AT_ONCE):
            some = scanned.slice(start, ROWS_AT_ONCE).collect()
            for number, row in enumerate(some.iter_rows(named=True), start=start + 1):
                yield _unflattened(file, number, row)
    except pl.exceptions.PolarsError as error:
        what = f"cannot be read as Parquet: {str(error).splitlines()[0]}"
        raise DataError(what, where=str(file), remedy="Write it again") from error


def _unflattened(file: Path, number: int, row: dict[str, Any]) -> Line:
    try:
        said = {
            name: json.loads(value) if name in AS_JSON and isinstance(value, str) else value
            for name, value in row.items()
        }
    except ValueError as error:
        return Line(file, number, None, f"attributes are no JSON: {error}"[:200])
    return Line(file, number, said)
