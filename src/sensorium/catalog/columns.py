"""Columns of any type as ids, numbers, times, flags: vectorised, with null where a value cannot be read."""

import polars as pl

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d-%b-%Y", "%Y%m%d", "%Y年%m月%d日")
"""Dates without a time of day that are understood beside ISO 8601."""
MOMENT_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%dT%H:%M:%S%.f",
    "%Y/%m/%dT%H:%M",
    "%d.%m.%YT%H:%M:%S%.f",
    "%d.%m.%YT%H:%M",
)
"""Dates with a time of day, after a space between the two has become `T`."""
TRUE_WORDS = ("true", "t", "yes", "y", "1", "on", "是")
FALSE_WORDS = ("false", "f", "no", "n", "0", "off", "否")


LARGEST = 3.4e38
"""The largest number that float32, in which features and values are kept, can hold."""
NO_NUMBER = ("nan", "null", "none", "na", "n/a", "-", "\\n")
"""What stands for a missing number or time in text, in any case."""


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


def as_numbers(series: pl.Series) -> pl.Series:
    """Return each value as float64, null where it is blank or no number.

    In text, `4,5` reads as 4.5 and `1,234` or `1,234.5` as thousands. What float32 cannot hold is no number.
    """
    if series.dtype == pl.String:
        text = series.str.strip_chars()
        numbers = text.cast(pl.Float64, strict=False)
        commas = numbers.is_null() & text.str.contains(",", literal=True).fill_null(value=False)
        if commas.any():
            thousands = text.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
            decimal = text.str.contains(r"^[+-]?\d+,\d{1,2}$")
            plain = pl.select(
                pl.when(thousands)
                .then(text.str.replace_all(",", "", literal=True))
                .when(decimal)
                .then(text.str.replace(",", ".", literal=True))
            ).to_series()
            numbers = numbers.fill_null(plain.cast(pl.Float64, strict=False))
    elif series.dtype.is_numeric() or series.dtype == pl.Boolean or series.dtype == pl.Null:
        numbers = series.cast(pl.Float64)
    else:
        return pl.Series(series.name, [None] * len(series), dtype=pl.Float64)
    return numbers.set((~(numbers.abs() <= LARGEST)).fill_null(value=False), None)


def as_times(series: pl.Series, *, years: bool = False) -> pl.Series:
    """Return each value as seconds since 1970 (UTC) in float64, null where it is blank or no time.

    Understood: unix seconds, milliseconds, microseconds and nanoseconds (told apart by the median
    of the column), ISO 8601 with or without a zone (UTC if without), the dates of `DATE_FORMATS`,
    and polars dates and datetimes. With `years`, whole numbers from 1000 to 2999 are years.
    """
    if series.dtype.is_temporal():
        if series.dtype == pl.Time or series.dtype == pl.Duration:
            return pl.Series(series.name, [None] * len(series), dtype=pl.Float64)
        return _as_seconds(series.cast(pl.Datetime("us")) if series.dtype == pl.Date else series)
    numbers = as_numbers(series)
    known = numbers.drop_nulls()
    if series.dtype != pl.String or len(known) == series.len() - int(is_blank_number(series).sum()):
        return _scale_to_seconds(series.name, numbers, years=years)
    times = _parse_times(series.str.strip_chars())
    return times.fill_null(_scale_to_seconds(series.name, numbers, years=years)) if len(known) else times


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


def _as_seconds(moments: pl.Series) -> pl.Series:
    """Return datetimes as seconds since 1970; one without a zone is taken as UTC."""
    return moments.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64) / 1e6


def _scale_to_seconds(name: str, numbers: pl.Series, *, years: bool) -> pl.Series:
    known = numbers.drop_nulls()
    if known.is_empty():
        return numbers
    if years and bool(known.is_between(1000, 2999).all()):
        dates = pl.DataFrame({"year": numbers.cast(pl.Int32)}).select(pl.date(pl.col("year"), 1, 1))
        return _as_seconds(dates.to_series().cast(pl.Datetime("us"))).alias(name)
    if bool(known.is_between(19_000_101, 21_001_231).all()) and bool((known == known.round()).all()):
        dates = numbers.cast(pl.Int64).cast(pl.String).str.to_date("%Y%m%d", strict=False)
        if dates.null_count() == numbers.null_count():
            return _as_seconds(dates.cast(pl.Datetime("us"))).alias(name)
    middle = abs(float(known.median() or 0.0))  # type: ignore[arg-type]
    divisor = next((d for limit, d in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)) if middle >= limit), 1.0)
    return numbers / divisor


def _parse_times(text: pl.Series) -> pl.Series:
    """Return ISO text and dates as seconds, trying a further format only on what is still unread."""
    frame = pl.DataFrame({"text": text})
    joined = pl.col("text").str.replace(r"^(\S+)\s+(\d)", "${1}T$2")
    zoned = joined.str.replace(r"Z$", "+00:00").str.replace(r"\s*([+-]\d\d):?(\d\d)$", "${1}${2}")
    attempts = [joined.str.to_datetime(f, strict=False, time_unit="us") for f in MOMENT_FORMATS]
    attempts += [pl.col("text").str.to_date(f, strict=False).cast(pl.Datetime("us")) for f in DATE_FORMATS]
    attempts += [
        zoned.str.to_datetime(f, strict=False, time_unit="us", time_zone="UTC").dt.replace_time_zone(None)
        for f in ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")
    ]
    found = pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us"))
    for attempt in attempts:
        missing = found.is_null() & text.is_not_null()
        if not missing.any():
            break
        found = found.fill_null(frame.select(attempt).to_series())
    return _as_seconds(found)
