"""Delimited text: CSV, TSV and relatives. Lines with a wrong number of fields are set aside."""

import contextlib
import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from sensorium.catalog.readers.encoding import read_text
from sensorium.catalog.readers.quoted import parse_quoted
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
"""What is tried, in this order, where the separator is not known."""
SAMPLE_LINES = 30
EXCEL_LINE = re.compile(r'"?sep=(\\t|.)"?[,;\s]*', re.IGNORECASE)
"""What a spreadsheet writes above a table so that it finds the separator again."""
LINE = "line"
"""The column of the rejected rows that holds the text of the line."""


def read_delimited(
    path: Path, *, separator: str | None = None, header: Sequence[str] | None = None, quoted: bool = True
) -> Table:
    """Return the rows of a delimited text file, every cell as text, empty ones null.

    Parameters
    ----------
    path
        The file; a `.gz` is unpacked.
    separator
        One or more characters; guessed from the first lines if not given.
    header
        The names of the columns, for a file that does not begin with them.
    quoted
        Whether a field may stand in double quotes (RFC 4180).

    Raises
    ------
    DataError
        If the file cannot be read, is empty, or names a column twice.
    """
    text = read_text(path)
    lines = pl.read_lines(text.utf8)["line"]
    head = _head(lines, separator, has_names=header is None)
    found = head.separator
    names = list(header) if header else _names(head.text, found, quoted=quoted, where=str(path))
    body = lines.slice(head.n_lines)
    quoted = quoted and b'"' in text.utf8
    good = _well_formed(body, found, len(names), quoted=quoted)
    offset = body.len() and lines.len() - body.len() + 1
    if quoted and not good.all():
        frame, rows, bad = parse_quoted(body.to_list(), names, found, first_row=offset)
        return Table(
            frame, str(path), path.parent, rows, 0, _rejected(*bad, str(path)), text.encoding, text.damaged
        )
    wrong = ~good & (body.str.strip_chars() != "")
    frame = _parsed(body if good.all() else body.filter(good), names, found, quoted=quoted)
    rows = None if good.all() else good.arg_true().cast(pl.Int64) + offset
    reasons = [_wrong_number(line, found, len(names)) for line in body.filter(wrong)]
    rejected = _rejected(
        (wrong.arg_true() + offset).to_list(), reasons, body.filter(wrong).to_list(), str(path)
    )
    return Table(frame, str(path), path.parent, rows, offset, rejected, text.encoding, text.damaged)


class _Head(NamedTuple):
    """What stands above the rows."""

    text: str
    """The names of the columns as written; perhaps of several lines, where quotes hold a line end."""
    n_lines: int
    """The number of lines above the first row."""
    separator: str


def _head(lines: pl.Series, separator: str | None, *, has_names: bool) -> _Head:
    """Return the head of a file; a spreadsheet's line `sep=;` above it says the separator."""
    filled = lines.str.strip_chars() != ""
    start = int(filled.arg_max() or 0)
    said = EXCEL_LINE.fullmatch(lines[start])
    if said is not None:
        separator = {"\\t": "\t"}.get(said[1], said[1])
        start += 1 + int(filled.slice(start + 1).arg_max() or 0)
    if not has_names:
        sample = lines.slice(start if said else 0, SAMPLE_LINES).to_list()
        return _Head("", start if said else 0, separator or guess_separator(sample))
    sample = lines.slice(start, SAMPLE_LINES).to_list() or [""]
    n_lines = next((n for n in range(1, len(sample) + 1) if not _is_open(sample[:n])), 1)
    text = "\n".join(sample[:n_lines])
    return _Head(text, start + n_lines, separator or guess_separator([text, *sample[n_lines:]]))


def _is_open(lines: Sequence[str]) -> bool:
    """Return whether a quoted field goes on after these lines."""
    return sum(line.count('"') for line in lines) % 2 == 1


def guess_separator(lines: Sequence[str]) -> str:
    """Return the separator that splits the first lines into the same number of fields most often."""
    filled = [line for line in lines if line.strip()]
    best, best_score = SEPARATORS[0], (0.0, 0)
    for separator in SEPARATORS:
        widths = [len(_fields(line, separator)) for line in filled]
        if not widths or widths[0] < 2:
            continue
        score = (round(widths.count(widths[0]) / len(widths), 1), widths[0])
        if score > best_score:
            best, best_score = separator, score
    return best


def _names(line: str, separator: str, *, quoted: bool, where: str) -> list[str]:
    cells = _fields(line, separator) if quoted else line.split(separator)
    names = [" ".join(cell.split()) or f"column_{position}" for position, cell in enumerate(cells, start=1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two columns are called {twice!r}", where=where, remedy="Rename one of them")
    return names


def _fields(line: str, separator: str) -> list[str]:
    """Return the fields of a line, which may be quoted; split plainly where quotes make no sense."""
    if '"' in line and len(separator) == 1:
        with contextlib.suppress(csv.Error, StopIteration):
            return next(csv.reader([line], delimiter=separator, strict=True))
    return line.split(separator)


def _well_formed(lines: pl.Series, separator: str, n_fields: int, *, quoted: bool) -> pl.Series:
    """Return which lines hold `n_fields` fields and, where quotes count, no quote out of place."""
    if not quoted:
        return (lines.str.count_matches(separator, literal=True) == n_fields - 1) & (lines != "")
    mark = re.escape(separator)
    field = f'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
    return lines.str.contains(f"^{field}(?:{mark}{field}){{{n_fields - 1}}}$") & (lines != "")


def _parsed(lines: pl.Series, names: list[str], separator: str, *, quoted: bool) -> pl.DataFrame:
    if lines.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    if len(separator) > 1:
        split = lines.str.split_exact(separator, len(names) - 1).struct.unnest()
        return split.rename(dict(zip(split.columns, names, strict=True))).select(
            pl.when(pl.all() != "").then(pl.all())
        )
    return pl.read_csv(
        lines.str.join("\n")[0].encode(),
        has_header=False,
        new_columns=names,
        separator=separator,
        quote_char='"' if quoted else None,
        infer_schema=False,
    )


def _wrong_number(line: str, separator: str, n_fields: int) -> str:
    return f"{line.count(separator) + 1} fields instead of {n_fields}"


def _rejected(rows: list[int], reasons: list[str], lines: list[str], where: str) -> Rejected:
    kinds = [
        "broken quotes" if reason.startswith("broken") else "wrong number of fields" for reason in reasons
    ]
    texts = [pl.Series(part, dtype=pl.String) for part in (kinds, reasons, lines)]
    values = pl.DataFrame({LINE: texts[2]})
    return Rejected.of(pl.Series(rows, dtype=pl.Int64), texts[0], texts[1], values, where)
