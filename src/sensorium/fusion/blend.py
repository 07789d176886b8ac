"""The arithmetic of late fusion: weighted z-scores, renormalised over the sources that can score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector
from sensorium.fusion.zscore import ZScores
from sensorium.models.base import Kind

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

    def can(self) -> "NDArray[np.bool_] | np.bool_":
        """Return where the source can score [n_queries, n_items], or one True for everywhere."""
        return np.True_ if self.scores.can is None else self.scores.can


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
    paths: NDArray[np.int8]
    """[n_queries, n_items]: codes into `PATHS`."""
    factors: FloatMatrix
    """[n_queries, n_items]: what each used weight is multiplied with; zero where only cold weights count."""
    cold_factors: FloatMatrix | None
    """[n_queries, n_items]: what each cold weight is multiplied with; None: cold weights count nowhere."""
    shift: FloatMatrix | None
    """[n_queries, n_items]: what is added to the weighted sums; None: nothing."""
    scored: "NDArray[np.bool_] | np.bool_"
    """[n_queries, n_items]: where some source can score; one True for everywhere."""


def blend(sources: Sequence[Source], fallback: ZScores, cold: ColdRule | None = None) -> Blend:
    """Return the weighted sum of the sources, renormalised over those that can score.

    Where behaviour or popularity with a weight above zero can score, the weights count, elsewhere the
    cold weights, in the way of `cold`. If only content has weight, the weights count wherever it can score.
    Factors divide what the weights sum to anew among the sources, item by item; cold weights have none.
    An item that is cold in part gets that part of either score. Items that no source can score stand below
    all others, in the order of `fallback`.
    """
    cold, shape = cold or ColdRule(), fallback.values.shape
    total = np.sum([np.broadcast_to(source.weight, shape[0]) for source in sources], axis=0)[:, None]
    total = np.where(total > 0, total, 1).astype(np.float32)
    used = [source for source in sources if source.weight.any()]
    warm = np.zeros(shape, dtype=np.bool_)
    for source in [source for source in used if source.kind != "content"] or used:
        warm |= source.can()
    scores, denominator = _summed(sources, (source.weights() for source in sources), shape)
    factors = np.zeros(shape, dtype=np.float32)
    np.divide(total, denominator, out=factors, where=denominator > 0)
    scored, cold_factors, shift = denominator > 0, None, None
    if cold.share is not None or not warm.all():
        told, total_cold = _summed(sources, (np.float32(source.cold_weight) for source in sources), shape)
        some = total_cold > 0
        part = np.float32(0) if cold.share is None else cold.share * some
        share = _single(np.where(warm, part, np.float32(1)))
        factors *= 1 - share
        shift = _single(total * np.float32(cold.offset) * share * some)
        cold_factors = np.zeros(shape, dtype=np.float32)
        np.divide(total * np.float32(cold.scale) * share, total_cold, out=cold_factors, where=some)
        scores = _single(scores * factors + told * cold_factors + shift)
        scored = np.where(warm, scored, some)
    else:
        scores *= factors
    if not scored.all():
        _fill(scores, scored, fallback)
    return Blend(scores, _paths(sources, warm, fallback), factors, cold_factors, shift, scored)


def _single(values: NDArray[Any]) -> FloatMatrix:
    return values.astype(np.float32, copy=False)


def _summed(
    sources: Sequence[Source], weights: Iterable["FloatMatrix | np.float32"], shape: tuple[int, ...]
) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the weighted sum of z-scores and the sum of the weights that can score."""
    numerator = np.zeros(shape, dtype=np.float32)
    denominator = np.zeros(shape, dtype=np.float32)
    for source, weight in zip(sources, weights, strict=True):
        if weight.any():
            numerator += weight * source.scores.values
            denominator += weight * source.can()
    return numerator, denominator


def _fill(scores: FloatMatrix, scored: "NDArray[np.bool_]", fallback: ZScores) -> None:
    """Put what nothing can score below everything else: first in the order of `fallback`, then the rest."""
    can = ~scored if fallback.can is None else fallback.can & ~scored
    some = scored.any(axis=1)
    lowest = np.where(scored, scores, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(can, fallback.values, -np.inf).max(axis=1, initial=-np.inf)
    shift = np.where(some & np.isfinite(highest), lowest - 1 - highest, 0.0)
    shift = np.where(np.isfinite(shift), shift, 0.0).astype(np.float32)
    np.copyto(scores, fallback.values + shift[:, None], where=can)
    rest = ~(scored | can)
    if rest.any():
        floor = np.where(rest, np.inf, scores).min(axis=1, initial=np.inf)
        floor = np.where(np.isfinite(floor), floor - 1, 0.0).astype(np.float32)
        np.copyto(scores, np.broadcast_to(floor[:, None], scores.shape), where=rest)


def _paths(sources: Sequence[Source], warm: "NDArray[np.bool_]", fallback: ZScores) -> "NDArray[np.int8]":
    codes = np.zeros(warm.shape, dtype=np.int8)
    codes[...] = np.int8(1) if fallback.can is None else fallback.can
    for source in sources:
        used = source.can() & (source.weight > 0)[:, None]
        if source.kind == "content":
            used = source.can() & np.where(warm, source.weight.any(), source.cold_weight > 0)
        path = "fusion" if source.kind == "behaviour" else source.kind
        np.maximum(codes, np.int8(PATHS.index(path)) * used, out=codes)
    return codes


def shares(sources: Sequence[Source], blended: Blend, row: int) -> FloatMatrix:
    """Return what each source's z-score is multiplied with for the query `row` [n_sources, n_items]."""
    table = np.zeros((len(sources), blended.scores.shape[1]), dtype=np.float32)
    for position, source in enumerate(sources):
        can: BoolVector | np.bool_ = np.True_ if source.scores.can is None else source.scores.can[row]
        weight = source.weight[row if len(source.weight) > 1 else 0]
        table[position] = weight * blended.factors[row] * can
        if source.factor is not None:
            table[position] *= source.factor
        if blended.cold_factors is not None:
            table[position] += source.cold_weight * blended.cold_factors[row] * can
    return table
