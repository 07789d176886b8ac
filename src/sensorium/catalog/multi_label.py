"""Several labels in one cell: what separates them, and the labels."""

import polars as pl

from sensorium.catalog.columns import as_text

COMPANIES = 1.4
"""In how many different cells a label must stand on average for the sign between labels to separate."""
SEPARATORS = ("|", ";", ",", "、", "，")
"""What may separate labels; `|` whenever it occurs, the others where the labels show it by repeating."""


def label_separator(series: pl.Series) -> str | None:
    """Return what separates several labels in the cells of a column; None if each cell is one label.

    `|` always separates. Another sign does if the parts turn up in other company too, as `Drama` in
    `Drama, Comedy` and `Drama, War`; in `Home, Kitchen & Garden` the comma belongs to the label.
    """
    if series.dtype.is_nested():
        return None
    cells = as_text(series).drop_nulls()
    for separator in SEPARATORS:
        having = cells.str.contains(separator, literal=True)
        if not having.any():
            continue
        if separator == "|":
            return separator
        parts = cells.unique().str.split(separator).explode().str.strip_chars()
        if len(parts) >= COMPANIES * parts.n_unique():
            return separator
    return None


def split_labels(series: pl.Series, separator: str | None) -> list[tuple[str, ...] | None]:
    """Return the labels of each cell [n], stripped, without repeats and blanks; None where there are none."""
    return [tuple(cell) if cell else None for cell in label_lists(series, separator).to_list()]


def label_lists(series: pl.Series, separator: str | None) -> pl.Series:
    """Return the labels of each cell as a series of lists [n], null or empty where there are none."""
    if series.dtype.is_nested():
        lists = series.cast(pl.List(pl.String))
    else:
        text = as_text(series)
        # Without a separator each cell is a list of one, which cannot be asked of `split`.
        lists = (
            text.str.split(separator)
            if separator
            else text.to_frame("cell").select(pl.concat_list("cell")).to_series()
        )
    cleaned = lists.list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
    return cleaned.list.unique(maintain_order=True)
