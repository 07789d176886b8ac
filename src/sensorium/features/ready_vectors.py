"""Vectors that somebody brings along, as feature blocks: arrays, mappings, files and frames."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.columns import as_numbers, as_text
from sensorium.catalog.item_lookup import item_indices
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.features.block import FeatureBlock

Vectors: TypeAlias = FeatureBlock | NDArray[Any] | Mapping[Any, ArrayLike] | str | Path | Any
"""One block: an array [n_items, d] in the order of the catalogue, a mapping from id to vector [d], the path
of an `.npy`, Parquet or CSV file, or a frame with the id column and d columns of numbers or one of lists."""
Features: TypeAlias = Vectors | Mapping[str, Vectors]
"""Block name, such as `image:clip` -> its vectors; or the vectors of one block, which is called `vectors`."""

ALONE = BlockName("vectors")
"""What a block is called that comes without a name."""
WHERE = "features"


def ready_blocks(catalog: Catalog, features: Features | None) -> dict[str, FeatureBlock]:
    """Return the vectors in `features` as blocks in the order of the catalogue, by name.

    An item without a vector, or with one that is zero or NaN throughout, is absent from the block.

    Raises
    ------
    DataError
        If an array has not one row for each item, what is given is no matrix of finite numbers, or no item
        has a vector.
    UnknownIdError
        If vectors are given for an id that is not in the catalogue.
    """
    if features is None:
        return {}
    named = cast("Mapping[str, Vectors]", features) if _is_by_name(features, catalog) else {ALONE: features}
    for name in named:
        _require_name(name)
    return {BlockName(name): _block(BlockName(name), vectors, catalog) for name, vectors in named.items()}


def _require_name(name: object) -> None:
    if not isinstance(name, str) or not all(part.strip() for part in name.split(":")):
        raise DataError(
            f"{name!r} names no block, and is no item of the catalogue",
            where=WHERE,
            remedy="Give names such as 'image:clip' -> vectors, or ids of items -> vector",
        )


def _is_by_name(features: Features, catalog: Catalog) -> bool:
    """Return whether a mapping leads from names of blocks to vectors, and not from ids to single ones."""
    if not isinstance(features, Mapping):
        return False
    given = cast("Mapping[Any, Any]", features)
    return not any(_is_vector(vector) and key in catalog.items for key, vector in given.items())


def _is_vector(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 1
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], int | float | np.number)


def _block(name: BlockName, vectors: Vectors, catalog: Catalog) -> FeatureBlock:
    where = f"{WHERE} {name!r}"
    if isinstance(vectors, FeatureBlock):
        _require_rows(len(vectors), catalog, where)
        _require_some(vectors.values, where)
        return FeatureBlock(name, vectors.values, vectors.present, vectors.spec, vectors.parts)
    if isinstance(vectors, str | Path):
        values = _from_file(Path(vectors), catalog, where)
    elif isinstance(vectors, Mapping):
        values = _from_mapping(cast("Mapping[Any, ArrayLike]", vectors), catalog, where)
    elif _is_frame(vectors):
        values = _from_frame(as_polars(vectors), catalog, where)
    else:
        values = _in_order(vectors, catalog, where)
    _require_some(values, where)
    missing = np.asarray(np.isnan(values).all(axis=1) | ~values.any(axis=1))
    values[missing] = 0.0
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise DataError(
            f"the vector of item {catalog.items.id(int(bad[0]))!r} holds NaN or infinity",
            where=where,
            remedy="Give finite numbers; a row of NaN alone means that the item has no vector",
        )
    return FeatureBlock(name, values, ~missing, {"source": "given"})


def _require_some(values: FloatMatrix, where: str) -> None:
    """Refuse vectors of which each is zero or NaN throughout: there would be nothing to learn from."""
    if not ((values != 0) & ~np.isnan(values)).any():
        raise DataError(
            "no item has a vector: all numbers are NaN or zero",
            where=where,
            remedy="Give a vector for one item at least, or leave them out",
        )


def _is_frame(vectors: object) -> bool:
    return not isinstance(vectors, np.ndarray) and hasattr(vectors, "columns")


def _from_file(path: Path, catalog: Catalog, where: str) -> FloatMatrix:
    if path.suffix.lower() != ".npy":
        return _from_frame(_numbers(read_table(path).frame, catalog.id_column), catalog, where)
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}", where=where, remedy="Check the path") from error
    except (ValueError, EOFError) as error:
        raise DataError(
            f"{path} is no NumPy array of numbers", where=where, remedy="Use numpy.save"
        ) from error
    return _in_order(values, catalog, where)


def _numbers(frame: pl.DataFrame, ids: str) -> pl.DataFrame:
    """Return `frame` with its columns of text, but for the ids, as numbers where all cells are numbers."""
    texts = [
        name for name, kind in frame.schema.items() if kind == pl.String and name not in (ids, "item_id")
    ]
    read = {name: as_numbers(frame[name]) for name in texts}
    return frame.with_columns(**{n: column for n, column in read.items() if not column.null_count()})


def _in_order(vectors: object, catalog: Catalog, where: str) -> FloatMatrix:
    values = _matrix(vectors, where)
    _require_rows(len(values), catalog, where)
    return values


def _require_rows(n_rows: int, catalog: Catalog, where: str) -> None:
    """Raise `DataError` unless there is a row for each item: order alone says which is whose."""
    if n_rows == len(catalog):
        return
    merged = len(catalog.items.aliases)
    cause = f"; {merged:,} copies were merged into others" if merged else ""
    raise DataError(
        f"{n_rows:,} rows for {len(catalog):,} items{cause}",
        where=where,
        remedy="Give one row for each item of the catalogue, in its order (rows that were set aside or "
        "merged have none), or a mapping from id to vector",
    )


def _from_mapping(vectors: Mapping[Any, ArrayLike], catalog: Catalog, where: str) -> FloatMatrix:
    if not vectors:
        raise DataError("there is no vector", where=where, remedy="Give id -> vector")
    try:
        rows = item_indices(catalog, vectors)
    except UnknownIdError as error:
        raise UnknownIdError(error.what, where=where, remedy=error.remedy) from error
    given = [np.asarray(vector) for vector in vectors.values()]
    shapes = {vector.shape for vector in given}
    if len(shapes) > 1:
        raise DataError(
            f"vectors of different lengths: {', '.join(map(str, sorted(shapes)[:3]))}",
            where=where,
            remedy="Give every item a vector of the same length",
        )
    return _placed(rows, _matrix(given, where), catalog)


def _from_frame(frame: pl.DataFrame, catalog: Catalog, where: str) -> FloatMatrix:
    ids = catalog.id_column if catalog.id_column in frame.columns else "item_id"
    if ids not in frame.columns:
        raise DataError(
            f"there is no column {catalog.id_column!r}",
            where=where,
            remedy=f"Columns are: {', '.join(frame.columns[:10])}",
        )
    twice = frame[ids].filter(frame[ids].is_duplicated())
    if len(twice):
        raise DataError(
            f"item {twice[0]!r} has two vectors", where=where, remedy="Keep one row for each item"
        )
    rest = frame.drop(ids)
    if rest.width == 1 and isinstance(rest.dtypes[0], pl.List | pl.Array):
        column = rest.to_series()
        return _from_mapping(dict(zip(as_text(frame[ids]), column.to_list(), strict=True)), catalog, where)
    words = [name for name, kind in rest.schema.items() if not kind.is_numeric()]
    if words or not rest.width:
        what = f"column {words[0]!r} holds no numbers" if words else "there are no columns of numbers"
        raise DataError(what, where=where, remedy="Leave the id and the columns of the vector")
    try:
        rows = item_indices(catalog, as_text(frame[ids]))
    except UnknownIdError as error:
        raise UnknownIdError(error.what, where=where, remedy=error.remedy) from error
    return _placed(rows, _matrix(rest.to_numpy(), where), catalog)


def _placed(rows: NDArray[np.int64], values: FloatMatrix, catalog: Catalog) -> FloatMatrix:
    placed = np.full((len(catalog), values.shape[1]), np.nan, dtype=np.float32)
    placed[rows] = values
    return placed


def _matrix(vectors: object, where: str) -> FloatMatrix:
    """Return a copy of `vectors` as float32 [n, d]."""
    given: Any = vectors
    if np.iscomplexobj(given):
        raise DataError("the numbers are complex", where=where, remedy="Give real numbers [n_items, d]")
    if isinstance(given, np.ma.MaskedArray):
        given = np.ma.filled(given.astype(np.float64), np.nan)
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
            values = np.array(given, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"a {type(vectors).__name__} is no array of numbers",
            where=where,
            remedy="Give numbers [n_items, d]",
        ) from error
    if values.ndim != 2 or not values.shape[1]:
        raise DataError(f"an array of shape {values.shape}", where=where, remedy="Give numbers [n_items, d]")
    return values
