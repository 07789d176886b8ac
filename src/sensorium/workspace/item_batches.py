"""A workspace's added items: those that came after the table of items, each batch a file of its own.

`DIR/added-items` belongs to the user as the table of items does: `fit` learns from both, and a model that was
fitted before serves the items that it does not know. A batch is written aside and renamed, so a crash leaves
it whole or absent; an item that the catalogue or an earlier batch holds is not taken again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from sensorium.catalog.catalog import Catalog, ReadCatalog, read_catalog
from sensorium.catalog.columns import as_text
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.rejected import Rejected, as_text_frame
from sensorium.core.errors import DataError
from sensorium.core.files import written_aside
from sensorium.core.hashing import hash_bytes
from sensorium.core.vocabulary import MISSING, Id

ADDED = "added-items"


@dataclass(frozen=True)
class AddedItems:
    """What became of a table of new items."""

    items: tuple[Id, ...]
    """Those that are served from now on, and learnt from by the next fit."""
    known: tuple[str, ...]
    """Those that the catalogue holds already; they stay as they are."""
    rejected: Rejected
    """Rows that could not be used, with row numbers and reasons."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium add-items --json` prints, but for where the items are kept."""
        return {
            "items": [str(item) for item in self.items],
            "known": list(self.known),
            "set_aside": dict(self.rejected.counts()),
        }


def item_files(folder: Path) -> list[Path]:
    """Return the batches of the workspace in `folder`, in the order in which they came."""
    return sorted((folder / ADDED).glob("*.csv"))


def unknown_rows(file: Path, catalog: Catalog) -> pl.DataFrame:
    """Return the rows of a batch whose items `catalog` does not hold."""
    frame = read_table(file).frame
    if catalog.id_column not in frame.columns:
        what = f"there is no column {catalog.id_column!r}"
        raise DataError(what, where=str(file), remedy="Name the column as the catalogue does")
    return frame.filter(pl.Series(catalog.items.lookup(as_text(frame[catalog.id_column])) == MISSING))


def with_added_items(read: ReadCatalog, folder: Path) -> ReadCatalog:
    """Return the catalogue with the batches of the workspace in `folder`; their rows are numbered on."""
    catalog, rows = read.catalog, read.rows
    for file in item_files(folder):
        fresh = unknown_rows(file, catalog)
        if fresh.height:
            first = int(rows.max() or 0) + 1  # type: ignore[arg-type]
            numbers = pl.int_range(first, first + fresh.height, eager=True).cast(rows.dtype)
            catalog, rows = catalog.extended(fresh), pl.concat([rows, numbers])
    return read._replace(catalog=catalog, rows=rows)


def read_new_items(source: Path, catalog: Catalog) -> tuple[pl.DataFrame, AddedItems]:
    """Return the usable rows of a table of items that `catalog` does not hold, and what became of all rows.

    Raises
    ------
    DataError
        If there is no column of ids.
    """
    table = read_table(source)
    read = read_catalog(table, id=catalog.id_column, roles={})
    ids = read.catalog.items.ids
    is_known = pl.Series(catalog.items.lookup(ids) != MISSING)
    fresh = read.catalog.frame.filter(~is_known)
    return fresh, AddedItems((), tuple(ids.filter(is_known)), read.rejected)


def keep_items(folder: Path, fresh: pl.DataFrame) -> Path:
    """Write the rows as a batch of the workspace in `folder` and return its file."""
    content = as_text_frame(fresh).write_csv().encode()
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{hash_bytes(content)[:12]}.csv"
    file = folder / ADDED / name
    with written_aside(file) as aside:
        aside.write_bytes(content)
    return file
