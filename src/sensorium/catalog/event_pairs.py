"""What all events of one user with one item say together."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import row_starts


@dataclass(frozen=True)
class Pairs:
    """Pairs of a user and an item about which anything is said, by user, then by item."""

    user: IntVector
    """[n_pairs]."""
    item: IntVector
    """[n_pairs]."""
    strength: FloatVector
    """[n_pairs] float32: above zero for, below zero against."""
    time: NDArray[np.float64]
    """[n_pairs]: of the last event that counts; minus infinity where no time is known."""
    often: FloatVector
    """[n_pairs] float32: how often what counts was said."""

    def matrix(self, data: NDArray[Any], shape: tuple[int, int]) -> SparseMatrix:
        """Return `data` [n_pairs] as CSR of `shape`: users by items."""
        starts = row_starts(np.bincount(self.user, minlength=shape[0]))
        return sparse.csr_array((data, self.item, starts), shape=shape)


def combine(
    user: IntVector,
    item: IntVector,
    strength: FloatVector,
    times_said: FloatVector,
    kind: IntVector,
    time: NDArray[np.float64],
    *,
    once: BoolVector,
    n_items: int,
) -> Pairs:
    """Return what the events of each pair say together.

    What was said against an item ends what was said before: if the last word is against, the pair is, as
    strongly as that word; else the events since then count. Of these, each kind says what its last event says
    times log2(1 + how often), and kinds add up. Last is by time, then by row; an event without a time comes
    first. Events of strength zero say nothing.

    Parameters
    ----------
    user, item
        [n_events] indices.
    strength
        [n_events], of one time, without `times_said`.
    times_said
        [n_events]: how often each event was said, such as a count of plays.
    kind
        [n_events]: the number of the type of event.
    time
        [n_events]: seconds since 1970; NaN where unknown.
    once
        [n_events]: whether saying it again adds nothing, as for ratings, of which the last one counts.
    """
    chosen = np.flatnonzero(strength != 0)
    when = np.where(np.isnan(time[chosen]), -np.inf, time[chosen])
    key = user[chosen].astype(np.int64) * n_items + item[chosen]
    order = np.lexsort((when, key))
    chosen, when, key = chosen[order], when[order], key[order]
    if not len(chosen):
        none = np.zeros(0, dtype=np.int64)
        nothing = np.zeros(0, dtype=np.float32)
        return Pairs(none, none, nothing, np.zeros(0), nothing)
    starts = np.flatnonzero(np.append(True, np.diff(key) != 0))
    pair = np.cumsum(np.append(0, np.diff(key) != 0))
    said = strength[chosen].astype(np.float64)
    counts = _since_last_against(said, starts, pair)
    last = _last_of_kinds(pair[counts], kind[chosen][counts])
    often = np.add.reduceat(times_said[chosen][counts][last.order], last.starts)
    ends = last.order[last.ends]
    often = np.where(once[chosen][counts][ends], times_said[chosen][counts][ends], often)
    worth = said[counts][ends] * np.log2(1 + often)
    total = np.bincount(pair[counts][ends], weights=worth, minlength=len(starts))
    ends = np.append(starts[1:], len(chosen)) - 1
    cells = key[starts]
    often = np.bincount(pair[counts], weights=times_said[chosen][counts], minlength=len(starts))
    strengths, times = total.astype(np.float32), often.astype(np.float32)
    return Pairs(cells // n_items, cells % n_items, strengths, when[ends], times)


def _since_last_against(said: NDArray[Any], starts: IntVector, pair: IntVector) -> BoolVector:
    """Return which events [n] of their pairs count: those after the last one against, or that one itself."""
    place = np.arange(len(said))
    last = np.maximum.reduceat(np.where(said < 0, place, -1), starts)
    ends = np.append(starts[1:], len(said)) - 1
    is_against = last == ends
    return np.where(is_against[pair], place == last[pair], place > last[pair])


class _Groups(NamedTuple):
    """Runs of equal things in an order."""

    order: IntVector
    starts: IntVector
    ends: IntVector


def _last_of_kinds(pair: IntVector, kind: IntVector) -> _Groups:
    """Return the events by pair and kind, in each the last one last."""
    order = np.lexsort((kind, pair))
    new = np.append(True, (np.diff(pair[order]) != 0) | (np.diff(kind[order]) != 0))
    starts = np.flatnonzero(new)
    return _Groups(order, starts, np.append(starts[1:], len(order)) - 1)
