"""Rows that were set aside: each with its row number and the reason; counted, never silently dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.core.errors import DataError
from sensorium.core.files import written_aside

ROW = "row"
REASON = "reason"
KIND = "kind"


@dataclass(frozen=True)
class Rejected:
    """Bad rows of one table."""

    frame: pl.DataFrame
    """`row` (as an editor numbers the lines of a text file; counted from 1 in other tables), `kind` (the
    reason without its particulars), `reason`, then the columns of the table as text."""
    where: str = "table"
    """The file they come from."""

    def __len__(self) -> int:
        return self.frame.height

    @classmethod
    def none(cls, where: str = "table") -> Self:
        """Return an empty set of rejected rows."""
        schema = {ROW: pl.Int64, KIND: pl.String, REASON: pl.String}
        return cls(pl.DataFrame(schema=schema), where)

    @classmethod
    def of(
        cls, rows: pl.Series, kinds: pl.Series, reasons: pl.Series, values: pl.DataFrame, where: str
    ) -> Self:
        """Return rejected rows from aligned columns; `values` are kept as text."""
        head = pl.DataFrame({ROW: rows.cast(pl.Int64), KIND: kinds, REASON: reasons})
        clashes = {name: f"{name}_" for name in values.columns if name in head.columns}
        return cls(pl.concat([head, as_text_frame(values.rename(clashes))], how="horizontal"), where)

    @classmethod
    def together(cls, parts: Iterable["Rejected"], where: str) -> Self:
        """Return the rows of all `parts`, in order of row number."""
        frames = [part.frame for part in parts if len(part)]
        if not frames:
            return cls.none(where)
        return cls(pl.concat(frames, how="diagonal").sort(ROW, maintain_order=True), where)

    def counts(self) -> Mapping[str, int]:
        """Return how many rows were set aside for each kind of reason, most frequent first."""
        counted = self.frame[KIND].value_counts(sort=True)
        return dict(zip(counted[KIND].to_list(), counted["count"].to_list(), strict=True))

    def write(self, path: Path) -> None:
        """Write the rows to a CSV file in one step."""
        with written_aside(path) as aside:
            self.frame.drop(KIND).write_csv(aside)

    def refuse(self, remedy: str) -> None:
        """Raise `DataError` about the first row if there is any."""
        if len(self):
            row, reason = self.frame.row(0, named=True)[ROW], self.frame.row(0, named=True)[REASON]
            rest = f" (and {len(self) - 1:,} more bad rows)" if len(self) > 1 else ""
            raise DataError(f"{reason}{rest}", where=f"{self.where}, row {row}", remedy=remedy)


def as_text_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with every column as text; lists are joined by `|`."""
    return frame.select(as_text(series) for series in frame)
