"""Columns of any type as times: one reading a column, from all its values."""

from typing import NamedTuple, TypeAlias

import polars as pl

from sensorium.catalog.time_numbers import NumberTimes, Unit, seconds_of_numbers
from sensorium.catalog.time_text import OLDEST_YEAR, ORDERS, Order, parse_times
from sensorium.core.errors import ConfigError
from sensorium.core.units import DAY_S

UNITS: tuple[Unit, ...] = ("s", "ms", "us", "ns", "excel")
WORDS = (*ORDERS, *UNITS)
"""What may be said of a column of times beside a format such as `%d/%m/%Y %H:%M`."""
TimeFormat: TypeAlias = str
"""One of `WORDS`, or a format of `strptime`."""
ISO_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.fZ")
"""What most columns are written in: tried on all of a column at once."""
SAMPLE = 100
_PARTS = (
    r"(?i)^(?<date>[^:]*[^:\s,]),?[ T]\s*"
    r"(?<clock>\d{1,2}:\d{2}[\d:.,]*(?:\s?[ap]\.?m\.?)?\s?(?:z|utc|gmt)?\s?(?:[+-]\d{2}:?(?:\d{2})?)?)$"
)
"""A date and, behind it, a time of day."""
_ISO = r"^\s*\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:|\s*$)"
_HALF = r"(?i)\d\s*[ap]\.?m|下午|上午"


class Doubt(NamedTuple):
    """A column of times that can be read in two ways."""

    example: str
    """A value that tells them apart."""
    read: float
    """Seconds since 1970, as it was read."""
    other: float
    """Seconds since 1970, as it might be."""
    as_what: str
    """What it was read as: one of `WORDS`, or `date`, for digits such as 20240131."""


class TimeReading(NamedTuple):
    """A column, read as times."""

    seconds: pl.Series
    """[n] float64 since 1970 (UTC), null where there is none."""
    order: Order | None = None
    """The order of dates such as 01/02/2024; None where there are none."""
    doubt: Doubt | None = None


def read_times(series: pl.Series, *, years: bool = False, written: TimeFormat | None = None) -> TimeReading:
    """Return `series` [n] as times; see `columns.as_times` for what is understood.

    Parameters
    ----------
    years
        Whether whole numbers from 1000 to 2999 are years.
    written
        How the times are written, if that is known; what is written otherwise, but for ISO 8601, is then no
        time.

    Raises
    ------
    ConfigError
        If `written` is neither one of `WORDS` nor a format.
    """
    if written is not None:
        require_time_format(written, where="time_format")
    if series.dtype.is_temporal():
        return TimeReading(_as_seconds(series))
    if written is not None and written not in WORDS:
        text = _plain_text(series)
        iso = text.set(~text.str.contains(_ISO).fill_null(value=False), None)
        seconds = _by_format(text, written)
        return TimeReading(seconds.fill_null(_of_text(iso, years=False, unit=None, order=None).seconds))
    unit = written if written in UNITS else None
    if series.dtype != pl.String:
        numbers = series.cast(pl.Float64) if series.dtype.is_numeric() or series.dtype == pl.Null else None
        if numbers is None:
            return TimeReading(_nothing(series))
        return _of_numbers(numbers, series, years=years, unit=unit)
    order = written if written in ORDERS else None
    return _of_text(series.str.strip_chars(), years=years, unit=unit, order=order)


def _of_text(text: pl.Series, *, years: bool, unit: Unit | None, order: Order | None) -> TimeReading:
    numbers = text.cast(pl.Float64, strict=False).fill_nan(None)
    doubt = None
    seconds = _nothing(text)
    if numbers.null_count() < len(text):
        seconds, _, doubt = _of_numbers(numbers, text, years=years, unit=unit)
        text = text.set(numbers.is_not_null(), None)
    sample = text.drop_nulls().head(SAMPLE)
    for form in ISO_FORMATS:
        if len(sample) and _moments(sample, form).null_count() < len(sample):
            seconds = seconds.fill_null(_as_seconds(_moments(text, form)))
            sample = sample.filter(_moments(sample, form).is_null())
    rest = text.set(seconds.is_not_null(), None)
    if rest.null_count() == len(rest):
        return TimeReading(seconds, None, doubt)
    read = _in_parts(rest, order)
    left = rest.set(read.seconds.is_not_null(), None)
    if unit == "excel" or left.str.contains(r"^\d+,\d+$").any():
        points = left.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        seconds = seconds.fill_null(_of_numbers(points, left, years=years, unit=unit).seconds)
    return TimeReading(seconds.fill_null(read.seconds), read.order, read.doubt or doubt)


