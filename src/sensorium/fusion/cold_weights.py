"""Weights for items of which content alone can speak, and their place beside others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, IntVector
from sensorium.fusion.cold_start_simulation import ColdStartScores
from sensorium.fusion.validation_scores import ValidationScores, Weights
from sensorium.fusion.weights import CLEARLY, SURENESS, lead, learn_weights

SCALES = (1.0, 2.0, 1.4, 0.7, 0.5, 0.35, 0.2, 0.1)
OFFSETS = (0.0, -1.0, -0.5, -0.25, 0.25, 0.5)
LIKE_WARM = (0.0, 0.5, 1.0)
"""Shares of the cold weights that are the weights of warm items: they hold scores of both side by side."""
HALF_WARM_EVENTS = (0.3, 1.0, 3.0)
LEAST_HARM = 0.005
"""The share of NDCG@20 that items without events may cost when they come up among the others."""
LEAST_SHARE = 0.05
"""What all content sources together keep of the cold weights, in equal parts: whichever content a cold item
has, something can speak for it. Where a better source can score, so little is hardly heard."""


@dataclass(frozen=True)
class ColdWeights:
    """How cold items are scored, and how they warm up."""

    weights: Mapping[str, float]
    """Content source -> weight > 0; they sum to one."""
    scale: float = 1.0
    """What the weighted mean of z-scores is multiplied with."""
    offset: float = 0.0
    """What is then added."""
    like_warm: float = 0.0
    """The share of the weights that are those of warm items."""
    half_warm_events: float = 0.0
    """With so many events, an item is scored half as a cold one; 0: any event makes it warm."""
    method: str | None = None
    """How the weights that rank cold items among themselves were learnt."""

    def beside(self, warm: FloatMatrix, scores: ValidationScores) -> FloatMatrix:
        """Return the fused scores `warm` [n_queries, n_candidates] with those of cold items in their place.

        Items that are warm in part count as warm.
        """
        if not self.weights:
            return warm
        content = scores.only(list(self.weights)).fused(np.asarray(list(self.weights.values())))
        cold = content * np.float32(self.scale) + np.float32(self.offset)
        return np.where(np.isfinite(warm), warm, cold)


@dataclass(frozen=True)
class Lesson:
    """What cold weights are learnt from."""

    scores: ValidationScores
    """The cached scores of validation queries."""
    weights: Weights
    """[n_sources]: the weights of items that are not cold."""
    hidden: ColdStartScores | None
    """Scores where some items have no events; without, content is weighed on all items."""
    n_events: IntVector | None
    """[n_items]: events of each item; without, any event makes an item warm."""


@dataclass(frozen=True)
class Place:
    """How cold items stand beside the others; see `ColdWeights`."""

    scale: float = 1.0
    offset: float = 0.0
    like_warm: float = 0.0


def learn_cold(lesson: Lesson, *, seed: int = 0, like: ColdWeights | None = None) -> ColdWeights:
    """Return weights that rank hidden items best among themselves, and their best place among the others.

    The place is tuned for NDCG@20 of validation queries over all items, the hidden among them. The number of
    events that makes an item half warm must clearly beat that any does. The method and the place are those
    of `like` if given.
    """
    names = [
        name
        for name, is_content in zip(lesson.scores.names, lesson.scores.is_content, strict=True)
        if is_content
    ]
    if not names:
        return ColdWeights({})
    seen = lesson.scores.only(names) if lesson.hidden is None else lesson.hidden.alone.only(names)
    method = "softmax" if lesson.hidden is None else None if like is None else like.method
    learnt = learn_weights(seen, seed=seed, method=method)
    alone = np.asarray([learnt.weights[name] for name in names])
    place = _placed(lesson, names, alone) if like is None else Place(like.scale, like.offset, like.like_warm)
    weights = _mixed(lesson, names, alone, place.like_warm)
    half = _half_warm_events(lesson, names, weights, place)
    named = dict(zip(names, weights.tolist(), strict=True))
    return ColdWeights(named, place.scale, place.offset, place.like_warm, half, learnt.method)


def _mixed(lesson: Lesson, names: Sequence[str], alone: Weights, like_warm: float) -> Weights:
    """Return cold weights: `alone`, to the share `like_warm` those of warm items, and the least of each."""
    warm = lesson.weights[[lesson.scores.names.index(name) for name in names]]
    share = like_warm if warm.any() else 0.0
    mixed = (1 - share) * alone + share * warm / max(warm.sum(), 1e-30)
    return (1 - LEAST_SHARE) * mixed + LEAST_SHARE / len(names)


def _placed(lesson: Lesson, names: Sequence[str], alone: Weights) -> Place:
    """Return the place that is best where hidden items are many, and harms nowhere else.

    That is, of those that are not surely worse than the best on what validation holds, and that cost at most
    `LEAST_HARM` of it where items that nobody uses yet are ranked too; the first of equals.
    """
    scores, hidden = lesson.scores, lesson.hidden
    if list(names) == list(scores.names):
        return Place()
    as_it_is = _by_place(scores, lesson, names, alone)
    among = None if hidden is None else hidden.among
    found = as_it_is if among is None else _by_place(among, lesson, names, alone)
    n_natural = len(scores) if hidden is None or among is None else hidden.n_natural
    best = max(found.values(), key=lambda ndcg: float(ndcg[:n_natural].mean()))
    enough = (1 - LEAST_HARM) * max(float(ndcg.mean()) for ndcg in as_it_is.values())
    harmless = {
        place: ndcg
        for place, ndcg in found.items()
        if lead(best[:n_natural], ndcg[:n_natural]) <= SURENESS and float(as_it_is[place].mean()) >= enough
    }
    if not harmless:
        return max(as_it_is, key=lambda place: float(as_it_is[place].mean()))
    return max(harmless, key=lambda place: float(harmless[place][-n_natural:].mean()))


def _by_place(
    scores: ValidationScores, lesson: Lesson, names: Sequence[str], alone: Weights
) -> dict[Place, NDArray[np.float64]]:
    """Return NDCG@20 of each query of `scores` under each place of the items that content alone can score."""
    warm, content = scores.warm().fused(lesson.weights), scores.only(names)
    is_cold = ~np.isfinite(warm)
    found: dict[Place, NDArray[np.float64]] = {}
    for like_warm in LIKE_WARM:
        told = content.fused(_mixed(lesson, names, alone, like_warm))
        for scale, offset in product(SCALES, OFFSETS):
            cold = told * np.float32(scale) + np.float32(offset)
            found[Place(scale, offset, like_warm)] = scores.ndcg(np.where(is_cold, cold, warm))
    return found


def _half_warm_events(lesson: Lesson, names: Sequence[str], cold: Weights, place: Place) -> float:
    """Return how many events make an item half warm: the best that clearly beats none at all, else 0."""
    scores = lesson.scores
    if lesson.n_events is None or list(names) == list(scores.names):
        return 0.0
    warm = scores.warm().fused(lesson.weights)
    alone = scores.only(names).fused(cold) * np.float32(place.scale) + np.float32(place.offset)
    counts = lesson.n_events[scores.items]
    plain = scores.ndcg(_between(warm, alone, np.zeros_like(warm)))
    reached = {
        half: scores.ndcg(_between(warm, alone, (half / (counts + half)).astype(np.float32)))
        for half in HALF_WARM_EVENTS
    }
    best = max(reached, key=lambda half: float(reached[half].mean()))
    return best if lead(reached[best], plain) > CLEARLY else 0.0


def _between(warm: FloatMatrix, cold: FloatMatrix, share: FloatMatrix) -> FloatMatrix:
    """Return the scores of which `share` is cold; where only one of the two can score, that one."""
    both = np.isfinite(warm) & np.isfinite(cold)
    mixed = np.where(both, warm, 0) * (1 - share) + np.where(both, cold, 0) * share
    return np.where(both, mixed, np.where(np.isfinite(warm), warm, cold))
