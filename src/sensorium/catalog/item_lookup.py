"""Items by their ids; who gives a title instead is told the id."""

from collections.abc import Iterable

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import IntVector
from sensorium.core.errors import UnknownIdError

MOST_NAMED = 3


def item_index(catalog: Catalog, key: object) -> int:
    """Return the index of an item by its id.

    Raises
    ------
    UnknownIdError
        If there is no such id: the message names items with that title, else ids that look alike.
    """
    try:
        return catalog.items.index(key)
    except UnknownIdError as error:
        ids = _titled(catalog, str(key))
        if not ids:
            raise
        remedy = f"That is the title of {_named(ids)}: ask by the id"
        raise UnknownIdError(error.what, where=error.where, remedy=remedy) from None


def item_indices(catalog: Catalog, keys: Iterable[object]) -> IntVector:
    """Return the index of each item [n]; `UnknownIdError` at the first unknown one, as `item_index`."""
    return np.fromiter((item_index(catalog, key) for key in keys), dtype=np.int64)


def as_spelt(catalog: Catalog, keys: Iterable[str]) -> list[str]:
    """Return ids as the catalogue spells them: spaces around one belong to it only where it knows it so."""
    return [key if key in catalog.items or key.strip() not in catalog.items else key.strip() for key in keys]


def _titled(catalog: Catalog, title: str) -> list[str]:
    """Return the ids of items with this title, in whatever case."""
    wanted = title.strip().casefold()
    return [
        key
        for key, called in zip(catalog.items.ids, catalog.titles(), strict=True)
        if called.strip().casefold() == wanted
    ]


def _named(ids: list[str]) -> str:
    shown = ", ".join(map(repr, ids[:MOST_NAMED])) + (", ..." if len(ids) > MOST_NAMED else "")
    return f"item {shown}" if len(ids) == 1 else f"{len(ids):,} items, {shown}"
