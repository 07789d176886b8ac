"""A problem in the data: what, where, how often, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

import polars as pl

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


REMEDIES: Mapping[str, str] = {
    "duplicate item id": "Give each item one row; the first row of each id was kept",
    "unknown item": "Add the items to the catalogue, or check that both tables spell ids alike",
    "wrong number of fields": "Put fields that contain the separator in double quotes",
    "broken quotes": "Close each quoted field, and double the quotes within it",
    "value is not a number": "Write values as numbers, or leave the cell empty",
    "time cannot be read": "Write times as unix seconds or as 2024-01-31T12:00:00",
    "not JSON": "Write one JSON object on each line",
}


def rejected_problems(rejected: Rejected) -> list[Problem]:
    """Return one problem for each kind of reason for which rows were set aside."""
    found = list[Problem]()
    for kind, count in rejected.counts().items():
        rows = rejected.frame.filter(pl.col(KIND) == kind)
        samples = tuple(rows[REASON].unique(maintain_order=True).head(MAX_SAMPLES).to_list())
        found.append(
            Problem(
                Severity.WARNING,
                kind,
                rejected.where,
                f"{count:,} {'row was' if count == 1 else 'rows were'} set aside: {kind}",
                REMEDIES.get(kind, "Mend the rows"),
                None,
                count,
                tuple(rows[ROW].head(MAX_SAMPLES).to_list()),
                samples,
            )
        )
    return found


def encoding_problem(encoding: str | None, where: str) -> list[Problem]:
    """Return a note if a file is not in UTF-8."""
    if encoding in (None, "utf-8"):
        return []
    message = f"the file is not UTF-8; it was read as {encoding}"
    return [Problem(Severity.NOTE, "not UTF-8", where, message, "Check the names, or save the file as UTF-8")]
