"""Which rows of a table are items, and which are set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from sensorium.catalog.columns import as_text, decimal_of
from sensorium.catalog.multi_label import label_separator
from sensorium.catalog.number_text import Decimal, read_number_text
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.catalog.times import read_times
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role

Columns: TypeAlias = str | Sequence[str]
"""The name of a column, or several."""
EMPTY_ID = "item id is empty"
DUPLICATE_ID = "duplicate item id"


@dataclass(frozen=True)
class ItemRows:
    """The rows of a table that are items."""

    frame: pl.DataFrame
    """One row an item."""
    ids: pl.Series
    """The id of each item [n_items], as text."""
    separators: Mapping[str, str]
    """Category column -> what separates several labels in one cell."""
    spelling: Mapping[str, str]
    """Column of numbers -> its decimal sign; of dates -> the order of day and month; where that is told."""
    rejected: Rejected
    """The rows set aside."""
    kept: pl.Series
    """Whether each row of the table is an item [n_rows]."""


def item_rows(
    table: Table,
    *,
    id: str,  # noqa: A002
    roles: Mapping[str, Role],
    decimal: Decimal | None = None,
    of: str = "item",
) -> ItemRows:
    """Return the rows of `table` that are items: each with an id, and only the first of one id.

    `decimal` is what stands before decimals in all columns of numbers, where that was said; `of` is what
    a row is, in messages.

    Raises
    ------
    DataError
        If a column is not there.
    ConfigError
        If the id column has a role, too.
    """
    for column in (id, *roles):
        require_column(column, table.frame, table.where)
    if id in roles:
        raise ConfigError(f"column {id!r} is the id and cannot be {roles[id]} too", where="catalog")
    ids = as_text(table.frame[id])
    rejected = _bad_rows(table, ids, of)
    good = ids.is_not_null() & ids.is_first_distinct()
    frame = table.frame.filter(good) if len(rejected) else table.frame
    separators = {
        column: found
        for column, role in roles.items()
        if role == Role.CATEGORY and (found := label_separator(frame[column])) is not None
    }
    spelling = _decimals(frame, roles, decimal) | _orders(frame, roles)
    return ItemRows(frame, ids.filter(good), separators, spelling, rejected, good)


def _decimals(frame: pl.DataFrame, roles: Mapping[str, Role], decimal: Decimal | None) -> dict[str, str]:
    """Return the decimal sign of columns of numbers in text; one that does not tell follows the others."""
    texts = [c for c, role in roles.items() if role is Role.NUMBER and frame[c].dtype == pl.String]
    found: dict[str, str] = {c: sign for c in texts if (sign := decimal_of(frame[c])) is not None}
    usual = {decimal} if decimal is not None else set(found.values())
    if usual == {","}:
        silent = (c for c in texts if c not in found and not read_number_text(frame[c]).is_settled)
        found |= dict.fromkeys(silent, ",")
    return found


def _orders(frame: pl.DataFrame, roles: Mapping[str, Role]) -> dict[str, str]:
    dates = [column for column, role in roles.items() if role is Role.PUBLISHED]
    read = {column: read_times(frame[column], years=True).order for column in dates}
    return {column: order for column, order in read.items() if order is not None}


def require_column(column: str, frame: pl.DataFrame, where: str) -> None:
    """Refuse a `column` that `frame` does not have, naming those that it has."""
    if column not in frame.columns:
        raise DataError(
            f"there is no column {column!r}", where=where, remedy=f"Columns are: {', '.join(frame.columns)}"
        )


def roles_of_columns(
    text: Columns = (),
    image: Columns = (),
    audio: Columns = (),
    video: Columns = (),
    category: Columns = (),
    number: Columns = (),
    hidden: Columns | None = None,
    published: str | None = None,
    available: Columns | None = None,
) -> dict[str, Role]:
    """Return column -> role; `ConfigError` if one column is given two roles."""
    given: list[tuple[Role, Columns]] = [
        (Role.TEXT, text),
        (Role.IMAGE, image),
        (Role.AUDIO, audio),
        (Role.VIDEO, video),
        (Role.CATEGORY, category),
        (Role.NUMBER, number),
        (Role.HIDDEN, hidden or ()),
        (Role.PUBLISHED, published or ()),
        (Role.AVAILABLE, available or ()),
    ]
    roles: dict[str, Role] = {}
    for role, columns in given:
        for column in [columns] if isinstance(columns, str) else columns:
            if roles.setdefault(column, role) != role:
                raise ConfigError(
                    f"column {column!r} is given as {roles[column]} and as {role}",
                    where="catalog",
                    remedy="Give each column one role",
                )
    return roles


def _bad_rows(table: Table, ids: pl.Series, of: str) -> Rejected:
    """Return the rows without an id, and those that repeat the id of an earlier one."""
    empty, repeated = ids.is_null(), ids.is_not_null() & ~ids.is_first_distinct()
    parts = [
        (EMPTY_ID.replace("item", of), empty, pl.repeat("", len(ids), eager=True)),
        (DUPLICATE_ID.replace("item", of), repeated, ": '" + ids + "'"),
    ]
    return Rejected.together(
        [
            Rejected.of(
                table.rows(mask),
                pl.repeat(kind, int(mask.sum()), eager=True),
                kind + detail.filter(mask),
                table.frame.filter(mask),
                table.where,
            )
            for kind, mask, detail in parts
        ],
        table.where,
    )
