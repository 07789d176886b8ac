"""A problem in the data: what, where, how often, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

import polars as pl

from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import KIND, REASON, ROW, Rejected

MAX_SAMPLES = 10
"""How many row numbers and examples a problem shows."""


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    """The work cannot go on."""
    WARNING = "warning"
    """The work goes on, without the rows, cells or media concerned."""
    NOTE = "note"
    """Nothing is lost; worth knowing."""


@dataclass(frozen=True)
class Problem:
    """One kind of problem in one table or column, with all its occurrences counted."""

    severity: Severity
    kind: str
    """Short and fixed, for counting: `duplicate item id`, `missing media`."""
    where: str
    """The file."""
    message: str
    """What is wrong, as a sentence without a full stop."""
    remedy: str = ""
    """What to do, as an imperative sentence without a full stop."""
    column: str | None = None
    count: int = 1
    """How many rows, cells or media are concerned."""
    rows: tuple[int, ...] = ()
    """The numbers of the first rows concerned, as an editor numbers the lines of a text file."""
    samples: tuple[str, ...] = field(default=())
    """The first values or reasons."""

    @classmethod
    def at(
        cls,
        severity: Severity,
        kind: str,
        where: str,
        message: str,
        *,
        remedy: str = "",
        column: str | None = None,
        rows: Iterable[int] = (),
        samples: Iterable[str] = (),
    ) -> Self:
        """Return a problem at `rows`, of which the first are kept and all are counted."""
        numbers = tuple(rows)
        shown = tuple(dict.fromkeys(samples))[:MAX_SAMPLES]
        return cls(severity, kind, where, message, remedy, column, len(numbers), numbers[:MAX_SAMPLES], shown)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as JSON."""
        return {**asdict(self), "rows": list(self.rows), "samples": list(self.samples)}


def numbered(n: int, one: str, many: str) -> str:
    """Return `n` before what one is or does, or several."""
    return f"{n:,} {one if n == 1 else many}"


REMEDIES: Mapping[str, str] = {
    "duplicate item id": "Give each item one row; the first row of each id was kept",
    "unknown item": "Add the items to the catalogue, or check that both tables spell ids alike",
    "wrong number of fields": "Put fields that contain the separator in double quotes",
    "broken quotes": "Close each quoted field, and double the quotes within it",
    "value is not a number": "Write values as numbers, or leave the cell empty",
    "time cannot be read": "Write times as 2024-01-31T12:00:00, or set time_format under [events]",
    "not JSON": "Write one JSON object on each line",
}


def rejected_problems(rejected: Rejected) -> list[Problem]:
    """Return one problem for each kind of reason for which rows were set aside."""
    return [
        _of_rows(rejected, kind, f"{numbered(count, 'row was', 'rows were')} set aside: {kind}")
        for kind, count in rejected.counts().items()
    ]


def undated_problems(undated: Rejected, column: str | None) -> list[Problem]:
    """Return a problem if events are used without their time, which cannot be read."""
    return [
        _of_rows(
            undated,
            kind,
            numbered(
                count,
                f"time of {column!r} cannot be read; its event is used without",
                f"times of {column!r} cannot be read; their events are used without",
            ),
            column,
        )
        for kind, count in undated.counts().items()
    ]


def _of_rows(rejected: Rejected, kind: str, message: str, column: str | None = None) -> Problem:
    rows = rejected.frame.filter(pl.col(KIND) == kind)
    samples = tuple(rows[REASON].unique(maintain_order=True).head(MAX_SAMPLES).to_list())
    numbers = tuple(rows[ROW].head(MAX_SAMPLES).to_list())
    remedy = REMEDIES.get(kind, "Mend the rows")
    return Problem(
        Severity.WARNING, kind, rejected.where, message, remedy, column, len(rows), numbers, samples
    )


def why_none(rejected: Rejected, n_rows: int, known: pl.Series) -> tuple[str, str]:
    """Return why no event can be used, with three rows as examples, and what to do about the first cause.

    Parameters
    ----------
    rejected
        The rows that were set aside, all of them.
    n_rows
        How many rows there are.
    known
        Ids of the catalogue.
    """
    if not len(rejected):
        return "there are no rows", "Give a table with at least one event"
    kind, count = next(iter(rejected.counts().items()))
    rows = rejected.frame.filter(pl.col(KIND) == kind).head(N_EXAMPLES)
    examples = "; ".join(
        f"row {row}{reason.removeprefix(kind)}" for row, reason in rows.select(ROW, REASON).iter_rows()
    )
    remedy = REMEDIES.get(kind, "Mend the rows")
    if kind == "unknown item":
        named = ", ".join(known.head(N_EXAMPLES))
        remedy = (
            f"Check that both tables spell item ids alike; in the catalogue they are for example: {named}"
        )
    message = f"no event can be used; in {count:,} of {n_rows:,} rows the {_clause(kind)} ({examples})"
    return message, remedy


N_EXAMPLES = 3


def _clause(kind: str) -> str:
    """Return a kind of reason behind `the`, as a clause."""
    return {
        "unknown item": "item is unknown",
        "not JSON": "line is not JSON",
        "not a JSON object": "line is not a JSON object",
        "wrong number of fields": "number of fields is wrong",
        "broken quotes": "quotes are broken",
    }.get(kind, kind)


def encoding_problems(table: Table) -> list[Problem]:
    """Return a note if a file is not in UTF-8, and which lines hold what is no letter in its encoding."""
    found = list[Problem]()
    if table.encoding not in (None, "utf-8"):
        message = f"the file is not UTF-8; it was read as {table.encoding}"
        remedy = "Check the names, or save the file as UTF-8"
        found.append(Problem(Severity.NOTE, "not UTF-8", table.where, message, remedy))
    if table.damaged:
        n = len(table.damaged)
        lines = numbered(n, "line holds", "lines hold")
        message = f"{lines} bytes that are no letters in {table.encoding}; each was read as \ufffd"
        remedy = "Write these lines anew, as the rest of the file is written"
        found.append(
            Problem.at(
                Severity.WARNING, "damaged text", table.where, message, remedy=remedy, rows=table.damaged
            )
        )
    return found
