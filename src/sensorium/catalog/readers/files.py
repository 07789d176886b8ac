"""Any file as a table, by its name."""

from pathlib import Path

import polars as pl

from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError


def read_table(path: Path) -> Table:
    """Return the table in a file."""
    if not path.is_file():
        raise DataError("there is no such file", where=str(path))
    if path.suffix == ".parquet":
        return Table(pl.read_parquet(path), str(path), path.parent)
    if path.suffix == ".jsonl":
        return Table(pl.read_ndjson(path, infer_schema_length=None), str(path), path.parent)
    separator = "\t" if path.suffix in (".tsv", ".inter", ".item") else ","
    frame = pl.read_csv(path, separator=separator, infer_schema=False)
    return Table(frame.rename(lambda name: name.partition(":")[0]), str(path), path.parent, first_row=2)
