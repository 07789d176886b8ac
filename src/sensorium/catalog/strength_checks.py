"""What events say, in words, and what is wrong with how they are told to."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sensorium.catalog.events import Events
from sensorium.catalog.positive import EventType, parse_rule
from sensorium.catalog.problems import Problem, Severity

MOST_TYPES = 20
"""So many types are listed, the most frequent first."""


def strengths_in_words(events: Events) -> dict[str, str]:
    """Return type of event -> how many there are and what each counts; empty where all count the same.

    Such as `purchase` -> `1,204 events count 1.0`. Without types, all are called `event`.
    """
    if events.says_for_alone:
        return {}
    table = _by_type(events)
    return {
        row["type"]: f"{row['n']:,} event{'s' * (row['n'] != 1)} {_counted(row)}"
        for row in table.head(MOST_TYPES).iter_rows(named=True)
    }


def strength_problems(events: Events, where: str) -> Iterator[Problem]:
    """Yield what is odd about what events say: types of nobody or that say nothing; nothing relevant."""
    yield from _unknown_positive(events, where)
    if not events.is_weighted:
        return
    strengths, table, column = events.rules.strength, _by_type(events), events.columns.type
    known = {name.lower() for name in table["type"]} if events.types is not None else set[str]()
    value = (events.columns.value or "").lower()
    for name in strengths:
        if name not in known and name != value:
            remedy = (
                f"Types are: {', '.join(table['type'].head(MOST_TYPES))}" if known else "There are no types"
            )
            message = f"no event is of type {name!r}, which [events.strength] names"
            yield Problem(Severity.WARNING, "unknown type", where, message, remedy, column)
    if strengths and events.types is not None:
        for name, n in table.select("type", "n").iter_rows():
            if name.lower() not in strengths and value not in strengths:
                message = f"{n:,} events of type {name!r} say nothing: [events.strength] does not name it"
                remedy = "Give it a strength there, or 0 if that is meant"
                yield Problem(
                    Severity.NOTE, "type says nothing", where, message, remedy, events.columns.type, n
                )
    if events.positive.any() and not events.relevant().nnz:
        message = (
            f"nothing said for an item is as strong as {events.rules.relevant:g}, so nothing can be evaluated"
        )
        remedy = "Lower `relevant` in [events], or raise the strengths"
        yield Problem(Severity.WARNING, "nothing relevant", where, message, remedy)


def _unknown_positive(events: Events, where: str) -> Iterator[Problem]:
    """Yield the types that no event has among those that `positive` names."""
    if events.types is None:
        return
    types = _by_type(events)["type"]
    known = {name.lower() for name in types}
    for rule in map(parse_rule, events.rules.positive):
        if isinstance(rule, EventType) and rule.name.lower() not in known:
            message = f"no event is of type {rule.name!r}, which `positive` in [events] names"
            remedy = f"Types are: {', '.join(types.head(MOST_TYPES))}"
            yield Problem(Severity.WARNING, "unknown type", where, message, remedy, events.columns.type)


def _by_type(events: Events) -> pl.DataFrame:
    """Return `type`, how many (`n`), and `mean`, `least` and `most` strength; the most frequent first."""
    types = pl.Series("type", ["event"]).new_from_index(0, len(events))
    if events.types is not None:
        types = events.types.cast(pl.String).fill_null("(none)")
    strength = pl.Series("strength", np.asarray(events.strength, dtype=np.float64))
    grouped = pl.DataFrame([types.alias("type"), strength]).group_by("type")
    said = pl.col("strength")
    facts = grouped.agg(
        pl.len().alias("n"), said.mean().alias("mean"), said.min().alias("least"), said.max().alias("most")
    )
    return facts.sort(["n", "type"], descending=[True, False])


def _counted(row: dict[str, float]) -> str:
    """Return such as `count 1.0`, or `count 0.43 on average, 0.1 to 1.0`."""
    if row["most"] - row["least"] < 1e-3:
        return f"count {_number(row['mean'])}"
    return f"count {_number(row['mean'])} on average, {_number(row['least'])} to {_number(row['most'])}"


def _number(number: float) -> str:
    return f"{number:.1f}" if abs(10 * number - round(10 * number)) < 1e-3 else f"{number:.2f}"
