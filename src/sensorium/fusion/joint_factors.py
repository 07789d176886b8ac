"""The item vectors of all factor models in one, shorter than all of them: where a query's best items are.

One pass over a few numbers of each item says which items are worth scoring exactly; what all scores of a
member would have for mean and spread follows from the mean and the covariance of its vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.fusion.zscore import NOISE, most_z
from sensorium.models.base import Recommender
from sensorium.models.short_forms import ItemVectors, Product

DIMENSIONS = 16
"""Numbers that are kept of each item, for all members together, to begin with."""
SAMPLED = 20_000
"""Items from which the directions of these are learnt; mean and covariance are those of all."""
ROWS = 8_192
"""Items that are gathered at once."""
LEAST_VARIANCE = 1e-9
"""No direction is taken to vary less, in shares of the largest variance: the rest is rounding."""


@dataclass(frozen=True)
class Standard:
    """What turns the scores of one query into z-scores."""

    mean: float
    inverse_spread: float


@dataclass(frozen=True)
class Vectors:
    """The vectors of one member's items, a bias as one more number, and how they are distributed."""

    own: ItemVectors
    able: BoolVector
    """[n_items]: which items the member scores."""
    n_able: int
    centre: NDArray[np.float64]
    """[d]: the mean over them."""
    covariance: NDArray[np.float64]
    """[d, d]."""
    farthest: float
    """No item is farther than this from the mean, in spreads, whatever the query is."""

    @classmethod
    def of(cls, own: ItemVectors, able: BoolVector) -> Self:
        """Return the vectors `own` of the items that are `able` [n_items], and how they are distributed."""
        scored = np.flatnonzero(able[: len(own.factors)])
        blocks = [scored[start : start + ROWS] for start in range(0, len(scored), ROWS)]
        d = own.factors.shape[1] + (own.bias is not None)
        n = max(len(scored), 1)
        centre = sum((_rows(own, each).sum(axis=0, dtype=np.float64) for each in blocks), np.zeros(d)) / n
        covariance = np.zeros((d, d))
        for each in blocks:
            centred = _rows(own, each) - centre.astype(np.float32)
            covariance += centred.T @ centred
        covariance /= n
        farthest = _farthest(covariance, (_rows(own, each) - centre.astype(np.float32) for each in blocks))
        return cls(own, able, int(np.count_nonzero(able)), centre, covariance, farthest)

    def rows(self, items: IntVector) -> FloatMatrix:
        """Return the vectors of `items` [n, d]; zeros for those without any."""
        known = np.minimum(items, len(self.own.factors) - 1)
        rows = _rows(self.own, known)
        if len(self.able) > len(self.own.factors):
            rows[items >= len(self.own.factors)] = 0
        return rows

    def asking(self, told: Product) -> FloatVector:
        """Return the vector of a query [d] float32, with a one for the bias."""
        return told.vector if self.own.bias is None else np.append(told.vector, np.float32(1))

    def standard(self, told: Product) -> Standard | None:
        """Return the mean of a query's scores and one over their spread, as `zscores` finds them.

        None where they are not surely as for all scores: the spread is noise, or has a floor.
        """
        asking, n = self.asking(told).astype(np.float64), self.n_able
        mean, variance = float(asking @ self.centre), float(asking @ self.covariance @ asking)
        least = variance + LEAST_VARIANCE * self._largest_variance * float(asking @ asking)
        farthest = self.farthest * np.sqrt(max(least, 0.0))
        if len(told.items):
            whole = self.rows(told.items) @ self.asking(told) - mean
            others = told.values.astype(np.float64) - mean
            moved = (others.sum() - whole.sum(dtype=np.float64)) / n
            squares = np.square(others).sum() - np.square(whole, dtype=np.float64).sum()
            variance += squares / n - moved * moved
            mean += moved
            farthest = max(farthest, float(np.abs(others).max())) + abs(moved)
        spread = np.sqrt(max(variance, 0.0))
        if spread <= NOISE * (abs(mean) + farthest) or farthest > spread * float(most_z(n)):
            return None
        return Standard(mean, 1 / spread)

    @cached_property
    def _largest_variance(self) -> float:
        return float(np.linalg.eigvalsh(self.covariance)[-1]) if len(self.covariance) else 0.0


def _rows(own: ItemVectors, items: IntVector) -> FloatMatrix:
    """Return the vectors of `items` [n, d] float32, their bias behind."""
    rows = own.factors[items]
    return rows if own.bias is None else np.column_stack([rows, own.bias[items]])


