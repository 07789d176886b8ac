"""The types of events by name, in whatever case they are written."""

from collections.abc import Collection

import numpy as np
import polars as pl

from sensorium.catalog.events import Events
from sensorium.core.arrays import BoolVector

MOST_TYPES = 64
"""With more of them, the column says something else than what kind an event is of."""


def type_names(events: Events, named: Collection[str] = ()) -> dict[str, list[str]]:
    """Return type of event in lower case -> its spellings; of more than `MOST_TYPES` only those `named`."""
    if events.types is None:
        return {}
    names: dict[str, list[str]] = {}
    for name in events.types.unique().drop_nulls().cast(pl.String).sort():
        names.setdefault(name.lower(), []).append(name)
    if len(names) > MOST_TYPES:
        return {name: names[name] for name in named if name in names}
    return dict(sorted(names.items()))


def are_of_types(events: Events, named: Collection[str]) -> BoolVector:
    """Return whether `named`, in lower case, hold the type of each event [n_events]."""
    if events.types is None or not named:
        return np.zeros(len(events), dtype=np.bool_)
    names = type_names(events, named)
    spelt = [spelling for name in named for spelling in names.get(name, ())]
    return events.types.cast(pl.String).is_in(spelt).fill_null(value=False).to_numpy()
