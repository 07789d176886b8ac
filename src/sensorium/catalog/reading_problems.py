"""Columns that can be read in two ways: what was taken, what it might be, and how to say which is right."""

from datetime import UTC, datetime
from types import MappingProxyType

import polars as pl

from sensorium.catalog.columns import is_blank_number
from sensorium.catalog.number_text import Decimal, read_number_text
from sensorium.catalog.problems import Problem, Severity
from sensorium.catalog.times import Doubt
from sensorium.core.units import DAY_S

_READ_AS = MappingProxyType(
    {
        "day-first": "with the day first",
        "month-first": "with the month first",
        "year-first": "with the year first",
        "excel": "as days of a spreadsheet",
        "date": "as the digits of a date",
    }
)
EVENT_TIMES_REMEDY = "If that is wrong, say how times are written as time_format under [events]"
DATES_REMEDY = "If that is wrong, write the dates as 2024-01-31"


def number_problems(series: pl.Series, where: str, decimal: Decimal | None = None) -> list[Problem]:
    """Return a problem if numbers in text could be others: nothing, or too much, tells the decimal sign.

    Parameters
    ----------
    series
        The column, under its name.
    where
        The file.
    decimal
        The decimal sign, if it is known from elsewhere, too.
    """
    if series.dtype != pl.String:
        return []
    text = series.filter(~is_blank_number(series))
    read = read_number_text(text, decimal)
    if read.unsure.is_empty() or (read.is_settled and not read.is_mixed):
        return []
    other: Decimal = "." if read.decimal == "," else ","
    unsure = text.is_in(read.unsure.implode())
    example = read.unsure[0]
    taken, rival = (read_number_text(pl.Series([example]), sign).numbers[0] for sign in (read.decimal, other))
    why = "some values have a decimal comma, others a decimal point" if read.is_mixed else "no value tells"
    if decimal is not None and not read.is_settled:
        why = "no value tells, but other columns or the settings do,"
    message = (
        f"{int(unsure.sum()):,} numbers of {series.name!r} can be read in two ways: "
        f"{example!r} as {taken:,g}, which was taken, or as {rival:,g}; {why} which is right"
    )
    only_points = not read.is_mixed and not read.unsure.str.contains(",", literal=True).any()
    told = decimal is not None and not read.is_settled
    return [
        Problem(
            Severity.NOTE if only_points or told else Severity.WARNING,
            "ambiguous number",
            where,
            message,
            "If that is wrong, say what stands before decimals as decimal under [catalog] or [events]",
            series.name,
            int(unsure.sum()),
            samples=tuple(read.unsure.head(10)),
        )
    ]


def time_problems(doubt: Doubt | None, column: str | None, where: str, remedy: str) -> list[Problem]:
    """Return a problem if the times of a column could be others."""
    if doubt is None:
        return []
    by_order = doubt.as_what.endswith("first")
    what = "dates" if by_order else "numbers"
    rival = _written(doubt.other) + ("" if by_order else " as unix time")
    message = (
        f"{what} of {column!r} can be read in two ways: {doubt.example!r} as {_written(doubt.read)}, "
        f"{_READ_AS[doubt.as_what]}, which was taken, or as {rival}"
    )
    severity = Severity.WARNING if by_order else Severity.NOTE
    return [Problem(severity, "ambiguous time", where, message, remedy, column, samples=(doubt.example,))]


def _written(seconds: float) -> str:
    """Return a moment as a person writes it; midnight is a day."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "no date"
    return f"{moment:%Y-%m-%d}" if seconds % DAY_S == 0 else f"{moment:%Y-%m-%d %H:%M}"
