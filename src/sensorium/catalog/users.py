"""Who the users are: a table of their attributes, and whom they follow."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.column_names import find_named
from sensorium.catalog.columns import as_numbers, as_text, holds_integers
from sensorium.catalog.conditions import (
    compare_cells,
    compare_labels,
    compare_numbers,
    numeric_cells,
    parse_condition,
)
from sensorium.catalog.guess import CatalogGuess, ColumnGuess, guess_id, guess_roles
from sensorium.catalog.guess_events import USER_NAMES
from sensorium.catalog.item_rows import Columns, item_rows, roles_of_columns
from sensorium.catalog.multi_label import label_separator
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.catalog.readers.plain_types import with_plain_types
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.core.arrays import BoolVector, FloatVector, SparseMatrix
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.progress import LOG
from sensorium.core.roles import Role
from sensorium.core.vocabulary import MISSING, Vocabulary

_REMEDY = "Mend the row"
WHERE = "users"
FOLLOWED_NAMES = (
    "followed_id", "followed", "followee_id", "followee", "follows", "friend_id", "friendid", "target_id",
    "target", "关注对象",
)  # fmt: skip
MOST_GROUPS = 6
"""Labels of one attribute for which an evaluation has a slice."""
_LABELS = re.compile(
    r"occupation|profession|job|gender|sex|city|country|region|segment|level|职业|性别|城市|地区"
)
"""What the name of a column says whose numbers are codes."""
_QUANTITY = re.compile(r"(^|_|\b)age(_|\b|$)|birth|income|salary|height|weight|tenure|年龄|收入")
"""What the name of a column says whose numbers are an attribute, however seldom they repeat."""
MOST_LABELS = 0.5
"""A column in which more of the cells differ tells users apart and is no attribute, such as a zip code."""


@dataclass(frozen=True)
class Users:
    """Users and their columns; row i of `table.frame` is user i of `ids`."""

    table: Catalog
    """The columns with their roles: `category` and `number`; its `items` are the users."""
    follows: SparseMatrix | None = None
    """[n_users, n_users] float32: 1 where the user of the row follows that of the column; None: not known."""

    @property
    def ids(self) -> Vocabulary:
        """The ids of the users."""
        return self.table.items

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        roles = [f"{column}: {role}" for column, role in self.table.roles.items()]
        followed = [] if self.follows is None else [f"{self.follows.nnz:,} follow others"]
        return f"Users({len(self):,} users; {', '.join([*roles, *followed])})"

    @staticmethod
    def from_frame(
        frame: object,
        *,
        id: str = "user_id",  # noqa: A002
        category: Columns = (),
        number: Columns = (),
        follows: object | None = None,
    ) -> "Users":
        """Return the users of a polars, pandas or pyarrow frame.

        Parameters
        ----------
        frame
            One row a user; users without events may be among them.
        id
            The column with the user ids.
        category, number
            Attributes: columns with labels, such as an occupation, and with quantities, such as an age.
        follows
            Whom they follow: a frame or file with two columns, the user and whom that user follows.

        Raises
        ------
        DataError
            If a column is not there, or an id is empty or stands twice.
        """
        read = read_users(
            Table(as_polars(frame), WHERE), id=id, category=category, number=number, follows=follows
        )
        read.rejected.refuse(_REMEDY)
        return read.users

    @staticmethod
    def from_file(
        path: str | Path,
        *,
        id: str = "user_id",  # noqa: A002
        category: Columns = (),
        number: Columns = (),
        follows: object | None = None,
    ) -> "Users":
        """Return the users of a CSV, TSV, JSON Lines, Parquet, RecBole or MovieLens file; as `from_frame`."""
        read = read_users(read_table(Path(path)), id=id, category=category, number=number, follows=follows)
        read.rejected.refuse(_REMEDY)
        return read.users

    def groups(self) -> dict[str, BoolVector]:
        """Return groups of users by one attribute each, such as `occupation=student`: who belongs [n_users].

        Of labels, the `MOST_GROUPS` most frequent; of numbers, the thirds between which most users differ.
        """
        found: dict[str, BoolVector] = {}
        for column in self.table.columns(Role.CATEGORY):
            cells = self.table.categories(column)
            counts = Counter(label for cell in cells for label in cell or ())
            for label, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_GROUPS]:
                found[f"{column}={label}"] = np.asarray(
                    [label in (cell or ()) for cell in cells], dtype=np.bool_
                )
        for column in self.table.columns(Role.NUMBER):
            found |= _thirds(column, self.table.numbers(column))
        return found

    def where(self, conditions: Sequence[str]) -> BoolVector:
        """Return which users meet all `conditions`, such as `age>=18` or `occupation=student` [n_users].

        Raises
        ------
        ConfigError
            If a condition cannot be read, or names no attribute.
        """
        met = np.ones(len(self), dtype=np.bool_)
        for text in conditions:
            condition = parse_condition(text, where=WHERE)
            role = self.table.roles.get(condition.column)
            if role is None:
                raise unknown_attribute(self.table, condition.column)
            cells = self.table.frame[condition.column]
            if role is Role.NUMBER:
                fits = compare_numbers(numeric_cells(cells), condition, where=WHERE)
            elif condition.operator in ("=", "!="):
                fits = compare_labels(cells, condition, self.table.separators.get(condition.column))
            else:
                fits = compare_cells(cells, condition, where=WHERE)
            met &= fits.to_numpy().astype(np.bool_, copy=False)
        return met


def _thirds(column: str, numbers: FloatVector) -> dict[str, BoolVector]:
    """Return the users with a low, a middle and a high number; nothing where they hardly differ."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return {}
    low, high = (float(np.quantile(known, share, method="lower")) for share in (1 / 3, 2 / 3))
    if not known.min() <= low < high < known.max():
        return {}
    return {
        f"{column}<={low:g}": numbers <= low,
        f"{low:g}<{column}<={high:g}": (numbers > low) & (numbers <= high),
        f"{column}>{high:g}": numbers > high,
    }


