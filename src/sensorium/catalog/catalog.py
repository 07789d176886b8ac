"""What can be recommended: one row an item, and what each column is for."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.availability import as_available
from sensorium.catalog.columns import as_flags, as_numbers, as_text, as_times, holds_integers
from sensorium.catalog.item_rows import Columns, item_rows, require_column, roles_of_columns
from sensorium.catalog.multi_label import split_labels
from sensorium.catalog.number_text import Decimal
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.arrays import BoolVector, FloatVector, IntVector
from sensorium.core.errors import DataError
from sensorium.core.roles import Role
from sensorium.core.vocabulary import MISSING, MOST_CHUNKS, Vocabulary
from sensorium.media.archive import Archives
from sensorium.media.reference import MediaRef
from sensorium.media.web import PUBLIC_WEB, WebAccess

_REMEDY = "Mend the row, or read both tables with sensorium.read_tables, which sets bad rows aside"


@dataclass(frozen=True)
class Catalog:
    """Items and their columns; row i of `frame` is item i of `items`."""

    frame: pl.DataFrame
    """All columns as read, one row an item."""
    items: Vocabulary
    roles: Mapping[str, Role]
    """Column -> what it is for; the id column and columns without a role are not in it."""
    base: Path | None = None
    """The folder that media paths are relative to; None: the current folder."""
    id_column: str = "item_id"
    separators: Mapping[str, str] = field(default_factory=dict[str, str])
    """Category column -> what separates several labels in one cell; settled when the catalogue is made, so
    that rows added later are read alike."""
    spelling: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Column of numbers -> its decimal sign; of dates -> the order of day and month; settled likewise."""
    web: WebAccess = field(default=PUBLIC_WEB, repr=False)
    """How media on the web are fetched."""

    @staticmethod
    def from_frame(
        frame: object,
        *,
        id: str = "item_id",  # noqa: A002
        text: Columns = (),
        image: Columns = (),
        audio: Columns = (),
        video: Columns = (),
        category: Columns = (),
        number: Columns = (),
        hidden: Columns | None = None,
        published: str | None = None,
        available: Columns | None = None,
        base: str | Path | None = None,
    ) -> "Catalog":
        """Return the catalogue in a polars, pandas or pyarrow frame.

        Parameters
        ----------
        frame
            One row an item.
        id
            The column with the item ids; numbers are taken as their text.
        text, image, audio, video, category, number
            Columns with that role: one name or several.
        hidden
            Columns that say which items must never be recommended: one name or several.
        published
            The column that says when an item appeared.
        available
            Columns that say which items can be had: yes or no, what is in stock, or words such as `sold out`.
            Others are not recommended; where nothing is said, an item can be had.
        base
            The folder that media paths are relative to.

        Raises
        ------
        DataError
            If a column is not there, or an id is empty or stands twice.
        ConfigError
            If a column is given two roles.
        """
        given = roles_of_columns(text, image, audio, video, category, number, hidden, published, available)
        table = Table(as_polars(frame), "items", None if base is None else Path(base))
        return _require_no_rejected(read_catalog(table, id=id, roles=given))

    @staticmethod
    def from_file(
        path: str | Path,
        *,
        id: str = "item_id",  # noqa: A002
        text: Columns = (),
        image: Columns = (),
        audio: Columns = (),
        video: Columns = (),
        category: Columns = (),
        number: Columns = (),
        hidden: Columns | None = None,
        published: str | None = None,
        available: Columns | None = None,
        base: str | Path | None = None,
    ) -> "Catalog":
        """Return the catalogue in a CSV, TSV, JSON, Parquet, Excel or RecBole file, or in a folder of media.

        Media paths are relative to the file's folder unless `base` says otherwise; the rest is as in
        `from_frame`.
        """
        given = roles_of_columns(text, image, audio, video, category, number, hidden, published, available)
        table = read_table(Path(path))
        table = table if base is None else replace(table, base=Path(base))
        return _require_no_rejected(read_catalog(table, id=id, roles=given))

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        roles = ", ".join(f"{column}: {role}" for column, role in self.roles.items())
        return f"Catalog({len(self):,} items; {roles})"

    def columns(self, role: Role) -> tuple[str, ...]:
        """Return the columns with a role, in the order in which they were given."""
        return tuple(column for column, given in self.roles.items() if given == role)

    def texts(self, column: str) -> list[str | None]:
        """Return the text of each item [n_items], None where there is none."""
        return as_text(self._series(column)).to_list()

    def media(self, column: str) -> list[MediaRef | None]:
        """Return the medium of each item [n_items], None where there is none."""
        locations = as_text(self._series(column)).str.strip_chars()
        archives = Archives()
        return [
            None if place is None else MediaRef(place, self.base, archives, self.web) for place in locations
        ]

    def categories(self, column: str) -> list[tuple[str, ...] | None]:
        """Return the labels of each item [n_items], without repeats, None where there are none."""
        return split_labels(self._series(column), self.separators.get(column))

    def numbers(self, column: str) -> FloatVector:
        """Return the number of each item [n_items] float32, NaN where there is none or it cannot be read."""
        return self.number_cells(column).fill_null(float("nan")).to_numpy().astype(np.float32)

    def number_cells(self, column: str) -> pl.Series:
        """Return the number of each item [n_items] float64, null where there is none."""
        return as_numbers(self._series(column), cast("Decimal | None", self.spelling.get(column)))

    def time_cells(self, column: str) -> pl.Series:
        """Return the time of each item [n_items] in seconds since 1970, null where there is none."""
        return as_times(self._series(column), years=True, written=self.spelling.get(column))

    def published(self) -> NDArray[np.float64] | None:
        """Return when each item appeared [n_items] float64; None without such a column.

        Seconds since 1970, NaN where unknown; a year is its first day.
        """
        columns = self.columns(Role.PUBLISHED)
        if not columns:
            return None
        return self.time_cells(columns[0]).fill_null(float("nan")).to_numpy().copy()

    def hidden(self) -> BoolVector:
        """Return which items must never be recommended [n_items] bool."""
        found = np.zeros(len(self), dtype=np.bool_)
        for column in self.columns(Role.HIDDEN):
            found |= as_flags(self._series(column)).fill_null(value=False).to_numpy()
        return found

    def available(self) -> BoolVector:
        """Return which items can be had [n_items] bool: all of which no column says otherwise."""
        found = np.ones(len(self), dtype=np.bool_)
        for column in self.columns(Role.AVAILABLE):
            found &= as_available(self._series(column)).fill_null(value=True).to_numpy()
        return found

    def shown(self) -> BoolVector:
        """Return which items may be recommended [n_items] bool: those that can be had and are not hidden."""
        return self.available() & ~self.hidden()

    def titles(self) -> list[str]:
        """Return what to call each item [n_items]: its first text column, or its id."""
        columns = self.columns(Role.TEXT)
        ids = self.items.ids
        return (as_text(self._series(columns[0])).fill_null(ids) if columns else ids).to_list()

    def only(self, indices: "Sequence[int] | IntVector") -> Self:
        """Return the catalogue of the items at `indices` alone, in that order; former names are not known."""
        return replace(self, frame=self.frame[list(indices)], items=Vocabulary(self.items.ids[list(indices)]))

    def extended(self, frame: object) -> Self:
        """Return the catalogue with the rows of `frame` appended; missing columns are empty there.

        Raises
        ------
        DataError
            If an id is empty, stands twice, or is in the catalogue already; or if a column is called nearly
            like one of the catalogue that is missing.
        """
        grown, _ = self.with_rows(frame, replacing=False)
        return grown

    def with_rows(self, frame: object, *, replacing: bool = True) -> tuple[Self, IntVector]:
        """Return the catalogue with the rows of `frame`, and their indices [n_rows].

        A row of a known id takes the place of the former one, or, if not `replacing`, is an error; the others
        are appended. Other errors as for `extended`.
        """
        more = as_polars(frame)
        _refuse_misspelt(more.columns, self.frame.columns)
        new = read_catalog(
            Table(more, "new items"),
            id=self.id_column,
            roles={c: r for c, r in self.roles.items() if c in more},
        )
        new.rejected.refuse("Give every new item an id of its own")
        ids = new.catalog.items.ids
        indices = self.items.lookup(ids).copy()
        is_new = indices == MISSING
        if not (replacing or is_new.all()):
            raise DataError(
                f"item {ids.filter(pl.Series(~is_new))[0]!r} is in the catalogue already",
                where="new items",
                remedy="Give every new item an id of its own",
            )
        indices[is_new] = len(self) + np.arange(np.count_nonzero(is_new))
        items = self.items if not is_new.any() else self.items.extended(ids.filter(pl.Series(is_new)))
        if items.integer:
            more = more.with_columns(as_text(more[self.id_column]).cast(pl.Int64))
        try:
            together = pl.concat([self.frame, _align_text_columns(more, self.frame)], how="diagonal_relaxed")
        except pl.exceptions.PolarsError as error:
            raise DataError(
                f"the columns are of other types than the catalogue's ({str(error).splitlines()[0]})",
                where="new items",
                remedy="Give columns of the same types",
            ) from error
        together = together.select(self.frame.columns)
        if not is_new.all():
            order = np.arange(len(items))
            order[indices] = len(self) + np.arange(len(indices))
            together = together[order]
        elif together.n_chunks() > MOST_CHUNKS:
            together = together.rechunk()
        return replace(self, frame=together, items=items), indices

    def _series(self, column: str) -> pl.Series:
        require_column(column, self.frame, "catalogue")
        return self.frame[column]


