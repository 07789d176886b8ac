"""What a user did with each item of the history, for reasons in words: viewed, bought, rated it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sensorium.catalog.event_rows import EventColumns
from sensorium.core.arrays import SparseMatrix
from sensorium.core.item_list import Reason
from sensorium.core.vocabulary import Id
from sensorium.insight.event_verbs import DISLIKED, LIKED, strongest, verb_of


def history_events(
    row: int,
    history: SparseMatrix,
    by_type: Mapping[str, SparseMatrix] | None,
    columns: EventColumns,
    named: Collection[int] = (),
) -> dict[int, str]:
    """Return item index -> the event that reasons name, for the items in `history` [1, n_items].

    Of several events with one item it is the strongest: a purchase rather than a view. Without types it is
    what the column of values says, such as a rating; empty where nothing is known. What is below zero in
    the history is disliked.

    Parameters
    ----------
    row
        The user's row in `by_type`; below zero for nobody.
    by_type
        As in `ModelParts.seen_by_type`.
    columns
        Those that the events were read from.
    named
        Items that somebody named as liked; they are, unless types say what was done with them.
    """
    usual = columns.value if columns.value is not None and verb_of(columns.value) is not None else ""
    found = dict.fromkeys(history.indices.tolist(), usual) | dict.fromkeys(named, LIKED)
    if row >= 0 and by_type:
        done: dict[int, list[str]] = {}
        for name, matrix in by_type.items():
            if row < matrix.shape[0]:
                for item in matrix[[row]].indices.tolist():
                    done.setdefault(item, []).append(name)
        found |= {item: strongest(events) for item, events in done.items() if item in found}
    return found | dict.fromkeys(history.indices[history.data < 0].tolist(), DISLIKED)


def with_events(
    reasons: Sequence[tuple[Reason, ...]], events: Mapping[Id, str]
) -> tuple[tuple[Reason, ...], ...]:
    """Return the reasons of several items, each with what the user did; `events` is item id -> event."""
    return tuple(
        tuple(
            reason if reason.item_id is None else replace(reason, event=events.get(reason.item_id, ""))
            for reason in of_item
        )
        for of_item in reasons
    )
