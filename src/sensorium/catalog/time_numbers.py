"""Times written as numbers: unix time in any unit, digits such as 20240131, days of a spreadsheet."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

from sensorium.core.units import DAY_S

Unit: TypeAlias = Literal["s", "ms", "us", "ns", "excel"]
"""What one is of: a unit of unix time, or a day of a spreadsheet's calendar."""
DIVISORS: Mapping[Unit, float] = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
LIMITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on it counts that many parts of a second: 1e11 s is in the year 5138, 1e11 ms in 1973."""
EXCEL_EPOCH = 25_569
"""Days from 1899-12-30, where a spreadsheet begins to count, to 1970."""
EXCEL_DAYS = (EXCEL_EPOCH, 73_050)
"""1970 to 2099; as seconds since 1970 these would all lie within the first day."""
MOST = 0.9
"""The share of numbers that must lie there for a column to be such days."""
HALF = 0.5
"""The share of numbers that must be digits of a date; of arbitrary ones at most 4% are."""
PLAUSIBLE = (631_152_000.0, 4_102_444_800.0)
"""1990 to 2099: where a number has to lie in a unit of its own, if it does not fit that of its column."""
OLD = 157_766_400.0
"""1975."""
DATE_DIGITS = (8, 10, 12, 14, 17)
"""How many digits a date has: with hour, minute, second and millisecond."""
SAMPLE = 1000
LARGEST = 1e20
"""No time is larger in any unit."""


class NumberTimes(NamedTuple):
    """Numbers read as times."""

    seconds: pl.Series
    """[n] float64 since 1970, null where there is none."""
    plain: pl.Series
    """[n] as unix time."""
    as_what: Literal["date", "excel"] | None = None
    """What they are where they are not unix time or years."""


def seconds_of_numbers(numbers: pl.Series, *, years: bool, unit: Unit | None = None) -> NumberTimes:
    """Return numbers [n] float64 as seconds since 1970; what they count follows from all of them."""
    numbers = numbers.set((~(numbers.abs() <= LARGEST)).fill_null(value=False), None)
    known = numbers.drop_nulls()
    if unit is not None:
        read = (numbers - EXCEL_EPOCH) * DAY_S if unit == "excel" else numbers / DIVISORS[unit]
        return NumberTimes(read, read)
    if known.is_empty():
        return NumberTimes(numbers, numbers)
    if years and bool(known.is_between(1000, 2999).all()):
        dates = (
            pl.DataFrame({"year": numbers.cast(pl.Int32)}).select(pl.date(pl.col("year"), 1, 1)).to_series()
        )
        seconds = dates.cast(pl.Int32).cast(pl.Float64) * DAY_S
        return NumberTimes(seconds, seconds)
    plain = _unix(numbers, known)
    if float(known.is_between(*EXCEL_DAYS).mean() or 0.0) >= MOST:  # type: ignore[arg-type]
        within = numbers.set(~numbers.is_between(*EXCEL_DAYS).fill_null(value=False), None)
        return NumberTimes((within - EXCEL_EPOCH) * DAY_S, plain, "excel")
    dates = _dates(numbers) if _may_be_dates(known) else None
    if dates is not None and len(dates.drop_nulls()) > HALF * len(known):
        return NumberTimes(dates, plain, "date")
    return NumberTimes(plain, plain)


def _may_be_dates(known: pl.Series) -> bool:
    """Return whether a sample of the numbers are digits of dates."""
    sample = known.gather_every(max(1, len(known) // SAMPLE))
    return len(_dates(sample).drop_nulls()) > HALF * len(sample)


def _dates(numbers: pl.Series) -> pl.Series:
    """Return digits such as 20240131 or 202401311200 as seconds, null where they are no date from 1900 on."""
    whole = numbers.set((numbers != numbers.round()).fill_null(value=False), None)
    text = whole.cast(pl.Int64, strict=False).cast(pl.String)
    length = text.str.len_chars()
    seconds = pl.Series(numbers.name, [None], dtype=pl.Float64).new_from_index(0, len(numbers))
    for n_digits in DATE_DIGITS:
        if not (length == n_digits).any():
            continue
        own = text.set((length != n_digits).fill_null(value=True), None)
        day = own.str.slice(0, 8).str.to_date("%Y%m%d", strict=False)
        days = day.set(~day.dt.year().is_between(1900, 2100).fill_null(value=False), None).cast(pl.Int32)
        parts = [own.str.slice(at, 2).cast(pl.Int64, strict=False).fill_null(0) for at in (8, 10, 12)]
        part_s = parts[0] * 3600 + parts[1] * 60 + parts[2]
        milli = own.str.slice(14, 3).cast(pl.Float64, strict=False).fill_null(0.0) / 1e3
        valid = (parts[0] < 24) & (parts[1] < 60) & (parts[2] < 60)
        moment = days.cast(pl.Float64) * DAY_S + part_s.cast(pl.Float64) + milli
        seconds = seconds.fill_null(moment.set(~valid, None))
    return seconds


def _unix(numbers: pl.Series, known: pl.Series) -> pl.Series:
    """Return unix times as seconds: in the unit of the column's median, or their own where only that fits."""
    read = numbers / _divisor(abs(float(known.median() or 0.0)))  # type: ignore[arg-type]
    misfit = ((read < OLD) | (read > PLAUSIBLE[1])).fill_null(value=False)
    if not misfit.any():
        return read
    size = pl.col("n").abs()
    own = pl.when(size >= LIMITS[0][0]).then(pl.col("n") / LIMITS[0][1])
    for limit, divisor in LIMITS[1:]:
        own = own.when(size >= limit).then(pl.col("n") / divisor)
    alone = pl.DataFrame({"n": numbers}).select(own.otherwise("n")).to_series()
    fits = alone.is_between(*PLAUSIBLE).fill_null(value=False)
    return pl.select(pl.when(misfit & fits).then(alone).otherwise(read).alias(numbers.name)).to_series()


def _divisor(middle: float) -> float:
    return next((divisor for limit, divisor in LIMITS if middle >= limit), 1.0)
