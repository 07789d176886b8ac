"""Whether people come back to what they know, as with music and daily goods, told by their events."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.event_types import are_of_types, type_names
from sensorium.catalog.events import Events
from sensorium.catalog.problems import Problem, Severity
from sensorium.core.arrays import IntVector

LATEST = 0.1
"""The share of the events, the latest, that is looked at: what an evaluation would test on."""
FEWEST = 20
"""With fewer of them nothing is said."""
MOSTLY = 0.5
"""From which share of repeats on people come back."""
SELDOM = 0.2
"""Who comes back to an item in fewer cases than this after a type of event is done with the item by it."""


@dataclass(frozen=True)
class RepeatProposal:
    """Which events should take an item off a user's lists, where not all of them should."""

    seen: tuple[str, ...]
    """Types of events in lower case, for `[ranking] seen`; empty: everything may come again."""
    share: float
    """Of the latest events, those with an item that their user had met before."""
    why: str
    """The reason as a sentence."""


def share_of_repeats(events: Events) -> float | None:
    """Return the share of the latest positive events whose users had met the item; None if they are too few.

    Without times it is what is expected where a tenth of the events is drawn at random.
    """
    chosen = events.where(events.positive)
    n_latest = int(np.ceil(LATEST * len(chosen)))
    if n_latest < FEWEST:
        return None
    pair = _pairs(chosen)
    if not chosen.has_times:
        often = np.bincount(pair)[pair]
        return float(np.mean(1 - LATEST ** (often - 1.0)))
    order = np.argsort(_known_times(chosen), kind="stable")
    earlier, latest = order[:-n_latest], order[-n_latest:]
    return float(np.isin(pair[latest], pair[earlier]).mean())


def propose_seen(events: Events) -> RepeatProposal | None:
    """Return what to write as `[ranking] seen`; None where all that was seen is better left out.

    Items may come again where most of the latest events are repeats. By types of events after which users
    seldom come back to an item, such as a purchase, it is taken off nevertheless; that can be told where
    events have times. Without times, but with several types, nothing is proposed.
    """
    share = share_of_repeats(events)
    if share is None or share < MOSTLY:
        return None
    said = f"{share:.0%} of the latest events are with items that the user had met before"
    types = type_names(events)
    if len(types) < 2:
        return RepeatProposal((), share, f"{said}: people come back to what they know")
    if not events.has_times:
        return None
    ends = tuple(name for name in types if 0 <= _returning(events, name) < SELDOM)
    rest = f", but seldom after {' or '.join(ends)}" if ends else ""
    return RepeatProposal(ends, share, f"{said}: people come back to what they know{rest}")


def repeat_problems(events: Events, where: str) -> list[Problem]:
    """Return a note where most events would be lost if all that was seen is left out, as it is now."""
    proposed = propose_seen(events)
    if proposed is None:
        return []
    seen = "[" + ", ".join(f'"{name}"' for name in proposed.seen) + "]"
    message = f"{proposed.why}; what they had met is neither recommended again nor evaluated"
    remedy = f"Write seen = {seen} under [ranking] if it may be recommended again"
    count = round(proposed.share * np.ceil(LATEST * int(events.positive.sum())))
    return [Problem(Severity.NOTE, "repeats", where, message, remedy, count=int(count))]


def _pairs(events: Events) -> IntVector:
    """Return a number for the user and item of each event [n_events]."""
    cells = events.user.astype(np.int64) * len(events.items) + events.item
    return np.unique(cells, return_inverse=True)[1].astype(np.int64)


def _known_times(events: Events) -> NDArray[np.float64]:
    return np.where(np.isnan(events.time), -np.inf, events.time)


def _returning(events: Events, name: str) -> float:
    """Return after which share of the first events of a type, by user and item, others with the item follow.

    Below zero for a type that is against items.
    """
    is_of_type = are_of_types(events, (name,))
    if (events.strength[is_of_type] < 0).all():
        return -1.0
    pair, time = _pairs(events), _known_times(events)
    first: NDArray[Any] = np.full(pair.max(initial=-1) + 1, np.inf)
    np.minimum.at(first, pair[is_of_type], time[is_of_type])
    last = np.full(len(first), -np.inf)
    np.maximum.at(last, pair, time)
    had = np.isfinite(first)
    return float((last[had] > first[had]).mean()) if had.any() else 0.0
