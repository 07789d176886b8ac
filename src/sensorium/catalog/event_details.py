"""What events say in words, and under which circumstances they happened, as columns beside their arrays."""

from collections.abc import Sequence

import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.catalog.event_rows import EventColumns


def event_details(frame: pl.DataFrame, kept: pl.Series | None, columns: EventColumns) -> pl.DataFrame | None:
    """Return the texts and named circumstances of the events `kept` of a table [n_events]; None without any.

    Cells become text, stripped; blank ones are null. Columns keep their names.
    """
    said: tuple[str, ...] = () if columns.text is None else (columns.text,)
    names = list(dict.fromkeys((*said, *columns.named_context)))
    if not names:
        return None
    rows = frame if kept is None else frame.filter(kept)
    cells = {name: as_text(rows[name]).str.strip_chars() for name in names}
    return pl.DataFrame({name: text.set(text == "", None) for name, text in cells.items()})


def joined_details(parts: Sequence[tuple[pl.DataFrame | None, int]]) -> pl.DataFrame | None:
    """Return the details of several lots of events, each with its number; null where one says nothing."""
    if all(frame is None for frame, _ in parts):
        return None
    names = list(dict.fromkeys(name for frame, _ in parts if frame is not None for name in frame.columns))
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    filled = [empty.clear(n) if frame is None else frame for frame, n in parts]
    return pl.concat([empty, *filled], how="diagonal")


def texts_of_items(texts: pl.Series, user: pl.Series, item: pl.Series, n_items: int) -> list[str | None]:
    """Return what all texts about each item say, one after the other [n_items]; None where there is none.

    The same words of one user count once; of a user's texts about an item the last `MOST_OF_USER` count, and
    an item's end after `MOST_LETTERS`.
    """
    return joined_texts(texts_about_items(texts, user, item), n_items)


def texts_about_items(texts: pl.Series, user: pl.Series, item: pl.Series) -> pl.DataFrame:
    """Return `item` and `text` of the texts that count, in their order.

    The same words of one user count once; of a user's texts about an item the last `MOST_OF_USER` count.
    """
    said = pl.DataFrame({"user": user, "item": item, "text": texts}).drop_nulls()
    said = said.unique(maintain_order=True)
    last = pl.len().over("user", "item") - pl.int_range(pl.len()).over("user", "item") <= MOST_OF_USER
    return said.filter(last).select("item", "text")


def joined_texts(about: pl.DataFrame, n_items: int) -> list[str | None]:
    """Return the texts of `texts_about_items` one after the other [n_items]; None where there is none.

    An item's end after `MOST_LETTERS`.
    """
    joined = about.group_by("item", maintain_order=True).agg(
        pl.col("text").str.join("\n").str.slice(0, MOST_LETTERS)
    )
    found: list[str | None] = [None] * n_items
    for index, text in joined.iter_rows():
        found[index] = text
    return found


MOST_OF_USER = 5
"""Texts of one user about one item that count."""
MOST_LETTERS = 50_000
"""Of all texts about an item."""
