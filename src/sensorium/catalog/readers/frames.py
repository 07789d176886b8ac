"""Frames in memory: polars, pandas, pyarrow, and whatever else speaks Arrow."""

from typing import Any, cast

import numpy as np
import polars as pl

from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.core.errors import DataError


def as_polars(frame: object) -> pl.DataFrame:
    """Return any frame that speaks Arrow as a polars frame, with unusual types made plain.

    Raises
    ------
    DataError
        If it is no frame, or has two columns of one name.
    """
    return with_plain_types(_imported(frame))


def _imported(frame: object) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    is_column = (
        hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "columns") and hasattr(frame, "dtype")
    )
    if is_column or not (hasattr(frame, "__arrow_c_stream__") or isinstance(frame, dict)):
        raise DataError(
            f"a {type(frame).__name__} is no table",
            remedy="Give a polars, pandas or pyarrow frame, or use from_file for a path",
        )
    if type(frame).__module__.startswith("pandas"):
        return _from_pandas(cast(Any, frame))
    try:
        return pl.DataFrame(cast(Any, frame))
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise DataError(f"the frame cannot be read ({str(error).splitlines()[0]})") from error


def _from_pandas(frame: Any) -> pl.DataFrame:
    """Return a pandas frame column by column, so that one of mixed types becomes text by itself.

    Levels of the row index that have a name, as `set_index` and `groupby` make them, are columns, too.
    pandas' Arrow stream is not used: it needs pyarrow, brings an index without a name, and refuses the
    whole frame for one column of mixed types.
    """
    if frame.columns.nlevels > 1:
        raise DataError(
            f"the names of columns have {frame.columns.nlevels} levels",
            remedy='Join them: frame.columns = frame.columns.map("_".join)',
        )
    index = {
        str(name): _pandas_column(frame.index.get_level_values(level).to_series())
        for level, name in enumerate(frame.index.names)
        if name is not None and name not in frame.columns
    }
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"two columns are called {twice[0]!r}", remedy="Rename one of them")
    return pl.DataFrame(index | {str(name): _pandas_column(frame[name]) for name in frame.columns})


def _pandas_column(column: Any) -> pl.Series:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return pl.Series(column.to_numpy(), nan_to_null=True)
    if column.dtype.kind == "M":
        moments = column if column.dt.tz is None else column.dt.tz_convert("UTC").dt.tz_localize(None)
        if moments.dt.unit == "s":  # which polars does not know
            moments = moments.dt.as_unit("ms")
        return pl.Series(moments.to_numpy())
    values = column.astype(object).where(column.notna(), None).tolist()
    try:
        return pl.Series(values, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
