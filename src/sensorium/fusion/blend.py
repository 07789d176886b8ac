"""The arithmetic of late fusion: weighted z-scores, renormalised over the sources that can score."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.fusion.reordered import Reordered
from sensorium.fusion.zscore import ZScores
from sensorium.models.base import Kind

BoolMatrix: TypeAlias = NDArray[np.bool_]
Columns: TypeAlias = "slice | IntVector"

PATHS = ("none", "popularity", "profile", "content", "fusion")
"""How a score came about, by code: from nothing, popularity, what is known of who asks, content without
behaviour, or with it."""


@dataclass(frozen=True)
class Source:
    """One member's z-scores, and how much they count."""

    name: str
    kind: Kind
    weight: FloatVector
    """[n_queries] or [1] float32: its weight for each query, or for all."""
    cold_weight: float
    """Its weight where content alone can score; zero unless it is content."""
    scores: ZScores
    factor: FloatVector | None = None
    """[n_items] float32 > 0: what its weight is multiplied with for each item; None: one."""

    def weights(self) -> FloatMatrix:
        """Return how much it counts: [n_queries] or [1], by [n_items] or [1]."""
        each = self.weight[:, None]
        return each if self.factor is None else each * self.factor

    def can(self) -> BoolMatrix:
        """Return where the source can score: [n_queries] or [1], by [n_items] or [1]."""
        return np.ones((1, 1), dtype=np.bool_) if self.scores.can is None else self.scores.can


@dataclass(frozen=True)
class ColdRule:
    """How the scores of items of which content alone can speak stand beside those of others."""

    scale: float = 1.0
    """What they are multiplied with."""
    offset: float = 0.0
    """What is then added."""
    share: FloatVector | None = None
    """[n_items] float32: how far an item with events is still treated as a cold one; None: none is."""


@dataclass(frozen=True)
class Blend:
    """Fused scores of a block of queries."""

    scores: FloatMatrix
    """[n_queries, n_items] float32, never NaN."""
    factors: FloatMatrix
    """[n_queries, n_items]: what each used weight is multiplied with; zero where only cold weights count."""
    cold_factors: FloatMatrix | None
    """[n_queries, n_items]: what each cold weight is multiplied with; None: cold weights count nowhere."""
    shift: FloatMatrix | None
    """[n_queries, n_items]: what is added to the weighted sums; None: nothing."""
    scored: BoolMatrix
    """[n_queries, n_items]: where some source can score."""
    warm: BoolMatrix = field(repr=False)
    """[n_queries, n_items]: where behaviour or popularity can score, so that the weights count."""
    sources: Sequence[Source] = field(repr=False)
    fallback: ZScores = field(repr=False)
    reordered: Reordered | None = None
    """What a second level has changed in the scores; None: nothing."""

    @cached_property
    def paths(self) -> NDArray[np.int8]:
        """How each score came about [n_queries, n_items]: codes into `PATHS`."""
        codes = np.zeros(self.scores.shape, dtype=np.int8)
        codes[...] = np.int8(1) if self.fallback.can is None else self.fallback.can
        for source in self.sources:
            used = source.can() & (source.weight > 0)[:, None]
            if source.kind == "content":
                used = source.can() & np.where(self.warm, source.weight.any(), source.cold_weight > 0)
            path = "fusion" if source.kind == "behaviour" else source.kind
            np.maximum(codes, np.int8(PATHS.index(path)) * used, out=codes)
        return codes


