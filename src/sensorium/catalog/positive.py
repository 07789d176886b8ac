"""Which events count as positive: a rule is a condition on a column, or the name of an event type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.catalog.conditions import (
    OPERATORS,
    Condition,
    compare_cells,
    is_quoted,
    parse_condition,
    require_order,
    unquoted,
)
from sensorium.core.errors import ConfigError

WHERE = "positive"
"""The setting that holds the rules, for messages."""


@dataclass(frozen=True)
class EventType:
    """A rule that names an event type: `purchase`."""

    name: str


def parse_rule(text: str) -> Condition | EventType:
    """Return what the rule says.

    Raises
    ------
    ConfigError
        Naming the rule, when it is neither a condition nor an event type.
    """
    stripped = text.strip()
    if not stripped:
        raise ConfigError("a rule is empty", where=WHERE, remedy=_FORMS)
    if is_quoted(stripped) or not re.search(r"[<>=!]", stripped):
        return EventType(unquoted(stripped))
    try:
        condition = parse_condition(text, where=WHERE)
    except ConfigError as error:
        raise ConfigError(f"rule {text!r} cannot be understood", where=WHERE, remedy=_FORMS) from error
    require_order(condition, where=WHERE)
    return condition


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
    for rule in map(parse_rule, rules):
        if isinstance(rule, EventType):
            mask = mask | _is_of_type(frame, rule, kind)
        else:
            mask = mask | compare_cells(frame[_column(frame, rule, value)], rule, where=WHERE)
    return mask


def rule_columns(rules: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return those of `columns` that the `rules` compare."""
    named = {rule.column for rule in map(parse_rule, rules) if isinstance(rule, Condition)}
    return [column for column in columns if column in named]


def with_rule_columns(
    frame: pl.DataFrame, rules: Sequence[str], *, kind: str | None, value: str | None
) -> pl.DataFrame:
    """Return `frame` with an empty column for each that the `rules` compare and it lacks.

    So that rules can be asked of events that do not say everything: a missing cell satisfies none.

    Parameters
    ----------
    frame
        Events as read.
    rules
        Those of the events that were learnt from.
    kind, value
        The columns with the event type and with the value there, which `frame` may lack.
    """
    empty: list[str] = []
    for rule in map(parse_rule, rules):
        name = kind if isinstance(rule, EventType) else rule.column
        if isinstance(rule, Condition) and value in frame.columns and _names_value(rule):
            continue
        if name is not None and name not in frame.columns:
            empty.append(name)
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in dict.fromkeys(empty))


def _is_of_type(frame: pl.DataFrame, rule: EventType, kind: str | None) -> pl.Series:
    if kind is None:
        raise ConfigError(
            f"rule {rule.name!r} names an event type, but the events have no type column",
            where=WHERE,
            remedy=f"Name the column with the type, or compare a column: {', '.join(frame.columns)}",
        )
    types = as_text(frame[kind]).str.strip_chars().str.to_lowercase()
    return (types == rule.name.lower()).fill_null(value=False)


def _column(frame: pl.DataFrame, rule: Condition, value: str | None) -> str:
    if rule.column in frame.columns:
        return rule.column
    if value is not None and _names_value(rule):
        return value
    raise ConfigError(
        f"rule {str(rule)!r} compares the column {rule.column!r}, which the events do not have",
        where=WHERE,
        remedy=f"Columns are: {', '.join(frame.columns)}",
    )


def _names_value(rule: Condition) -> bool:
    """Return whether a rule may mean the column with the value, however that is called."""
    return rule.column.lower() in ("rating", "value")


_FORMS = (
    "Write a comparison such as 'rating >= 4' or an event type such as 'purchase'; "
    f"operators are {' '.join(OPERATORS)}"
)
