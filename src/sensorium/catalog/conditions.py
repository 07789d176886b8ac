"""Conditions on columns, such as `genres = Comedy|Drama` or `year >= 1990`: from text, compared with cells.

One grammar for the rules of positive events, for filters of answers and for what somebody says they like:

    COLUMN OPERATOR VALUE[|VALUE ...]

A column or value that holds a sign of the grammar stands in quotes. An empty cell never meets a condition,
not even one with `!=`.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache, reduce
from types import MappingProxyType
from typing import Any

import polars as pl

from sensorium.catalog.columns import as_numbers, as_text, as_times
from sensorium.catalog.multi_label import label_lists
from sensorium.core.errors import ConfigError

ORDERS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
)
"""The operators that need something with an order: a number or a time."""
OPERATORS = ("=", "!=", *ORDERS)
"""All operators; `==` is another spelling of `=`."""
FORMS = f"Write a column, one of {' '.join(OPERATORS)} and a value, such as genres=Comedy or year>=1990"
"""The remedy for text that is no condition."""
FIRST_YEAR = 1000
"""The least number that is read as a time: a year."""
_QUOTED = r"\"[^\"]+\"|'[^']+'"
_CONDITION = re.compile(
    rf"\s*(?P<column>{_QUOTED}|[^<>=!]+?)\s*(?P<operator>>=|<=|!=|==|=|>|<)\s*(?P<value>[^<>=!\s].*?)\s*",
    re.DOTALL,
)
_ALTERNATIVE = re.compile(rf"\s*(?P<value>{_QUOTED}|[^|]*?)\s*(?:\||$)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """A comparison of one column; `parse_condition` reads it back from its text."""

    column: str
    operator: str
    """One of `OPERATORS`."""
    value: str
    """As written: `|` between values of which one is enough, quotes around what is taken as it stands."""

    def __str__(self) -> str:
        column = self.column
        if column != column.strip() or re.search(r"[<>=!]", column) or is_quoted(column):
            column = f"'{column}'" if '"' in column else f'"{column}"'
        return f"{column} {self.operator} {self.value}"

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The values of which one is enough, without their quotes."""
        return tuple(unquoted(part) for part in self._alternatives)

    @cached_property
    def numbers(self) -> tuple[float, ...] | None:
        """The values as numbers; None if one is quoted or no number."""
        return _all_known(as_numbers(pl.Series(self._alternatives, dtype=pl.String)))

    @cached_property
    def times(self) -> tuple[float, ...] | None:
        """The values as seconds since 1970; None if one is quoted or no time. A year is its first moment."""
        found = [_seconds(part) for part in self._alternatives]
        return _all_known(pl.Series(found, dtype=pl.Float64))

    @cached_property
    def _alternatives(self) -> tuple[str, ...]:
        parts = [match["value"] for match in _ALTERNATIVE.finditer(self.value)]
        return tuple(part for part in parts if part)


