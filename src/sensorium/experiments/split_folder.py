"""A split folder: somebody's own train, validation and test, with features as .npy or media to encode."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog, read_catalog
from sensorium.catalog.columns import as_text
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import read_events
from sensorium.catalog.guess import guess_roles
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.table import Table
from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.vocabulary import Vocabulary
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.report import EncodeReport
from sensorium.evaluation import splits
from sensorium.evaluation.splits import Split
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore
from sensorium.serving.item_features import ItemFeatures

PARTS = ("train", "validation", "test")
COLUMNS = EventColumns()
"""What the columns of a part are called; values and times are found by their names."""


@dataclass(frozen=True)
class BroughtFeatures:
    """What a split folder holds."""

    split: Split
    item_features: ItemFeatures
    catalog: Catalog
    encoding: EncodeReport


@dataclass(frozen=True)
class OpenedSplit:
    """What the files of a split folder hold, before anything is encoded."""

    split: Split
    catalog: Catalog
    blocks: Mapping[str, FeatureBlock]
    """Raw rows of the `.npy` files, in the order of the catalogue."""


def open_split_folder(folder: Path) -> OpenedSplit:
    """Return the split, items and ready-made rows in `folder`.

    Raises
    ------
    DataError
        If a part is missing, or the rows of an .npy do not fit the item ids.
    """
    for part in PARTS:
        if not (folder / f"{part}.csv").is_file():
            raise DataError(
                f"there is no {part}.csv",
                where=str(folder),
                remedy="A split folder needs train, validation and test",
            )
    tables = {part: _table(folder / f"{part}.csv") for part in PARTS}
    arrays = {path.stem: _array(path) for path in sorted(folder.glob("*.npy"))}
    described = folder / "items.csv"
    catalog = _described(described) if described.is_file() else _counted(folder, tables, arrays)
    blocks = {name: _block(name, values, catalog, folder) for name, values in arrays.items()}
    return OpenedSplit(_split(tables, catalog.items), catalog, blocks)


def read_split_folder(folder: Path, *, progress: Progress = SILENT) -> BroughtFeatures:
    """Return the split and features in `folder`, encoded as by default; nothing is written there."""
    opened = open_split_folder(folder)
    with tempfile.TemporaryDirectory(prefix="sensorium-") as scratch:
        encoded = encode_catalog(opened.catalog, FeatureStore(Path(scratch)), progress=progress)
        item_features = ItemFeatures.of(encoded, opened.blocks)
    return BroughtFeatures(opened.split, item_features, opened.catalog, encoded.report)


def _table(path: Path) -> Table:
    table = read_table(path)
    missing = [column for column in (COLUMNS.user, COLUMNS.item) if column not in table.frame.columns]
    if missing:
        raise DataError(
            f"there is no column {missing[0]!r}",
            where=str(path),
            remedy=f"Columns are: {', '.join(table.frame.columns)}",
        )
    return table


def _split(tables: Mapping[str, Table], items: Vocabulary) -> Split:
    users = Vocabulary(_ids(tables, COLUMNS.user), name="user")
    read = [read_events(tables[part], COLUMNS, items=items, users=users) for part in PARTS]
    for part in read:
        part.rejected.refuse("Mend the row")
    return splits.own(*(part.events for part in read))


def _ids(tables: Mapping[str, Table], column: str) -> pl.Series:
    """Return the distinct ids of all parts, in order of appearance."""
    ids = pl.concat([as_text(tables[part].frame[column]) for part in PARTS])
    return ids.drop_nulls().unique(maintain_order=True)


def _described(path: Path) -> Catalog:
    table = read_table(path)
    guess = guess_roles(table.frame)
    return read_catalog(table, id=guess.id, roles=guess.roles).catalog


def _counted(folder: Path, tables: Mapping[str, Table], arrays: Mapping[str, FloatMatrix]) -> Catalog:
    """Return a catalogue of bare ids: 0 to n-1 if there are features, else those of the events."""
    ids = _ids(tables, COLUMNS.item)
    if arrays:
        name, longest = max(arrays.items(), key=lambda named: len(named[1]))
        rows = pl.Series([str(index) for index in range(len(longest))], dtype=pl.String)
        without = ids.filter(~ids.is_in(rows.implode()))
        if len(without):
            raise DataError(
                f"{len(longest):,} rows, and none is that of item {without[0]!r}, which the events speak of",
                where=str(folder / f"{name}.npy"),
                remedy="Let the row number be the item id",
            )
        ids = rows
    return Catalog.from_frame(pl.DataFrame({"item_id": ids}), base=folder)


def _array(path: Path) -> FloatMatrix:
    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DataError(
            "not a NumPy array of numbers", where=str(path), remedy="Save it with numpy.save"
        ) from error
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.number):
        raise DataError(
            f"shape {values.shape} of {values.dtype}", where=str(path), remedy="Give numbers [n_items, d]"
        )
    return values.astype(np.float32)


def _block(name: str, values: FloatMatrix, catalog: Catalog, folder: Path) -> FeatureBlock:
    """Return the features in the order of the catalogue; a row that is zero or not finite is absent."""
    numbers = catalog.items.ids.cast(pl.Int64, strict=False)
    index = numbers.fill_null(-1).to_numpy()
    if len(index) and (index.min() < 0 or index.max() >= len(values)):
        raise DataError(
            f"{len(values):,} rows do not fit the item ids, which must be 0 to {len(values) - 1:,}",
            where=str(folder / f"{name}.npy"),
            remedy="Let the row number be the item id",
        )
    rows = values[index]
    present = np.asarray(np.isfinite(rows).all(axis=1) & rows.any(axis=1))
    if not present.any():
        raise DataError(
            "no item has a vector: every row is zero or not finite",
            where=str(folder / f"{name}.npy"),
            remedy="Give finite numbers for one item at least, or take the file away",
        )
    rows[~present] = 0.0
    return FeatureBlock(BlockName(name), rows, present, {"source": f"{name}.npy"})