def unknown_attribute(table: Catalog, column: str) -> ConfigError:
    """Return the error that says that users have no such attribute, and which they have."""
    known = ", ".join(table.roles)
    remedy = f"Attributes are: {known}" if known else "The table of users has none"
    return ConfigError(f"users have no attribute {column!r}", where=WHERE, remedy=remedy)


class ReadUsers(NamedTuple):
    """Users, and what could not become one."""

    users: Users
    rejected: Rejected


def read_users(
    table: Table,
    *,
    id: str = "user_id",  # noqa: A002
    category: Columns = (),
    number: Columns = (),
    follows: object | None = None,
) -> ReadUsers:
    """Return the users of `table`, with bad rows set aside; parameters as in `Users.from_frame`."""
    table = flattened(table)
    roles = roles_of_columns(category=category, number=number)
    rows = item_rows(table, id=id, roles=roles, of="user")
    ids = Vocabulary(rows.ids, name="user", integer=holds_integers(table.frame[id]))
    known = Catalog(rows.frame, ids, roles, table.base, id, rows.separators, rows.spelling)
    rejected = Rejected.together([table.rejected, rows.rejected], table.where)
    if follows is None:
        return ReadUsers(Users(known), rejected)
    known, whom = _followed(known, follows)
    return ReadUsers(Users(known, whom), rejected)


def given_users(given: object, follows: object | None = None) -> Users:
    """Return `given`, if it is `Users`, or those of a frame or file, whose columns are guessed."""
    if isinstance(given, Users):
        return given
    table = flattened(
        read_table(Path(given)) if isinstance(given, str | Path) else Table(as_polars(given), WHERE)
    )
    guess = guess_users(table.frame)
    for column in guess.columns:
        role = "left out" if column.role is None else column.role.value
        LOG.info("users: column %r is %s: %s", column.column, role, column.reason)
    read = read_users(
        table,
        id=guess.id,
        category=guess.columns_of(Role.CATEGORY),
        number=guess.columns_of(Role.NUMBER),
        follows=follows,
    )
    if len(read.rejected):
        LOG.warning("%s: %s rows cannot be used and were set aside", table.where, f"{len(read.rejected):,}")
    return read.users


