"""What each user met, by the type of the event: bought, viewed, sent back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import polars as pl

from sensorium.catalog.events import Events
from sensorium.core.arguments import as_texts
from sensorium.core.arrays import SparseMatrix
from sensorium.core.errors import ConfigError, NotReadyError
from sensorium.core.sparse import append_rows
from sensorium.evaluation.splits import known_items
from sensorium.serving.fold_in_events import extend_seen

ExcludeSeen: TypeAlias = bool | Sequence[str]
"""Whether seen items are left out of an answer, or by events of which types they must have been seen."""
MOST_TYPES = 64
"""With more of them, the column says something else than what kind an event is of."""
WHERE = "exclude_seen"


def split_by_type(events: Events) -> dict[str, SparseMatrix]:
    """Return type of event -> CSR [n_users, n_items] of what was met by it; empty without such a column.

    Types are in lower case. Of more than `MOST_TYPES` none is told apart.
    """
    return {name: known_items(part) for name, part in _parts(events).items()}


def extend_by_type(seen: Mapping[str, SparseMatrix] | None, new: Events) -> Mapping[str, SparseMatrix] | None:
    """Return `seen` with the `new` events; new types are appended, and None stays None."""
    if seen is None:
        return None
    parts = _parts(new)
    longer = {name: append_rows(matrix, len(new.users)) for name, matrix in seen.items()}
    more = {
        name: extend_seen(longer[name], part) if name in longer else known_items(part)
        for name, part in parts.items()
    }
    return longer | more


def seen_by(seen: Mapping[str, SparseMatrix] | None, types: object) -> list[SparseMatrix]:
    """Return what was met by events of each of `types`.

    Raises
    ------
    ConfigError
        If there are no events of such a type; the message names those that there are.
    NotReadyError
        If the model does not know types.
    """
    if not isinstance(types, Iterable):
        what = f"{types!r} is neither true, nor false, nor a list of types"
        raise ConfigError(what, where=WHERE, remedy="Write exclude_seen=True")
    asked = [name.strip().lower() for name in as_texts(types, WHERE)]
    if not asked:
        return []
    if seen is None:
        what = "this model was saved before the types of events were kept"
        raise NotReadyError(what, where=WHERE, remedy="Fit again, or write exclude_seen=True")
    unknown = next((name for name in asked if name not in seen), None)
    if unknown is not None:
        known = ", ".join(seen)
        remedy = f"Known types: {known}" if known else "The events have no column that says their type"
        raise ConfigError(f"no event is of type {unknown!r}", where=WHERE, remedy=remedy)
    return [seen[name] for name in dict.fromkeys(asked)]


def _parts(events: Events) -> dict[str, Events]:
    """Return type of event in lower case -> those events."""
    if events.types is None:
        return {}
    names: dict[str, list[str]] = {}
    for name in events.types.unique().drop_nulls().cast(pl.String).sort():
        names.setdefault(name.lower(), []).append(name)
    if len(names) > MOST_TYPES:
        return {}
    return {
        name: events.where(events.types.cast(pl.String).is_in(spelt).fill_null(value=False).to_numpy())
        for name, spelt in names.items()
    }