def blend(sources: Sequence[Source], fallback: ZScores, cold: ColdRule | None = None) -> Blend:
    """Return the weighted sum of the sources, renormalised over those that can score.

    Where behaviour or popularity with a weight above zero can score, the weights count, elsewhere the
    cold weights, in the way of `cold`. If only content has weight, the weights count wherever it can score.
    Factors divide what the weights sum to anew among the sources, item by item; cold weights have none.
    An item that is cold in part gets that part of either score. Items that no source can score stand below
    all others, in the order of `fallback`.
    """
    cold, n_items = cold or ColdRule(), fallback.values.shape[1]
    total, warm = _total(sources, len(fallback.values)), _warm(sources)
    scores, denominator = _summed(sources, [source.weights() for source in sources], fallback.values.shape)
    factors, scored, cold_factors, shift = _ratio(total, denominator), denominator > 0, None, None
    if cold.share is not None or not warm.all():
        alike = cold.share is None and len(warm) == 1  # of the items that are warm nothing changes then
        columns: Columns = np.flatnonzero(~np.broadcast_to(warm, (1, n_items))[0]) if alike else slice(None)
        by_content = _by_content(sources, cold, total, warm, fallback.values.shape, columns)
        less = _at(factors, columns) * (1 - by_content.share)
        told = _single(scores[:, columns] * less + by_content.scores + by_content.shift)
        if alike:
            scores *= factors
        scores[:, columns] = told
        factors = _with_columns(factors, columns, less, n_items)
        cold_factors = _with_columns(_NONE, columns, by_content.factors, n_items)
        shift = _with_columns(_NONE, columns, by_content.shift, n_items)
        heard = np.where(_at(warm, columns), _at(scored, columns), by_content.can)
        scored = _with_columns(scored, columns, heard, n_items)
    elif (factors != 1).any():
        scores *= factors
    if not scored.all():
        _fill(scores, scored, fallback)

    def whole(matrix: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(matrix, scores.shape)

    return Blend(
        scores,
        whole(factors),
        None if cold_factors is None else whole(cold_factors),
        None if shift is None else whole(shift),
        whole(scored),
        whole(warm),
        sources,
        fallback,
    )


_NONE: FloatMatrix = np.zeros((1, 1), dtype=np.float32)


@dataclass(frozen=True)
class _ByContent:
    """What content alone says of some items: each [n_queries or 1, n_columns or 1]."""

    scores: FloatMatrix
    factors: FloatMatrix
    shift: FloatMatrix
    share: FloatMatrix
    """How much of an item's score this is."""
    can: BoolMatrix


def _by_content(
    sources: Sequence[Source],
    cold: ColdRule,
    total: FloatMatrix,
    warm: BoolMatrix,
    shape: tuple[int, ...],
    columns: Columns,
) -> _ByContent:
    """Return what is said under the cold weights of the items `columns`."""
    weights = [np.full((1, 1), source.cold_weight, dtype=np.float32) for source in sources]
    told, denominator = _summed(sources, weights, shape, columns)
    can = denominator > 0
    part = np.float32(0) if cold.share is None else cold.share[columns] * can
    share = _single(np.where(_at(warm, columns), part, np.float32(1)))
    shift = _single(total * np.float32(cold.offset) * share * can)
    factors = _ratio(total * np.float32(cold.scale) * share, denominator)
    return _ByContent(told * factors, factors, shift, share, can)


def _total(sources: Sequence[Source], n_queries: int) -> FloatMatrix:
    """Return the sum of all weights [n_queries or 1, 1]; one where it is zero."""
    total = np.sum([np.broadcast_to(source.weight, n_queries) for source in sources], axis=0)[:, None]
    alike = all(len(source.weight) == 1 for source in sources)
    return np.where(total > 0, total, np.float32(1))[: 1 if alike else None]


def _warm(sources: Sequence[Source]) -> BoolMatrix:
    """Return where the weights count: where behaviour or popularity with any can score."""
    used = [source for source in sources if source.weight.any()]
    warm: BoolMatrix = np.zeros((1, 1), dtype=np.bool_)
    for source in [source for source in used if source.kind != "content"] or used:
        warm = warm | source.can()
    return warm


def _single(values: NDArray[Any]) -> FloatMatrix:
    return values.astype(np.float32, copy=False)


def _at(matrix: NDArray[Any], columns: Columns) -> NDArray[Any]:
    """Return the `columns` of a matrix that may hold one column for all."""
    return matrix if matrix.shape[1] == 1 else matrix[:, columns]


def _with_columns(matrix: NDArray[Any], columns: Columns, values: NDArray[Any], n_items: int) -> NDArray[Any]:
    """Return `matrix` with `values` in its `columns`; both may hold one row or column for all."""
    changed = np.array(np.broadcast_to(matrix, (max(len(matrix), len(values)), n_items)))
    changed[:, columns] = values
    return changed


def _ratio(above: FloatMatrix, below: FloatMatrix) -> FloatMatrix:
    """Return `above / below`, zero where `below` is."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.zeros(shape, dtype=np.float32), where=below > 0)


def _summed(
    sources: Sequence[Source],
    weights: Sequence[FloatMatrix],
    shape: tuple[int, ...],
    columns: Columns = slice(None),
) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the weighted sum of z-scores, and [n_queries or 1, n_items or 1] the weights that can score."""
    numerator, denominator = None, _NONE
    for source, weight in zip(sources, weights, strict=True):
        if weight.any():
            told = _at(weight, columns) * source.scores.values[:, columns]
            numerator = told if numerator is None else np.add(numerator, told, out=numerator)
            denominator = denominator + _at(weight, columns) * _at(source.can(), columns)
    if numerator is None:
        numerator = np.zeros(shape, dtype=np.float32)[:, columns]
    return numerator, denominator


def _fill(scores: FloatMatrix, scored: BoolMatrix, fallback: ZScores) -> None:
    """Put what nothing can score below everything else: first in the order of `fallback`, then the rest."""
    everywhere = np.broadcast_to(scored.all(axis=0), scores.shape[1])
    columns = np.flatnonzero(~everywhere)
    here = np.broadcast_to(_at(scored, columns), (len(scores), len(columns)))
    by_fallback = fallback.values[:, columns]
    can = ~here if fallback.can is None else fallback.can[:, columns] & ~here
    own = scores[:, columns]
    scores[:, columns] = np.where(here, own, np.inf)
    lowest = scores.min(axis=1, initial=np.inf)
    highest = np.where(can, by_fallback, -np.inf).max(axis=1, initial=-np.inf)
    shift = np.where(np.isfinite(lowest) & np.isfinite(highest), lowest - 1 - highest, 0.0)
    shift = np.where(np.isfinite(shift), shift, 0.0).astype(np.float32)
    np.copyto(own, by_fallback + shift[:, None], where=can)
    rest = ~(here | can)
    if rest.any():
        floor = np.minimum(lowest, np.where(rest, np.inf, own).min(axis=1, initial=np.inf))
        floor = np.where(np.isfinite(floor), floor - 1, 0.0).astype(np.float32)
        np.copyto(own, np.broadcast_to(floor[:, None], own.shape), where=rest)
    scores[:, columns] = own


def shares(sources: Sequence[Source], blended: Blend, row: int) -> FloatMatrix:
    """Return what each source's z-score is multiplied with for the query `row` [n_sources, n_items]."""
    table = np.zeros((len(sources), blended.scores.shape[1]), dtype=np.float32)
    for position, source in enumerate(sources):
        can = source.can()[row if len(source.can()) > 1 else 0]
        weight = source.weight[row if len(source.weight) > 1 else 0]
        table[position] = weight * blended.factors[row] * can
        if source.factor is not None:
            table[position] *= source.factor
        if blended.cold_factors is not None:
            table[position] += source.cold_weight * blended.cold_factors[row] * can
    return table
