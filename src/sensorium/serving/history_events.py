"""What a user did with each item of the history, for reasons in words: viewed it, bought it, how often."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from sensorium.catalog.event_rows import EventColumns
from sensorium.core.arrays import SparseMatrix
from sensorium.core.item_list import Met, Reason
from sensorium.core.vocabulary import Id, Vocabulary
from sensorium.insight.event_verbs import DISLIKED, LIKED, strongest, verb_of
from sensorium.models.base import TrainingData


def history_events(
    row: int,
    history: SparseMatrix,
    by_type: Mapping[str, SparseMatrix] | None,
    columns: EventColumns,
    named: Collection[int] = (),
) -> dict[int, str]:
    """Return item index -> the event that reasons name, for the items in `history` [1, n_items].

    Of several events with one item it is the strongest: a purchase rather than a view. Without types it is
    what the column of values or counts says, such as a rating; empty where nothing is known. What is below
    zero in the history is disliked.

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
    usual = _usual(columns)
    found = dict.fromkeys(history.indices.tolist(), usual) | dict.fromkeys(named, LIKED)
    done = _done(row, by_type)
    found |= {item: strongest(events) for item, events in done.items() if item in found}
    return found | dict.fromkeys(history.indices[history.data < 0].tolist(), DISLIKED)


def how_met(
    row: int,
    data: TrainingData,
    by_type: Mapping[str, SparseMatrix] | None,
    columns: EventColumns,
    named: Collection[int] = (),
) -> dict[int, Met]:
    """Return item index -> how often the user of `row` met it and when last, for what he or she is for.

    Nothing is said of it where an item was met by events of several types: the numbers are those of all of
    them; nor how often where events are ratings or sums, nor when where an event may have had no time.
    `row`, `by_type`, `columns` and `named` as for `history_events`, `data` as in `ModelParts`.
    """
    if not 0 <= row < data.n_users:
        return {}
    done = _done(row, by_type)
    counted = by_type or columns.value is None or _usual(columns) != columns.value
    often = _of_row(data.frequency, row) if counted else {}
    last = _of_row(data.times, row)
    oldest = data.memo.of("oldest time", lambda: _oldest(data.times))
    found: dict[int, Met] = {}
    for item in data.interactions[[row]].indices.tolist():
        if item in named or len(done.get(item, ())) > 1:
            continue
        when = last.get(item, -np.inf)
        found[item] = Met(round(often.get(item, 0.0)), when if when > oldest else None)
    return found


def _usual(columns: EventColumns) -> str:
    """Return the column that says what events without types are, such as ratings or plays; empty: none."""
    names = (columns.value, columns.count)
    return next((name for name in names if name is not None and verb_of(name) is not None), "")


def _done(row: int, by_type: Mapping[str, SparseMatrix] | None) -> dict[int, list[str]]:
    """Return item index -> the types of the events that the user of `row` had with it."""
    done: dict[int, list[str]] = {}
    for name, matrix in (by_type or {}).items():
        if 0 <= row < matrix.shape[0]:
            for item in matrix[[row]].indices.tolist():
                done.setdefault(item, []).append(name)
    return done


def _of_row(matrix: SparseMatrix | None, row: int) -> dict[int, float]:
    if matrix is None:
        return {}
    own = matrix[[row]]
    return dict(zip(own.indices.tolist(), own.data.tolist(), strict=True))


def _oldest(times: SparseMatrix | None) -> float:
    """Return the oldest time that is known, which events without one share."""
    return float(times.data.min()) if times is not None and times.nnz else -np.inf


@dataclass(frozen=True)
class ToldHistory:
    """What reasons say of the items of a history."""

    events: Mapping[Id, str] = field(default_factory=dict[Id, str])
    """Item id -> what the user did with it; see `history_events`."""
    met: Mapping[Id, Met] = field(default_factory=dict[Id, Met])
    """Item id -> how often and when last; see `how_met`."""

    @classmethod
    def of(cls, items: Vocabulary, events: Mapping[int, str], met: Mapping[int, Met]) -> Self:
        """Return what is known by the index of an item as what is known by its id."""
        return cls(
            {items.id(item): event for item, event in events.items()},
            {items.id(item): how for item, how in met.items()},
        )


def with_events(
    reasons: Sequence[tuple[Reason, ...]], items: Sequence[Id], told: ToldHistory
) -> tuple[tuple[Reason, ...], ...]:
    """Return the reasons of several `items`, each with what the user did with the item it came through.

    A reason that is the item itself also says how the user met it.
    """
    return tuple(
        tuple(_with_event(reason, item, told) for reason in of_item)
        for item, of_item in zip(items, reasons, strict=True)
    )


def _with_event(reason: Reason, item: Id, told: ToldHistory) -> Reason:
    if reason.item_id is None:
        return reason
    met = told.met.get(item, Met()) if reason.item_id == item else None
    return replace(reason, event=told.events.get(reason.item_id, ""), met=met)
