"""What every reader returns: a frame, the numbers of its rows, and the rows that were set aside."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from sensorium.catalog.rejected import Rejected


@dataclass(frozen=True)
class Table:
    """A table as read; text formats keep every cell as text, so that nothing is lost by guessing types."""

    frame: pl.DataFrame
    where: str = "table"
    """The file, for messages."""
    base: Path | None = None
    """The folder that paths in the table are relative to."""
    row_numbers: pl.Series | None = None
    """The row number of each row; None: they count up from `first_row`."""
    first_row: int = 1
    rejected: Rejected = field(default_factory=Rejected.none)
    """Rows that are no rows: a wrong number of fields, broken JSON."""
    encoding: str | None = None
    """The text encoding; None for what is not text."""
    damaged: tuple[int, ...] = ()
    """The numbers of the lines that hold bytes which are no letters in that encoding."""

    def rows(self, mask: pl.Series) -> pl.Series:
        """Return the row numbers [n_true] where `mask` holds."""
        if self.row_numbers is not None:
            return self.row_numbers.filter(mask)
        return mask.arg_true().cast(pl.Int64) + self.first_row

    def with_frame(self, frame: pl.DataFrame) -> "Table":
        """Return the table with other columns; rows must be the same."""
        return replace(self, frame=frame)