def guess_users(frame: pl.DataFrame, *, id: str | None = None) -> CatalogGuess:  # noqa: A002
    """Return the column with the ids of users, guessed if not given, and which columns are attributes."""
    key = id or find_named(frame.columns, USER_NAMES) or guess_id(frame)
    guess = guess_roles(frame, id=key)
    return CatalogGuess(guess.id, tuple(_as_attribute(frame[one.column], one) for one in guess.columns))


def _as_attribute(cells: pl.Series, guess: ColumnGuess) -> ColumnGuess:
    """Return the guess for a column of items as one for an attribute of users."""
    name, role = guess.column, guess.role
    if role in (None, Role.NUMBER) and not as_numbers(cells).null_count() and len(cells):
        if _LABELS.search(name.lower()) and cells.n_unique() <= MOST_LABELS * len(cells):
            return ColumnGuess(name, Role.CATEGORY, "numbers, and the name speaks of kinds of people")
        if _QUANTITY.search(name.lower()):
            return ColumnGuess(name, Role.NUMBER, "numbers, and the name speaks of a quantity")
    if role not in (Role.CATEGORY, Role.NUMBER):
        return guess if role is None else ColumnGuess(name, None, f"{guess.reason}: no attribute")
    several = cells.dtype.is_nested() or label_separator(cells) is not None
    if role is Role.CATEGORY and not several and cells.n_unique() > max(MOST_LABELS * len(cells), 2):
        return ColumnGuess(name, None, "hardly two users share a value")
    return guess


def flattened(table: Table) -> Table:
    """Return the table with a column for each field of its nested objects, such as `Labels.gender`."""
    columns: list[pl.Series] = []
    for series in table.frame:
        objects = _objects(series)
        names = dict.fromkeys(name for each in objects or () for name in each)
        for name in names:
            values = [each.get(name) for each in objects or ()]
            columns.append(pl.Series(f"{series.name}.{name}", values, strict=False))
        columns += [] if objects is not None else [series]
    return table.with_frame(with_plain_types(pl.DataFrame(columns)))


def _objects(series: pl.Series) -> list[dict[str, object]] | None:
    """Return the objects in a column [n], empty where there is none; None unless it holds such, as JSON."""
    texts = series.to_list() if isinstance(series.dtype, pl.Struct) else []
    if (
        series.dtype == pl.String
        and (known := series.drop_nulls().head(1)).len()
        and known[0].startswith("{")
    ):
        try:
            texts = [None if text is None else json.loads(text) for text in series.to_list()]
        except ValueError:
            return None
    if not texts or any(each is not None and not isinstance(each, dict) for each in texts):
        return None
    return [each or {} for each in texts]


def _followed(known: Catalog, follows: object) -> tuple[Catalog, SparseMatrix]:
    """Return the table with those who only follow or are followed, and who follows whom."""
    table = (
        read_table(Path(follows)) if isinstance(follows, str | Path) else Table(as_polars(follows), "follows")
    )
    frame = table.frame
    if frame.width < 2:
        raise DataError(
            "there is one column", where=table.where, remedy="Give two: the user, and whom that user follows"
        )
    whom = find_named(frame.columns, FOLLOWED_NAMES) or frame.columns[1]
    who = find_named(frame.columns, ("follower_id", "follower", *USER_NAMES))
    if who is None or who == whom:
        who = next(name for name in frame.columns if name != whom)
    pairs = pl.DataFrame({"who": as_text(frame[who]), "whom": as_text(frame[whom])}).drop_nulls().unique()
    pairs = pairs.filter(pl.col("who") != pl.col("whom")).sort("who", "whom")
    met = pl.concat([pairs["who"], pairs["whom"]]).unique(maintain_order=True)
    strangers = met.filter(pl.Series(known.items.lookup(met) == MISSING))
    if len(strangers):
        texts = known.frame.with_columns(as_text(known.frame[known.id_column]))
        frame = pl.concat([texts, pl.DataFrame({known.id_column: strangers})], how="diagonal")
        known = replace(known, frame=frame, items=known.items.extended(strangers))
    rows, columns = known.items.lookup(pairs["who"]), known.items.lookup(pairs["whom"])
    ones = np.ones(len(rows), dtype=np.float32)
    return known, sparse.csr_array((ones, (rows, columns)), shape=(len(known), len(known)))
