"""Columns of any type as ids, numbers, times, flags: vectorised, with null where a value cannot be read."""

import polars as pl

from sensorium.catalog.number_text import Decimal, read_number_text
from sensorium.catalog.times import TimeFormat, read_times

TRUE_WORDS = ("true", "t", "yes", "y", "1", "on", "是")
FALSE_WORDS = ("false", "f", "no", "n", "0", "off", "否")


LARGEST = 3.4e38
"""The largest number that float32, in which features and values are kept, can hold."""
NO_NUMBER = (
    "nan", "null", "none", "na", "n/a", "-", "--", "—", "\\n", "nat", "<na>", "#n/a", "#null!", "nil",
    "undefined", "无",
)  # fmt: skip
"""What stands for a missing number or time in text, in any case."""
NO_TIME = r"^\s*(?:0000-00-00|0001-01-01|0000/00/00|00/00/0000|00\.00\.0000)"
"""Dates that stand for a missing one: those of databases without null."""


def is_blank(series: pl.Series) -> pl.Series:
    """Return whether each value is missing: null, NaN, or text that is empty or white space."""
    if series.dtype == pl.String:
        return series.str.strip_chars().fill_null("") == ""
    if series.dtype.is_float():
        return series.is_null() | series.is_nan().fill_null(value=False)
    return series.is_null()


def is_blank_number(series: pl.Series) -> pl.Series:
    """Return whether each value is missing where a number or time is expected; `NaN` and `null` count too."""
    if series.dtype != pl.String:
        return is_blank(series)
    return is_blank(series) | series.str.strip_chars().str.to_lowercase().is_in(NO_NUMBER).fill_null(
        value=False
    )


def is_blank_time(series: pl.Series) -> pl.Series:
    """Return whether each value is missing where a time is expected; `NaT` and 0000-00-00 count, too."""
    if series.dtype != pl.String:
        return is_blank(series)
    return is_blank_number(series) | series.str.contains(NO_TIME).fill_null(value=False)


def as_text(series: pl.Series) -> pl.Series:
    """Return each value as text, null where it is blank; whole floats lose their `.0`; lists join by `|`."""
    if series.dtype == pl.String:
        return series.set(is_blank(series), None) if is_blank(series).any() else series
    if isinstance(series.dtype, pl.List | pl.Array):
        listed = series.cast(pl.List(pl.String))
        return as_text(listed.list.join("|", ignore_nulls=True))
    if series.dtype.is_float():
        known = series.fill_nan(None)
        whole = known.filter(known.is_not_null() & (known != known.round())).is_empty()
        small = known.abs().max()
        if whole and (small is None or float(small) < 2**53):  # type: ignore[arg-type]
            return known.cast(pl.Int64).cast(pl.String)
        return known.cast(pl.String)
    return series.cast(pl.String)


def holds_integers(series: pl.Series) -> bool:
    """Return whether the values are whole numbers, perhaps held as floats, as frames with gaps do."""
    if not series.dtype.is_float():
        return series.dtype.is_integer()
    known = series.drop_nulls().drop_nans()
    return bool((known == known.round()).all())


def as_numbers(series: pl.Series, decimal: Decimal | None = None) -> pl.Series:
    """Return each value as float64, null where it is blank or no number.

    In text, all values of the column together tell decimals from thousands, unless `decimal` says what stands
    before decimals: see `number_text.read_number_text`. What float32 cannot hold is no number.
    """
    if series.dtype == pl.String:
        numbers = _plain_numbers(series)
        if numbers is None or decimal == ",":
            numbers = read_number_text(series, decimal).numbers
    elif series.dtype.is_numeric() or series.dtype == pl.Boolean or series.dtype == pl.Null:
        numbers = series.cast(pl.Float64)
    else:
        return pl.Series(series.name, [None] * len(series), dtype=pl.Float64)
    return numbers.set((~(numbers.abs() <= LARGEST)).fill_null(value=False), None)


def decimal_of(series: pl.Series) -> Decimal | None:
    """Return what stands before decimals in text, None where no value says so or all are plain numbers."""
    if series.dtype != pl.String:
        return None
    if _plain_numbers(series) is not None:
        return None
    read = read_number_text(series)
    return read.decimal if read.is_settled else None


def _plain_numbers(text: pl.Series) -> pl.Series | None:
    """Return text as float64 if all of it but blanks is plain numbers, else None."""
    numbers = text.str.strip_chars().cast(pl.Float64, strict=False)
    unread = numbers.null_count() - text.null_count()
    plain = unread == 0 or not (numbers.is_null() & ~is_blank_number(text)).any()
    return numbers if plain else None


def as_times(series: pl.Series, *, years: bool = False, written: TimeFormat | None = None) -> pl.Series:
    """Return each value as seconds since 1970 (UTC) in float64, null where it is blank or no time.

    Understood: unix seconds, milliseconds, microseconds and nanoseconds (told apart by the median of the
    column), digits such as 20240131 and 202401311200, days of a spreadsheet, ISO 8601 and other dates with or
    without a time of day and zone (UTC if without), with months as numbers or by name, and polars dates and
    datetimes. Whether days or months come first follows from all values of the column. With `years`, whole
    numbers from 1000 to 2999 are years. `written` is one of `times.WORDS` or a format of `strptime`.
    """
    return read_times(series, years=years, written=written).seconds


def as_flags(series: pl.Series) -> pl.Series:
    """Return each value as a boolean, null where it is blank or neither yes nor no."""
    if series.dtype == pl.Boolean:
        return series
    words = as_text(series).str.strip_chars().str.to_lowercase()
    return pl.select(
        pl.when(words.is_in(TRUE_WORDS))
        .then(statement=True)
        .when(words.is_in(FALSE_WORDS))
        .then(statement=False)
    ).to_series()
