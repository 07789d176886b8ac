"""Which events count as positive: a rule is a comparison of a column or the name of an event type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sensorium.catalog.columns import as_numbers, as_text, blank
from sensorium.core.errors import ConfigError

OPERATORS = (">=", "<=", "==", "!=", ">", "<", "=")
_COMPARISON = re.compile(
    r"^(?P<column>[^<>=!]+?)\s*(?P<operator>>=|<=|==|!=|>|<|=)\s*(?P<value>.*)$", re.DOTALL
)


@dataclass(frozen=True)
class Rule:
    """One rule. Without an operator it names an event type."""

    text: str
    """The rule as written."""
    value: str
    """The right-hand side, or the event type."""
    column: str = ""
    operator: str = ""
    number: float | None = None
    """The right-hand side as a number; None if it is text."""


def parse_rule(text: str) -> Rule:
    """Return the parsed rule.

    Raises
    ------
    ConfigError
        Naming the rule, when it is neither `column operator value` nor an event type.
    """
    stripped = text.strip()
    if not stripped:
        raise ConfigError("a rule is empty", where="positive", remedy=_FORMS)
    if stripped[0] in "\"'" and _unquoted(stripped) != stripped:
        return Rule(text, _unquoted(stripped))
    if not re.search(r"[<>=!]", stripped):
        return Rule(text, stripped)
    match = _COMPARISON.match(stripped)
    if match is None or not match["value"].strip() or re.match(r"[<>=!]", match["value"]):
        raise ConfigError(f"rule {text!r} cannot be understood", where="positive", remedy=_FORMS)
    value = match["value"].strip()
    operator = "==" if match["operator"] == "=" else match["operator"]
    number = as_numbers(pl.Series([value]))[0]
    if number is None and operator not in ("==", "!="):
        raise ConfigError(
            f"rule {text!r} compares with {value!r}, which is no number",
            where="positive",
            remedy=f"Give a number after {operator}, or compare text with == or !=",
        )
    return Rule(text, _unquoted(value), match["column"].strip(), operator, number)


def positive_mask(
    frame: pl.DataFrame, rules: Sequence[str], *, kind: str | None, value: str | None
) -> pl.Series:
    """Return whether each row satisfies any of the `rules`; every row if there are none.

    A missing cell satisfies no rule. An event type is compared with the column `kind` without regard
    to case. `rating` and `value` also name the column `value` if the frame has no column so called.

    Parameters
    ----------
    frame
        The events as read.
    kind, value
        The columns with the event type and with the value; None if there is none.
    """
    if isinstance(rules, str):
        rules = [rules]
    mask = pl.repeat(not rules, frame.height, dtype=pl.Boolean, eager=True)
    for rule in (parse_rule(text) for text in rules):
        mask = mask | _satisfied(frame, rule, kind=kind, value=value)
    return mask


def rule_columns(rules: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return those of `columns` that the `rules` compare."""
    named = {parse_rule(text).column for text in rules}
    return [column for column in columns if column in named]


def _satisfied(frame: pl.DataFrame, rule: Rule, *, kind: str | None, value: str | None) -> pl.Series:
    if not rule.operator:
        if kind is None:
            raise ConfigError(
                f"rule {rule.text!r} names an event type, but the events have no type column",
                where="positive",
                remedy=f"Name the column with the type, or compare a column: {', '.join(frame.columns)}",
            )
        types = as_text(frame[kind]).str.strip_chars().str.to_lowercase()
        return (types == rule.value.lower()).fill_null(value=False)
    series = frame[_column(frame, rule, value)]
    if rule.number is not None:
        return _compare(as_numbers(series), rule.operator, rule.number)
    text = as_text(series).str.strip_chars()
    equal = text == rule.value
    return ((equal if rule.operator == "==" else ~equal) & ~blank(series)).fill_null(value=False)


def _compare(numbers: pl.Series, operator: str, number: float) -> pl.Series:
    outcomes = {
        ">=": lambda: numbers >= number,
        "<=": lambda: numbers <= number,
        ">": lambda: numbers > number,
        "<": lambda: numbers < number,
        "==": lambda: numbers == number,
        "!=": lambda: numbers != number,
    }
    return outcomes[operator]().fill_null(value=False)


def _column(frame: pl.DataFrame, rule: Rule, value: str | None) -> str:
    if rule.column in frame.columns:
        return rule.column
    if value is not None and rule.column.lower() in ("rating", "value"):
        return value
    raise ConfigError(
        f"rule {rule.text!r} compares the column {rule.column!r}, which the events do not have",
        where="positive",
        remedy=f"Columns are: {', '.join(frame.columns)}",
    )


def _unquoted(text: str) -> str:
    quoted = len(text) > 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


_FORMS = "Write a comparison such as 'rating >= 4' or an event type such as 'purchase'"
