"""What each user met, by the type of the event: bought, viewed, sent back."""

from collections.abc import Mapping
from typing import TypeAlias

from sensorium.catalog.events import Events
from sensorium.core.arrays import SparseMatrix
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import append_rows, merge_entries
from sensorium.ranking.seen_items import ALL, Seen, SeenChoice, require_types, split_by_type

ExcludeSeen: TypeAlias = SeenChoice | None
"""Whether seen items are left out of an answer, or by events of which types; None: as was fitted."""
WHERE = "exclude_seen"


def extend_by_type(seen: Mapping[str, SparseMatrix] | None, new: Events) -> Mapping[str, SparseMatrix] | None:
    """Return `seen` with the `new` events; new types are appended, and None stays None."""
    if seen is None:
        return None
    longer = {name: append_rows(matrix, len(new.users)) for name, matrix in seen.items()}
    met = split_by_type(new, named=tuple(seen))
    more = {
        name: merge_entries(longer[name], part, keep="larger") if name in longer else part
        for name, part in met.items()
    }
    return longer | more


def seen_by(seen: Mapping[str, SparseMatrix] | None, rule: Seen) -> list[SparseMatrix]:
    """Return what was met by events of each of the types that `rule` names.

    Raises
    ------
    ConfigError
        If there are no events of such a type; the message names those that there are.
    NotReadyError
        If the model does not know types.
    """
    if rule == ALL or not rule:
        return []
    if seen is None:
        what = "this model was saved before the types of events were kept"
        raise NotReadyError(what, where=WHERE, remedy="Fit again, or write exclude_seen=True")
    require_types(rule, seen, WHERE)
    return [seen[name] for name in rule]
