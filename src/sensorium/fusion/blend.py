"""The arithmetic of late fusion: weighted z-scores, renormalised over the sources that can score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.fusion.standard import Standardised
from sensorium.models.base import Recommender

Kind = Literal["behaviour", "content", "popularity"]
"""What a source reads: the events behind a history, the content of its items, or no history at all."""

PATHS = ("none", "popularity", "content", "fusion")
"""How a score came about, by code: from nothing, popularity, content without behaviour, or with it."""


def kind_of(model: Recommender[Any]) -> Kind:
    """Return what a model reads: behaviour, content or, needing no history, popularity."""
    if not model.traits.needs_history:
        return "popularity"
    return "content" if model.traits.cold_items else "behaviour"


@dataclass(frozen=True)
class Source:
    """One member's z-scores, and how much they count."""

    name: str
    kind: Kind
    weight: float
    cold_weight: float
    """Its weight where content alone can score; zero unless it is content."""
    scores: Standardised

    def can(self) -> "NDArray[np.bool_] | np.bool_":
        """Return where the source can score [n_queries, n_items], or one True for everywhere."""
        return np.True_ if self.scores.can is None else self.scores.can


@dataclass(frozen=True)
class Blend:
    """Fused scores of a block of queries."""

    scores: FloatMatrix
    """[n_queries, n_items] float32, never NaN."""
    paths: NDArray[np.int8]
    """[n_queries, n_items]: codes into `PATHS`."""
    factors: FloatMatrix
    """[n_queries, n_items]: what each used weight is multiplied with; zero where no source can score."""
    cold: "NDArray[np.bool_]"
    """[n_queries, n_items]: where the cold weights count."""


def blend(sources: Sequence[Source], fallback: Standardised, *, cold_scale: float = 1.0) -> Blend:
    """Return the weighted sum of the sources, renormalised over those that can score.

    Where behaviour or popularity with a weight above zero can score, the weights count, elsewhere the
    cold weights, times `cold_scale`. If only content has weight, the weights count wherever it can score.
    Items that no source can score stand below all others, in the order of `fallback`.
    """
    shape = fallback.values.shape
    total = sum(source.weight for source in sources) or 1.0
    used = [source for source in sources if source.weight > 0]
    warm = np.zeros(shape, dtype=np.bool_)
    for source in [source for source in used if source.kind != "content"] or used:
        warm |= source.can()
    numerator, denominator = _summed(sources, [source.weight for source in sources], shape)
    scale = np.float32(total)
    if not warm.all():
        cold = _summed(sources, [source.cold_weight for source in sources], shape)
        numerator, denominator = np.where(warm, numerator, cold[0]), np.where(warm, denominator, cold[1])
        scale = np.where(warm, scale, np.float32(total * cold_scale))
    factors = np.zeros(shape, dtype=np.float32)
    np.divide(scale, denominator, out=factors, where=denominator > 0)
    scores = numerator * factors
    if not (denominator > 0).all():
        _fill(scores, denominator > 0, fallback)
    return Blend(scores, _paths(sources, warm, fallback), factors, ~warm)


def _summed(
    sources: Sequence[Source], weights: Sequence[float], shape: tuple[int, ...]
) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the weighted sum of z-scores and the sum of the weights that can score."""
    numerator = np.zeros(shape, dtype=np.float32)
    denominator = np.zeros(shape, dtype=np.float32)
    for source, weight in zip(sources, weights, strict=True):
        if weight > 0:
            numerator += np.float32(weight) * source.scores.values
            denominator += np.float32(weight) * source.can()
    return numerator, denominator


def _fill(scores: FloatMatrix, scored: "NDArray[np.bool_]", fallback: Standardised) -> None:
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


def _paths(
    sources: Sequence[Source], warm: "NDArray[np.bool_]", fallback: Standardised
) -> "NDArray[np.int8]":
    codes = np.zeros(warm.shape, dtype=np.int8)
    codes[...] = np.int8(1) if fallback.can is None else fallback.can
    for source in sources:
        if source.kind == "popularity" and source.weight > 0:
            np.maximum(codes, np.int8(1) * source.can(), out=codes)
        elif source.kind == "content":
            used = source.can() & np.where(warm, source.weight > 0, source.cold_weight > 0)
            np.maximum(codes, np.int8(2) * used, out=codes)
    for source in sources:
        if source.kind == "behaviour" and source.weight > 0:
            np.maximum(codes, np.int8(3) * source.can(), out=codes)
    return codes


def shares(sources: Sequence[Source], blended: Blend, row: int) -> FloatMatrix:
    """Return what each source's z-score is multiplied with for the query `row` [n_sources, n_items]."""
    table = np.zeros((len(sources), blended.scores.shape[1]), dtype=np.float32)
    for position, source in enumerate(sources):
        can: BoolVector | np.bool_ = np.True_ if source.scores.can is None else source.scores.can[row]
        weight = np.where(blended.cold[row], source.cold_weight, source.weight)
        table[position] = weight * blended.factors[row] * can
    return table
