"""The z-scores of one member for one query, in whatever form it has them: vectors, entries, or all."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector, IntVector
from sensorium.fusion.joint_factors import Standard, Vectors
from sensorium.fusion.zscore import NOISE, ZScores, most_z, zscores
from sensorium.models.base import QueryBatch, Recommender
from sensorium.models.short_forms import Entries, NoScores, Product, Row


@dataclass(frozen=True)
class MemberAnswer:
    """A z-score is `base`, and more for some items or by a product with the vector of the item."""

    base: float = 0.0
    """What every item has that the member scores."""
    vector: FloatVector | None = None
    """[d] float32: what the centred vectors of items are multiplied with; None: the member has none."""
    items: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[n_more]: items that have more, each once."""
    more: FloatVector = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    """[n_more] float32: what they have more."""
    row: FloatVector | None = None
    """[n_items] float32: what each item has more; None: nothing."""
    vectors: Vectors | None = None

    def add_to(self, total: FloatVector, weight: np.float32, some: "SomeItems | None") -> None:
        """Add what is neither base nor product, times `weight`, to `total` of all items or of `some`."""
        if self.row is not None:
            total += weight * (self.row if some is None else self.row[some.items])
        if not len(self.items):
            return
        if some is None:
            total[self.items] += weight * self.more
        else:
            place, known = some.among(self.items)
            total[place] += weight * self.more[known]

    def at(self, some: "SomeItems") -> FloatVector:
        """Return the z-scores of `some` items [n]; any value where the member does not score."""
        if self.row is not None:
            return self.row[some.items] + np.float32(self.base)
        if self.vectors is None or self.vector is None:
            found = np.full(len(some.items), self.base, dtype=np.float32)
        else:
            centred = self.vectors.rows(some.items) @ self.vector
            found = centred + np.float32(self.base - self.vectors.centre @ self.vector)
        place, known = some.among(self.items)
        found[place] += self.more[known]
        return found


@dataclass(frozen=True)
class SomeItems:
    """Some items, and where each stands."""

    items: IntVector
    """[n]: each once."""
    place: NDArray[np.int32]
    """[n_items]: where it stands in `items`, or -1."""

    @classmethod
    def of(cls, items: IntVector, n_items: int) -> Self:
        """Return `items` of `n_items`."""
        place = np.full(n_items, -1, dtype=np.int32)
        place[items] = np.arange(len(items), dtype=np.int32)
        return cls(items, place)

    def among(self, others: IntVector) -> tuple[IntVector, IntVector]:
        """Return where those of `others` stand that are here, and which of `others` these are."""
        place = self.place[others]
        known = np.flatnonzero(place >= 0)
        return place[known].astype(np.int64), known


def no_answer() -> MemberAnswer:
    """Return the answer of a member that scores nothing."""
    return MemberAnswer()


def member_answer(
    model: Recommender[Any], query: QueryBatch, vectors: Vectors | None, unchanging: ZScores | None
) -> MemberAnswer | None:
    """Return what `model` says of the one row of `query`; None if it knows nothing of who asks.

    `vectors` are those of its items, `unchanging` its z-scores where they are the same for all.
    """
    if unchanging is not None:
        return MemberAnswer(row=unchanging.values[0])
    told = model.short_form(query)
    if isinstance(told, NoScores):
        return None
    able = model.able_items
    if isinstance(told, Entries) and able is not None:
        return _of_entries(told, int(np.count_nonzero(able)))
    if isinstance(told, Row) and able is not None:
        return _of_row(told.values, len(able), int(np.count_nonzero(able)))
    if isinstance(told, Product) and vectors is not None:
        standard = vectors.standard(told)
        if standard is not None:
            return _of_product(told, vectors, standard)
    scores = zscores(model.score(query))
    return None if scores.can is not None and not scores.can.any() else MemberAnswer(row=scores.values[0])


def _of_entries(told: Entries, n_able: int) -> MemberAnswer:
    """Return the z-scores of scores that are zero but for some of `n_able` items, as `zscores` finds them."""
    standard = _standard(told.values, n_able)
    inverse = standard.inverse_spread
    return MemberAnswer(-standard.mean * inverse, items=told.items, more=told.values * np.float32(inverse))


def _of_row(values: FloatVector, n_items: int, n_able: int) -> MemberAnswer:
    """Return the z-scores of scores that are zero for all items but `n_able`, as `zscores` finds them."""
    standard = _standard(values, n_able)
    row = values * np.float32(standard.inverse_spread)
    if len(row) < n_items:
        row = np.concatenate([row, np.zeros(n_items - len(row), dtype=np.float32)])
    return MemberAnswer(-standard.mean * standard.inverse_spread, row=row)


def _standard(values: FloatVector, n_able: int) -> Standard:
    """Return what `zscores` finds for `n_able` scores that are zero but for `values`."""
    mean = float(values.sum(dtype=np.float64)) / n_able
    squares = float(np.vdot(values, values)) / n_able
    spread = np.sqrt(max(squares - mean * mean, 0.0))
    least = float(values.min(initial=np.inf if len(values) == n_able else 0))
    largest = float(values.max(initial=-np.inf if len(values) == n_able else 0))
    is_meant = spread > NOISE * max(largest, -least, 0.0)
    spread = max(spread, max(largest - mean, mean - least) / float(most_z(n_able)))
    return Standard(mean, 1 / spread if is_meant else 0.0)


def _of_product(told: Product, vectors: Vectors, standard: Standard) -> MemberAnswer:
    """Return the z-scores of products of vectors."""
    asking, inverse = vectors.asking(told), standard.inverse_spread
    vector = asking * np.float32(inverse)
    base = (float(asking.astype(np.float64) @ vectors.centre) - standard.mean) * inverse
    if not len(told.items):
        return MemberAnswer(base, vector, vectors=vectors)
    more = np.asarray((told.values - vectors.rows(told.items) @ asking) * inverse, dtype=np.float32)
    return MemberAnswer(base, vector, told.items, more, vectors=vectors)
