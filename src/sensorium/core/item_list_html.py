"""A list of items as a table for a notebook."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any

import polars as pl

MOST_ROWS = 100
"""Items in the table; a line says how many more there are."""
MOST_BYTES = 6 * 2**20
"""Pictures and sounds in one table: with more, a notebook becomes slow to open and to save."""
_STYLE = "text-align:left;vertical-align:middle;padding:4px 12px 4px 0"


def html_table(
    frame: pl.DataFrame, items: Sequence[int], path: str, preview: Callable[[int], str] | None
) -> str:
    """Return a table of `frame` (rank, item_id, title, score, path) with previews of `items` [n].

    `preview` gives the HTML that shows an item; None: no item is shown. At most `MOST_ROWS` rows and about
    `MOST_BYTES` of previews.
    """
    shown = frame.head(MOST_ROWS)
    previews = list(_previews(items[:MOST_ROWS], preview))
    has_previews = any(previews)
    head = "".join(
        _cell(name, "th") for name in ("", *([""] if has_previews else []), "item", "title", "score")
    )
    rows = [
        "<tr>"
        + _cell(str(row["rank"]))
        + (f'<td style="{_STYLE}">{previews[place]}</td>' if has_previews else "")
        + _cell(str(row["item_id"]))
        + _cell(row["title"] or "")
        + _cell(f"{row['score']:.3f}")
        + "</tr>"
        for place, row in enumerate(shown.iter_rows(named=True))
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{_note(frame, path)}"


def _previews(items: Sequence[int], preview: Callable[[int], str] | None) -> Iterator[str]:
    """Yield what shows each item, empty once the next one would be too much."""
    left = MOST_BYTES
    for item in items:
        made = preview(item) if preview is not None and left > 0 else ""
        left -= len(made)
        yield made if left >= 0 else ""


def _cell(value: Any, tag: str = "td") -> str:
    return f'<{tag} style="{_STYLE}">{escape(value)}</{tag}>'


def _note(frame: pl.DataFrame, path: str) -> str:
    more = frame.height - MOST_ROWS
    said = [f"by {path}"] if path else []
    said += [f"{more:,} more items"] if more > 0 else []
    return f"<p>{escape(' · '.join(said))}</p>" if said else ""
