"""Rows of a workspace's tables, as the service holds them."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.event_rows import as_shares
from sensorium.catalog.events import ReadEvents
from sensorium.service.catalogue.cells import ROWS_AT_ONCE, attribute_rows
from sensorium.service.catalogue.items import NewItem
from sensorium.service.events.store import NewEvent

LONGEST_ID = 256
"""As `api.fields` has it."""


def can_be_an_id(text: str) -> bool:
    """Return whether the service can take `text` as an id."""
    return 1 <= len(text) <= LONGEST_ID and "\x00" not in text and text not in (".", "..")


def item_rows(catalog: Catalog) -> Iterator[NewItem]:
    """Yield the items, with all columns of their table."""
    hidden = catalog.hidden()
    for row, (item_id, attributes) in enumerate(attribute_rows(catalog)):
        yield NewItem(item_id, attributes, bool(hidden[row]))


def event_rows(read: ReadEvents, name: str) -> Iterator[NewEvent]:
    """Yield the events of a table.

    Their ids are made of what they say, and of how often the table said it before: the same row is the
    same event when the table is read again, wherever it stands by then. Tables of another name have other
    events.
    """
    events = read.events
    types = pl.Series([None] * len(events), dtype=pl.String) if events.types is None else events.types
    frame = pl.DataFrame(
        {
            "user": events.users.ids.gather(events.user),
            "item": events.items.ids.gather(events.item),
            "type": types.cast(pl.String),
            "value": _as_written(events.value),
            "count": _as_written(events.count),
            "portion": _portions(read),
            "time": pl.Series(events.time).fill_nan(None),
        }
    )
    repeats = frame.select(pl.int_range(pl.len()).over(frame.columns).alias("repeat"))
    for some in pl.concat([frame, repeats], how="horizontal").iter_slices(ROWS_AT_ONCE):
        for row in some.iter_rows(named=True):
            yield NewEvent(
                event_id=f"table:{_digest(name, row)}",
                user_id=row["user"],
                item_id=row["item"],
                type=row["type"] or "",
                value=row["value"],
                count=row["count"],
                portion=row["portion"],
                time_s=row["time"],
            )


def _digest(name: str, row: Mapping[str, Any]) -> str:
    said = "\x00".join([name, *(repr(value) for value in row.values())])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _as_written(values: NDArray[np.float32]) -> pl.Series:
    """Return numbers of 32 bits as the shortest number that they were read from, 3.7 and not 3.7000000477."""
    return pl.Series(values.astype(str)).cast(pl.Float64).fill_nan(None)


def _portions(read: ReadEvents) -> pl.Series:
    """Return which share was taken in [n_events], null where that is not said."""
    column = read.columns.portion
    if column is None:
        return pl.Series([None] * len(read.events), dtype=pl.Float64)
    shares = as_shares(read.table.frame[column])
    return (shares if read.kept is None else shares.filter(read.kept)).cast(pl.Float64)
