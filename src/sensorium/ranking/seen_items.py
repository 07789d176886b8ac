"""Which items are not recommended again: what users met, by all events or by those of some types.

One rule for answers, for tuning and for evaluation: `left_out_items` is what all of them leave out.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from sensorium.catalog.event_types import are_of_types, type_names
from sensorium.catalog.events import Events
from sensorium.core.arguments import as_texts
from sensorium.core.arrays import BoolVector, SparseMatrix
from sensorium.core.errors import ConfigError

Seen: TypeAlias = Literal["all"] | tuple[str, ...]
"""Which events take an item off a user's lists: `all`, or those of these types in lower case; `()`: none."""
SeenChoice: TypeAlias = bool | Literal["all", "none"] | Sequence[str]
"""How such a rule may be written; see `parse_seen`."""
ALL: Seen = "all"
NONE = "none"
"""Another way to write `()`."""


def parse_seen(value: object, where: str = "seen") -> Seen:
    """Return the rule that `value` is: `all`, `none`, True or False, or a list of types of events.

    Raises
    ------
    ConfigError
        If it is nothing of that kind.
    """
    if isinstance(value, bool | np.bool_):
        return ALL if value else ()
    if isinstance(value, str) and value.strip().lower() in (ALL, NONE):
        return ALL if value.strip().lower() == ALL else ()
    if not isinstance(value, Iterable):
        what = f"{value!r} is neither true, nor false, nor a list of types"
        raise ConfigError(what, where=where, remedy=f'Write {where}="all", or a list of types')
    return tuple(dict.fromkeys(name.strip().lower() for name in as_texts(value, where)))


def known_items(*parts: Events) -> SparseMatrix:
    """Return CSR [n_users, n_items] float32: 1 where any of the `parts` has an event, positive or not.

    Users know what they disliked, too.
    """
    shape = (len(parts[0].users), len(parts[0].items))
    users = np.concatenate([part.user for part in parts])
    items = np.concatenate([part.item for part in parts])
    cells = np.unique(users.astype(np.int64) * shape[1] + items)
    ones = np.ones(len(cells), dtype=np.float32)
    return sparse.csr_array((ones, (cells // shape[1], cells % shape[1])), shape=shape)


def left_out_items(events: Events, seen: Seen) -> SparseMatrix:
    """Return CSR [n_users, n_items] float32: 1 for what is not recommended to those who did `events`.

    That is what they met by events that `seen` names, and what they are against in any case.
    """
    if seen == ALL:
        return known_items(events)
    against = events.against()
    against.data = np.ones_like(against.data)
    found = sparse.csr_array(known_items(events.where(is_of_types(events, seen))) + against)
    found.data = np.ones_like(found.data)
    return found


def is_of_types(events: Events, seen: Seen) -> BoolVector:
    """Return whether `seen` names each event [n_events]."""
    if seen == ALL:
        return np.ones(len(events), dtype=np.bool_)
    return are_of_types(events, seen)


def split_by_type(events: Events, named: Collection[str] = ()) -> dict[str, SparseMatrix]:
    """Return type of event -> CSR [n_users, n_items] of what was met by it; empty without such a column.

    Types are in lower case. Of more than `MOST_TYPES` only those `named` are told apart.
    """
    return {
        name: known_items(events.where(is_of_types(events, (name,)))) for name in type_names(events, named)
    }


def require_types(seen: Seen, known: Collection[str], where: str) -> None:
    """Raise `ConfigError` unless `known` hold all types that `seen` names; the message names the known."""
    unknown = () if seen == ALL else [name for name in seen if name not in known]
    if unknown:
        listed = ", ".join(known)
        remedy = f"Known types: {listed}" if listed else "The events have no column that says their type"
        raise ConfigError(f"no event is of type {unknown[0]!r}", where=where, remedy=remedy)


def require_seen(seen: object, events: Events, where: str = "seen") -> Seen:
    """Return the rule that `seen` is; `ConfigError` unless it is one, and of types that `events` have."""
    rule = parse_seen(seen, where)
    require_types(rule, type_names(events, () if rule == ALL else rule), where)
    return rule