def _refuse_misspelt(given: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a column that is not `known` but nearly the name of one that is not `given`."""
    missing = [column for column in known if column not in given]
    for column in given:
        near = [] if column in known else difflib.get_close_matches(column, missing, n=1, cutoff=0.75)
        if near:
            raise DataError(
                f"the catalogue has no column {column!r}",
                where="new items",
                remedy=f"Call it {near[0]!r}, or leave it out",
            )


class ReadCatalog(NamedTuple):
    """A catalogue, and what could not become an item."""

    catalog: Catalog
    rejected: Rejected
    table: Table
    rows: pl.Series
    """The row number of each item [n_items] in the table."""


def read_catalog(
    source: object,
    *,
    id: str = "item_id",  # noqa: A002
    roles: Mapping[str, Role],
    base: Path | None = None,
    web: WebAccess = PUBLIC_WEB,
    decimal: Decimal | None = None,
) -> ReadCatalog:
    """Return the catalogue in a file, folder, frame or `Table`, with bad rows set aside.

    A row without an id is set aside, and so is every row but the first of one id.

    Parameters
    ----------
    source
        A path, a frame or a `Table`.
    id
        The column with the item ids.
    roles
        Column -> role.
    base
        The folder that media paths are relative to; the file's own folder if not given.
    web
        How media on the web are fetched.
    decimal
        What stands before decimals in columns of numbers, if the values do not tell.
    """
    if isinstance(source, Table):
        table = source
    elif isinstance(source, str | Path):
        table = read_table(Path(source))
    else:
        table = Table(as_polars(source), "items")
    table = table if base is None else replace(table, base=base)
    rows = item_rows(table, id=id, roles=roles, decimal=decimal)
    items = Vocabulary(rows.ids, integer=holds_integers(table.frame[id]))
    catalog = Catalog(rows.frame, items, dict(roles), table.base, id, rows.separators, rows.spelling, web)
    together = Rejected.together([table.rejected, rows.rejected], table.where)
    return ReadCatalog(catalog, together, table, table.rows(rows.kept))


def _require_no_rejected(read: ReadCatalog) -> Catalog:
    read.rejected.refuse(_REMEDY)
    return read.catalog


def _align_text_columns(more: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Return `more` with its columns cast to text wherever the catalogue holds them as text."""
    texts = [name for name in more.columns if old.schema.get(name) == pl.String]
    return more.with_columns(as_text(more[name]) for name in texts)
