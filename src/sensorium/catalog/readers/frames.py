"""Frames in memory: polars, pandas, pyarrow, and whatever else speaks Arrow."""

from typing import Any, cast

import polars as pl

from sensorium.core.errors import DataError


def as_polars(frame: object) -> pl.DataFrame:
    """Return any frame that speaks Arrow as a polars frame, without copying where possible.

    Raises
    ------
    DataError
        If it is no frame, or has two columns of one name.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, dict):
        return pl.DataFrame(cast("dict[str, Any]", frame))
    if not (hasattr(frame, "__arrow_c_stream__") or hasattr(frame, "__dataframe__")):
        raise DataError(
            f"a {type(frame).__name__} is no table",
            remedy="Give a polars, pandas or pyarrow frame, or use from_file for a path",
        )
    try:
        return _imported(frame)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise DataError(f"the frame cannot be read ({str(error).splitlines()[0]})") from error


def _imported(frame: object) -> pl.DataFrame:
    if type(frame).__module__.startswith("pandas"):
        # Through pandas' own conversion: its Arrow stream would bring the row index as a column.
        return pl.from_pandas(cast(Any, frame), include_index=False)
    return pl.DataFrame(cast(Any, frame))