def _in_parts(text: pl.Series, order: Order | None) -> TimeReading:
    """Return times of any spelling; dates and times of day apart, since few of each are distinct."""
    parts = text.str.extract_groups(_PARTS).struct.unnest()
    dates, clocks = parts["date"].fill_null(text), parts["clock"]
    distinct = dates.drop_nulls().unique(maintain_order=True)
    distinct_clocks = clocks.drop_nulls().unique()
    has_half = bool(distinct_clocks.str.contains(_HALF).any())
    read = parse_times(distinct, order, has_half=has_half)
    clock = parse_times("1970-01-01 " + distinct_clocks).seconds
    midnight = {"date": distinct, "seconds": read.seconds}
    since = pl.DataFrame(
        {"clock": distinct_clocks, "since": clock}, schema={"clock": pl.String, "since": pl.Float64}
    )
    joined = (
        pl.DataFrame({"date": dates, "clock": clocks})
        .join(pl.DataFrame(midnight), on="date", how="left", maintain_order="left")
        .join(since, on="clock", how="left", maintain_order="left")
    )
    timed = pl.when(pl.col("clock").is_null()).then(0.0).otherwise("since")
    seconds = joined.select((pl.col("seconds") + timed).alias(text.name)).to_series()
    return TimeReading(seconds, read.order, _doubt_of_order(distinct, read.seconds, read.other, read.order))


def _doubt_of_order(
    text: pl.Series, seconds: pl.Series, other: pl.Series | None, order: Order | None
) -> Doubt | None:
    if other is None or order is None:
        return None
    differs = (seconds != other).fill_null(value=False)
    if not differs.any():
        return None
    row = int(differs.arg_max() or 0)
    return Doubt(text[row], seconds[row], other[row], order)


def _of_numbers(numbers: pl.Series, cells: pl.Series, *, years: bool, unit: Unit | None) -> TimeReading:
    read: NumberTimes = seconds_of_numbers(numbers, years=years, unit=unit)
    if read.as_what is None or unit is not None:
        return TimeReading(read.seconds)
    row = int(read.seconds.is_not_null().arg_max() or 0)
    example = str(cells[row]).removesuffix(".0")
    return TimeReading(read.seconds, None, Doubt(example, read.seconds[row], read.plain[row], read.as_what))


def require_time_format(written: str, *, where: str) -> None:
    """Refuse what is neither one of `WORDS` nor a format by which a time can be read."""
    if written in WORDS:
        return
    remedy = f"Write one of {', '.join(WORDS)}, or a format such as %d/%m/%Y %H:%M"
    if "%" not in written:
        raise ConfigError(f"{written!r} is no format of times", where=where, remedy=remedy)
    try:
        _by_format(pl.Series(["2024"]), written)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].removeprefix("Invalid format string: ").rstrip(".")
        raise ConfigError(
            f"{written!r} is no format of times ({reason})", where=where, remedy=remedy
        ) from error


def _by_format(text: pl.Series, written: str) -> pl.Series:
    """Return text as seconds by a format of `strptime`, null where it is written otherwise."""
    if ",%f" in written:
        text, written = text.str.replace(r",(\d+)", ".${1}"), written.replace(",%f", ".%f")
    form = written.replace(".%f", "%.f")
    zone = "UTC" if "%z" in form else None
    moments = text.str.strip_chars().str.to_datetime(form, strict=False, time_unit="us", time_zone=zone)
    return _as_seconds(moments)


def _moments(text: pl.Series, form: str) -> pl.Series:
    """Return moments by a format that begins with the year, of which there are four digits."""
    if form == "%Y-%m-%d":
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return text.str.to_datetime(form, strict=False, time_unit="us")


def _as_seconds(moments: pl.Series) -> pl.Series:
    """Return dates and datetimes as seconds since 1970; UTC without a zone, null before the year 1000."""
    if moments.dtype == pl.Time or moments.dtype == pl.Duration:
        return _nothing(moments)
    seconds = moments.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64) / 1e6
    return seconds.set((seconds < OLDEST_S).fill_null(value=False), None)


OLDEST_S = (OLDEST_YEAR - 1970) * 365.2425 * DAY_S


def _plain_text(series: pl.Series) -> pl.Series:
    whole = series.dtype.is_float() and bool((series == series.round()).fill_null(value=True).all())
    return (series.cast(pl.Int64, strict=False) if whole else series).cast(pl.String, strict=False)


def _nothing(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [None], dtype=pl.Float64).new_from_index(0, len(series))
