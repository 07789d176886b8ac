"""One item of each group of duplicates, which stands for all of them."""

from dataclasses import replace

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.arrays import IntVector
from sensorium.core.vocabulary import Vocabulary
from sensorium.duplicates.items import Duplicates


def merge_duplicates(catalog: Catalog, events: Events, duplicates: Duplicates) -> tuple[Catalog, Events]:
    """Return the items with one of each group of `duplicates`, and all events as events of these.

    It is the one with the most events, and the first of equals; one that may be recommended goes before one
    that is hidden. The ids of the others remain known and stand for it, so that whoever asks about one of
    them, or brings it as history, is answered about the item that stayed.
    """
    chosen = _representatives(catalog, events, duplicates)
    stays = chosen == np.arange(len(catalog))
    if stays.all():
        return catalog, events
    left = np.flatnonzero(~stays)
    names = zip(catalog.items.ids_at(left), catalog.items.ids_at(chosen[left]), strict=True)
    aliases = dict(names) | {
        alias: catalog.items.id(int(chosen[catalog.items.index(key)]))
        for alias, key in catalog.items.aliases.items()
    }
    known = catalog.items
    ids = known.ids_at(np.flatnonzero(stays))
    items = Vocabulary(ids, name=known.name, aliases=aliases, integer=known.integer)
    position = np.cumsum(stays) - 1
    merged = replace(events, items=items, item=position[chosen[events.item]])
    return replace(catalog, frame=catalog.frame.filter(stays), items=items), merged


def _representatives(catalog: Catalog, events: Events, duplicates: Duplicates) -> IntVector:
    """Return the item that stands for each item [n_items]."""
    n_events = np.bincount(events.item, minlength=len(catalog))
    order = np.lexsort((np.arange(len(catalog)), -n_events, ~catalog.shown(), duplicates.group))
    groups, starts = np.unique(duplicates.group[order], return_index=True)
    best = np.arange(len(catalog), dtype=np.int64)
    best[groups] = order[starts]
    return best[duplicates.group]
