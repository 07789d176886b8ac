"""Frames whose columns are of few types: text, numbers, flags, dates, and lists of those."""

import json
from typing import Any

import polars as pl


def with_plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with every unusual column turned into a usual one.

    Categories become text, decimals floats, durations seconds; times of day, bytes, structures, objects
    and lists of lists become text (JSON where they are nested). Other columns stay untouched.
    """
    changed = [plain for series in frame if (plain := _plain(series)) is not series]
    return frame.with_columns(changed) if changed else frame


def _plain(series: pl.Series) -> pl.Series:
    kind = series.dtype
    if kind.is_decimal():
        return series.cast(pl.Float64)
    if kind == pl.Duration:
        return series.dt.total_microseconds().cast(pl.Float64) / 1e6
    if isinstance(kind, pl.Categorical | pl.Enum | pl.Time):
        return series.cast(pl.String)
    if isinstance(kind, pl.List | pl.Array):
        return _plain_list(series, kind.inner)
    if isinstance(kind, pl.Struct | pl.Binary | pl.Object):
        return _texts(series)
    return series


def _plain_list(series: pl.Series, inner: Any) -> pl.Series:
    if isinstance(inner, pl.Categorical | pl.Enum | pl.Time):
        return series.cast(pl.List(pl.String))
    usual = inner.is_numeric() and not inner.is_decimal()
    if usual or isinstance(inner, pl.String | pl.Boolean | pl.Date | pl.Datetime | pl.Null):
        return series
    return _texts(series)


def _texts(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [_text(value) for value in series.to_list()], dtype=pl.String)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
