"""Which items may be shown: allow and deny lists, and conditions on columns such as `year>=1990`."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "!=": np.not_equal,
    "=": np.equal,
    ">": np.greater,
    "<": np.less,
}
_CONDITION = re.compile(r"^\s*(?P<column>.+?)\s*(?P<operator>>=|<=|!=|==|=|>|<)\s*(?P<value>.*?)\s*$")

_YEAR = re.compile(r"\d{4}$")


@dataclass(frozen=True)
class Condition:
    """A condition on one column."""

    column: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}{self.operator}{self.value}"


def parse_condition(text: str) -> Condition:
    """Return the condition that `text` says, for example `genres=Comedy` or `year>=1990`.

    Operators: `=` (also `==`), `!=`, `>=`, `<=`, `>`, `<`. `|` separates values of which one is enough.
    """
    match = _CONDITION.match(text)
    if match is None or not match["value"]:
        raise ConfigError(
            f"{text!r} is not a condition",
            where="filter",
            remedy="Write for example genres=Comedy or year>=1990",
        )
    operator = "=" if match["operator"] == "==" else match["operator"]
    return Condition(match["column"], operator, match["value"])


def eligible_items(
    catalog: Catalog,
    conditions: Sequence[str] = (),
    *,
    allow: Iterable[object] | None = None,
    deny: Iterable[object] = (),
) -> BoolVector:
    """Return which items may be shown [n_items]: see `ItemFilter`, which answers many questions faster."""
    return ItemFilter(catalog).eligible(conditions, allow=allow, deny=deny)


class ItemFilter:
    """Says which items of a catalogue may be shown; reads each column once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._shown = ~catalog.hidden()
        self._labels: dict[str, dict[str, IntVector]] = {}
        self._numbers: dict[str, NDArray[Any]] = {}

    def eligible(
        self,
        conditions: Sequence[str] = (),
        *,
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
    ) -> BoolVector:
        """Return which items may be shown [n_items]: not hidden, allowed, not denied, all conditions hold.

        `!=` is the opposite of `=`, so an item whose value is unknown passes it; it passes no other
        condition. Ids of `allow` (None: all items) and `deny` must be known.

        Raises
        ------
        ConfigError
            If a condition cannot be read or does not suit its column.
        DataError
            If no item has the value asked for: the message names values that exist.
        UnknownIdError
            If an allowed or denied id is not in the catalogue.
        """
        items = self._catalog.items
        eligible = self._shown.copy()
        if allow is not None:
            allowed = np.zeros(len(items), dtype=np.bool_)
            allowed[items.indices(allow)] = True
            eligible &= allowed
        eligible[items.indices(deny)] = False
        for text in conditions:
            eligible &= self._holds(parse_condition(text))
        return eligible

    def _holds(self, condition: Condition) -> BoolVector:
        roles = self._catalog.roles
        role = roles.get(condition.column)
        if role is Role.CATEGORY:
            return self._category_holds(condition)
        if role is Role.NUMBER:
            return _number_holds(self._values(condition.column, role), condition, _number)
        if role is Role.PUBLISHED:
            return _number_holds(self._values(condition.column, role), condition, _moment)
        usable = [
            column for column, role in roles.items() if role in (Role.CATEGORY, Role.NUMBER, Role.PUBLISHED)
        ]
        raise ConfigError(
            f"items cannot be filtered by {condition.column!r}",
            where=f"filter {str(condition)!r}",
            remedy=f"Columns to filter by: {', '.join(usable) or 'there are none'}",
        )

    def _values(self, column: str, role: Role) -> "NDArray[Any]":
        if column not in self._numbers:
            values = self._catalog.numbers(column) if role is Role.NUMBER else self._catalog.published()
            self._numbers[column] = np.asarray(values)
        return self._numbers[column]

    def _category_holds(self, condition: Condition) -> BoolVector:
        where = f"filter {str(condition)!r}"
        if condition.operator not in ("=", "!="):
            raise ConfigError(
                f"{condition.column!r} holds categories, which have no order",
                where=where,
                remedy="Use = or !=",
            )
        having = self._items_having(condition.column)
        wanted = {value.strip() for value in condition.value.split("|")}
        unknown = sorted(wanted.difference(having))
        if unknown:
            known = sorted(having)
            shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
            raise DataError(
                f"no item has {condition.column} {unknown[0]!r}", where=where, remedy=f"Known values: {shown}"
            )
        has = np.zeros(len(self._catalog), dtype=np.bool_)
        for value in wanted:
            has[having[value]] = True
        return has if condition.operator == "=" else ~has

    def _items_having(self, column: str) -> dict[str, IntVector]:
        """Return label -> the items that have it."""
        if column not in self._labels:
            found: dict[str, list[int]] = {}
            for index, labels in enumerate(self._catalog.categories(column)):
                for label in labels or ():
                    found.setdefault(label, []).append(index)
            self._labels[column] = {
                label: np.asarray(items, dtype=np.int64) for label, items in found.items()
            }
        return self._labels[column]


def _number_holds(values: Any, condition: Condition, parse: Callable[[Condition, str], float]) -> BoolVector:
    parts = condition.value.split("|") if condition.operator in ("=", "!=") else [condition.value]
    numbers = [parse(condition, part.strip()) for part in parts]
    column = np.asarray(values)
    if condition.operator in ("=", "!="):
        has = np.isin(column, np.asarray(numbers, dtype=column.dtype))
        return has if condition.operator == "=" else ~has
    holds = COMPARISONS[condition.operator](column, numbers[0])
    return np.asarray(holds & ~np.isnan(column), dtype=np.bool_)


def _number(condition: Condition, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a number",
            where=f"filter {str(condition)!r}",
            remedy="Write for example year>=1990",
        ) from None


def _moment(condition: Condition, text: str) -> float:
    """Return an ISO date or time, or the start of a year, as seconds since 1970; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(f"{text}-01-01" if _YEAR.match(text) else text)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a date",
            where=f"filter {str(condition)!r}",
            remedy="Write for example published>=2024-05-01",
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