def _farthest(covariance: NDArray[np.float64], blocks: Any) -> float:
    """Return the largest distance of rows of `blocks` from zero, in spreads under `covariance`."""
    variances, axes = np.linalg.eigh(covariance)
    if not variances[-1] > 0:
        return 0.0
    scales = 1 / np.sqrt(np.maximum(variances, 0) + LEAST_VARIANCE * variances[-1])
    whiten = (axes * scales).astype(np.float32)
    lengths = [np.square(centred @ whiten).sum(axis=1).max(initial=0) for centred in blocks]
    return 1.001 * float(np.sqrt(max(lengths, default=0.0)))


@dataclass(frozen=True)
class JointFactors:
    """The vectors of some members, and all of them in few dimensions."""

    vectors: Mapping[str, Vectors]
    """Member -> its vectors."""
    axes: Mapping[str, FloatMatrix]
    """Member -> [d, r] float32: from a query's vector, as `asking` gives it, to the few dimensions."""
    rest: Mapping[str, FloatMatrix]
    """Member -> [d, n_rest] float32: from a query's vector to what the few leave out. The length of the sum
    over members is the root mean square error of an item."""
    reduced: FloatMatrix
    """[n_items, r] float32: each item, less the means of its members' vectors; zero for a member without."""

    @classmethod
    def of(
        cls,
        members: Mapping[str, Recommender[Any]],
        n_items: int,
        dimensions: int = DIMENSIONS,
        *,
        counts: Mapping[str, float] | None = None,
    ) -> Self:
        """Return the vectors of those of `members` that have any, in `dimensions`.

        The largest principal axes of all vectors side by side; the total variance of each member's is the
        square of how much the member `counts`, or 1.
        """
        vectors: dict[str, Vectors] = {}
        for name, member in members.items():
            own, able = member.item_vectors(), member.able_items
            if own is not None and able is not None and len(own.factors) and able.any():
                vectors[name] = Vectors.of(own, able)
        scales = {
            name: _scale(each) * np.float32((counts or {}).get(name) or 1.0) for name, each in vectors.items()
        }
        sample = np.unique(np.linspace(0, n_items - 1, min(n_items, SAMPLED)).astype(np.int64))
        some = _beside(vectors, scales, sample)
        squares, axes = np.linalg.eigh((some.T @ some).astype(np.float64) / max(len(sample), 1))
        squares, axes = squares[::-1], axes[:, ::-1]  # the largest first
        few, missing = axes[:, :dimensions].astype(np.float32), axes * np.sqrt(np.maximum(squares, 0))
        reduced = np.empty((n_items, few.shape[1]), dtype=np.float32)
        for start in range(0, n_items, ROWS):
            items = np.arange(start, min(start + ROWS, n_items))
            reduced[items] = _beside(vectors, scales, items) @ few
        ways, rest = (
            _by_member(vectors, scales, part) for part in (few, missing[:, dimensions:].astype(np.float32))
        )
        return cls(vectors, ways, rest, reduced)

    def is_of(self, members: Mapping[str, Recommender[Any]], n_items: int) -> bool:
        """Return whether these are the vectors of `members`, which have not changed since."""
        have = {name for name, member in members.items() if member.item_vectors() is not None}
        return (
            len(self.reduced) == n_items
            and have >= set(self.vectors)
            and all(_is_same(members[name].item_vectors(), each.own) for name, each in self.vectors.items())
        )


def _is_same(found: ItemVectors | None, own: ItemVectors) -> bool:
    return found is not None and found.factors is own.factors and found.bias is own.bias


def _scale(vectors: Vectors) -> np.float32:
    """Return what gives the vectors a total variance of one."""
    total = float(vectors.covariance.trace())
    return np.float32(1 / np.sqrt(total)) if total > 0 else np.float32(1)


def _by_member(
    vectors: Mapping[str, Vectors], scales: Mapping[str, np.float32], axes: FloatMatrix
) -> dict[str, FloatMatrix]:
    """Return the rows of `axes` for the vectors of each member, not scaled."""
    ends = np.cumsum([0, *(len(each.centre) for each in vectors.values())])
    return {
        name: np.ascontiguousarray(axes[start:end] / scales[name])
        for name, start, end in zip(vectors, ends[:-1], ends[1:], strict=True)
    }


def _beside(
    vectors: Mapping[str, Vectors], scales: Mapping[str, np.float32], items: IntVector
) -> FloatMatrix:
    """Return the centred and scaled vectors of `items` side by side [n, sum of d]."""
    parts: list[FloatMatrix] = [np.zeros((len(items), 0), dtype=np.float32)]
    for name, each in vectors.items():
        rows = (each.rows(items) - each.centre.astype(np.float32)) * scales[name]
        rows[~each.able[items]] = 0
        parts.append(rows)
    return np.concatenate(parts, axis=1)
