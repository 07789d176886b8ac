"""RecBole atomic files: tab-separated, unquoted, with a type behind each column's name."""

import re
from pathlib import Path

import polars as pl

from sensorium.catalog.readers.csv import read_delimited
from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError

SUFFIXES = (".inter", ".item", ".user")
TYPES = ("token", "token_seq", "float", "float_seq")
CELLS_PER_LABEL = 2.0
"""How many cells there must be for each distinct token of a `token_seq` for the tokens to be labels rather
than words: a language has more words than a catalogue has labels."""


def read_recbole(path: Path) -> Table:
    """Return the rows of an atomic file; columns lose their types.

    A `token_seq` serves for labels (`Comedy Drama`) and for words (a title) alike. Where its tokens
    repeat, they are labels and come back separated by `|`; otherwise the text stays as it is.

    Raises
    ------
    DataError
        If a column has no type or an unknown one.
    """
    table = read_delimited(path, separator="\t", quoted=False)
    names, labels = dict[str, str](), list[str]()
    for column in table.frame.columns:
        match = re.fullmatch(r"(.+):(\w+)", column)
        if match is None or match[2] not in TYPES:
            raise DataError(
                f"column {column!r} has no type",
                where=str(path),
                remedy=f"Write name:type with one of the types {', '.join(TYPES)}",
            )
        names[column] = match[1]
        if match[2] == "token_seq" and _are_labels(table.frame[column]):
            labels.append(column)
    joined = table.frame.with_columns(pl.col(labels).str.strip_chars().str.replace_all(r"\s+", "|"))
    return table.with_frame(joined.rename(names))


def _are_labels(series: pl.Series) -> bool:
    cells = series.drop_nulls()
    tokens = cells.str.extract_all(r"\S+").explode().drop_nulls()
    return len(tokens) > 0 and len(cells) >= CELLS_PER_LABEL * tokens.n_unique()
