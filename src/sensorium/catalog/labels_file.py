"""A labels file: media that somebody has sorted into kinds, for judging encoders."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from sensorium.catalog.columns import as_text, is_blank
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.core.arrays import IntVector
from sensorium.core.errors import DataError
from sensorium.core.roles import Role
from sensorium.media.file_types import role_of_name
from sensorium.media.reference import MediaRef

NEEDED = ("file", "label")
FOLD = "fold"


@dataclass(frozen=True)
class LabeledMedia:
    """Media of one kind, each with one label, and perhaps the fold it belongs to."""

    refs: tuple[MediaRef, ...]
    role: Role
    names: tuple[str, ...]
    """The labels that there are, in order."""
    label: IntVector
    """[n] index into `names`."""
    fold: IntVector | None
    """[n] number of the fold; None if the file does not say."""

    def __len__(self) -> int:
        return len(self.refs)


def read_labels_file(file: Path) -> LabeledMedia:
    """Return the media of a labels file: a table with `file`, `label` and perhaps `fold`.

    Paths are relative to the file. Spaces around labels and folds do not count.

    Raises
    ------
    DataError
        If a column or a value is missing, if there are fewer than two labels or folds, or if the names
        do not all promise the same kind of medium.
    """
    table = read_table(file)
    _require_columns(table)
    columns = {name: _filled(table, name) for name in (*NEEDED, FOLD) if name in table.frame.columns}
    role = _role(columns["file"], table.where)
    names, label = np.unique(columns["label"].to_numpy().astype(str), return_inverse=True)
    if len(names) < 2:
        raise DataError("fewer than two labels", where=table.where, remedy="Give media of two kinds or more")
    fold = None
    if FOLD in columns:
        folds, fold = np.unique(columns[FOLD].to_numpy().astype(str), return_inverse=True)
        if len(folds) < 2:
            raise DataError(
                "only one fold",
                where=f"{table.where}, column {FOLD}",
                remedy="Give two or more, or no column",
            )
    refs = tuple(MediaRef(location, table.base) for location in columns["file"])
    folds_of = None if fold is None else fold.astype(np.int64)
    return LabeledMedia(refs, role, tuple(names.tolist()), label.astype(np.int64), folds_of)


def _require_columns(table: Table) -> None:
    for name in NEEDED:
        if name not in table.frame.columns:
            raise DataError(
                f"there is no column {name!r}",
                where=table.where,
                remedy="A labels file has the columns file, label and, if you like, fold",
            )
    if not table.frame.height:
        raise DataError("there are no rows", where=table.where)


def _filled(table: Table, name: str) -> pl.Series:
    """Return a column as stripped text; every row has to have a value."""
    series = table.frame[name]
    empty = is_blank(series)
    if empty.any():
        rows = ", ".join(map(str, table.rows(empty).to_list()[:5]))
        raise DataError(
            f"{int(empty.sum())} rows have no {name}",
            where=f"{table.where}, row {rows}",
            remedy="Fill them in, or take the rows out",
        )
    return as_text(series).str.strip_chars()


def _role(files: pl.Series, where: str) -> Role:
    """Return the one kind of medium that the names promise."""
    counts = Counter(role for name in files if (role := role_of_name(name)) is not None)
    if not counts:
        raise DataError(
            f"{files[0]!r} is not the name of a picture, a sound or a clip", where=f"{where}, column file"
        )
    if len(counts) > 1:
        kinds = " and ".join(f"{n} {role.value}" for role, n in counts.most_common())
        raise DataError(
            f"the files are of several kinds: {kinds}",
            where=f"{where}, column file",
            remedy="Give each kind a labels file of its own",
        )
    return next(iter(counts))
