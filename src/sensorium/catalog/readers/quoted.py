"""Delimited text with quoted fields that may run over several lines, and with quotes gone wrong."""

import csv
from collections.abc import Iterator, Sequence

import polars as pl

BadLines = tuple[list[int], list[str], list[str]]
"""Row numbers, reasons and texts of lines that were set aside."""


def parse_quoted(
    lines: Sequence[str], names: Sequence[str], separator: str, *, first_row: int
) -> tuple[pl.DataFrame, pl.Series, BadLines]:
    """Return the rows (cells as text), their row numbers, and the lines that were set aside.

    A record that is broken costs one line: reading goes on with the line after the one on which it began,
    so that a quote which is never closed does not swallow the rest of the file. The row number of a record
    is that of its first line.
    """
    records, numbers = list[list[str]](), list[int]()
    bad: BadLines = ([], [], [])
    position = 0
    while position < len(lines):
        reason = None
        for start, stop, fields, reason in _records(lines, position, separator):
            position = start
            if reason is None and len(fields) == len(names):
                records.append(fields)
                numbers.append(first_row + start)
            elif reason is None and not fields:
                pass
            else:
                _set_aside(bad, first_row + start, lines[start], reason or _count(fields, names))
                if reason or stop > start + 1:
                    position = start + 1
                    break
            position = stop
    columns = list(zip(*records, strict=True)) if records else [() for _ in names]
    frame = pl.DataFrame(
        {
            name: pl.Series([cell or None for cell in cells], dtype=pl.String)
            for name, cells in zip(names, columns, strict=True)
        }
    )
    return frame, pl.Series(numbers, dtype=pl.Int64), bad


def _records(
    lines: Sequence[str], position: int, separator: str
) -> Iterator[tuple[int, int, list[str], str | None]]:
    """Yield each record from line `position` on: its first line, the line after it, fields, what is wrong."""
    remaining = (f"{lines[index]}\n" for index in range(position, len(lines)))
    reader = csv.reader(remaining, delimiter=separator, strict=True)
    start = position
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, start + 1, [], f"broken quotes ({error})"
            return
        stop = position + reader.line_num
        yield start, stop, fields, None
        start = stop


def _set_aside(bad: BadLines, row: int, line: str, reason: str) -> None:
    for part, value in zip(bad, (row, reason, line), strict=True):
        part.append(value)  # type: ignore[arg-type]


def _count(fields: Sequence[str], names: Sequence[str]) -> str:
    return f"{len(fields)} fields instead of {len(names)}"