@lru_cache(maxsize=1024)  # a service is asked for the same few conditions again and again
def parse_condition(text: str, *, where: str = "condition") -> Condition:
    """Return the condition that `text` says, such as `genres=Comedy`, `genres = Comedy|Drama`, `year>=1990`.

    Raises
    ------
    ConfigError
        Naming `text` and `where` it stands, when it is no condition or orders several values.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is not a condition", where=where, remedy=FORMS)
    sign = "=" if match["operator"] == "==" else match["operator"]
    condition = Condition(unquoted(match["column"]), sign, match["value"])
    if not condition.values:
        raise ConfigError(f"{text!r} is not a condition", where=where, remedy=FORMS)
    if sign in ORDERS and len(condition.values) > 1:
        raise ConfigError(
            f"{text!r} compares with several values", where=where, remedy=f"Give one value after {sign}"
        )
    return condition


def is_quoted(text: str) -> bool:
    """Return whether all of `text` stands in one pair of quotes."""
    return re.fullmatch(_QUOTED, text) is not None


def unquoted(text: str) -> str:
    """Return `text` without the quotes around it, if there are any."""
    return text[1:-1] if is_quoted(text) else text


def require_order(condition: Condition, *, where: str) -> None:
    """Refuse a condition whose operator needs an order, such as `>=`, and whose value has none."""
    if condition.operator in ORDERS and condition.numbers is None and condition.times is None:
        raise ConfigError(
            f"{condition.value!r} is neither a number nor a date",
            where=f"{where} {str(condition)!r}",
            remedy=f"Give a number or a date after {condition.operator}, or compare text with = or !=",
        )


def compare_cells(cells: pl.Series, condition: Condition, *, where: str = "condition") -> pl.Series:
    """Return whether each of `cells` meets the condition [n]; its values say as what both are compared.

    Numbers are compared as numbers, dates and times as times; whatever else, and what is quoted, as text.
    In a column that holds no number but times, a number is a year.
    """
    require_order(condition, where=where)
    if condition.numbers is not None:
        numbers = numeric_cells(cells)
        if condition.times is None or numbers.null_count() < len(numbers):
            return compare_numbers(numbers, condition, where=where)
    if condition.times is not None:
        return compare_times(as_times(cells, years=True), condition, where=where)
    return compare_labels(cells, condition)


def numeric_cells(cells: pl.Series) -> pl.Series:
    """Return `cells` as numbers [n], null where there is none; single precision stays single precision.

    So `price = 0.1` holds for a cell that holds 0.1 in either precision.
    """
    numbers = as_numbers(cells)
    return numbers.cast(pl.Float32) if cells.dtype == pl.Float32 else numbers


def compare_numbers(numbers: pl.Series, condition: Condition, *, where: str = "condition") -> pl.Series:
    """Return whether each of `numbers`, null where there is none, meets the condition [n]."""
    if condition.numbers is None:
        raise ConfigError(
            f"{condition.value!r} is not a number",
            where=f"{where} {str(condition)!r}",
            remedy=f"Write for example {condition.column}{condition.operator}10",
        )
    return _compare(numbers, condition.operator, condition.numbers)


def compare_times(times: pl.Series, condition: Condition, *, where: str = "condition") -> pl.Series:
    """Return whether each of `times`, seconds since 1970 or null, meets the condition [n]."""
    if condition.times is None:
        raise ConfigError(
            f"{condition.value!r} is not a date",
            where=f"{where} {str(condition)!r}",
            remedy=f"Write for example {condition.column}>=2024-05-01",
        )
    return _compare(times, condition.operator, condition.times)


def compare_labels(cells: pl.Series, condition: Condition, separator: str | None = "|") -> pl.Series:
    """Return whether each cell has one of the values among its labels (`=`), or only other labels (`!=`) [n].

    Parameters
    ----------
    separator
        What stands between several labels in one cell; None: each cell is one label.
    """
    if cells.dtype.is_nested() or (separator and cells.dtype == pl.String and _occurs(cells, separator)):
        labels = label_lists(cells, separator)
        has = labels.list.eval(pl.element().is_in(condition.values)).list.any()
        known = labels.list.len() > 0
    else:
        text = as_text(cells).str.strip_chars()
        has, known = text.is_in(condition.values), text.is_not_null()
    met = has if condition.operator == "=" else ~has & known
    return met.fill_null(value=False)


def _compare(cells: pl.Series, sign: str, values: Sequence[float]) -> pl.Series:
    if sign in ORDERS:
        met = ORDERS[sign](cells, values[0])
    else:
        wanted = pl.Series(values, dtype=cells.dtype)
        among = reduce(operator.or_, (cells == value for value in wanted))
        met = among if sign == "=" else ~among
    return (met & cells.is_not_null()).fill_null(value=False)


def _occurs(cells: pl.Series, separator: str) -> bool:
    return bool(cells.str.contains(separator, literal=True).any())


def _seconds(text: str) -> float | None:
    """Return a time as seconds since 1970 (UTC if it names no zone), None for what is no time."""
    number = as_numbers(pl.Series([text]))[0]
    if number is not None and number < FIRST_YEAR:
        return None
    seconds = as_times(pl.Series([text]), years=True)[0]
    if seconds is None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(seconds)


def _all_known(values: pl.Series) -> tuple[float, ...] | None:
    return None if values.null_count() else tuple(values.to_list())
