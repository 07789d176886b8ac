"""Weights that move with the length of the history, where that surely helps."""

from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.fusion.candidates import Candidates, Weights
from sensorium.fusion.weights import SURENESS, LearntWeights, dealt, lead, searched_from, some_of

FEWEST_QUERIES = 100
"""With fewer, weights are the same for all."""
ENDS = (0.2, 0.8)
"""Quantiles of the lengths between which weights move."""
LEAST_RATIO = 2.0
"""How many times the long histories must be as long as the short ones."""
TRUST = 0.5
"""How far the weights of one half of the queries go from those of all to their own."""


@dataclass(frozen=True)
class HistoryWeights:
    """Weights at two lengths of the history; between them, linear in the logarithm."""

    lengths: tuple[float, float]
    table: Weights
    """[n_sources, 2]."""

    def at(self, lengths: FloatVector) -> Weights:
        """Return the weights of queries with histories of `lengths` [n_queries]: [n_sources, n_queries]."""
        asked, knots = np.log(np.maximum(lengths, 1)), np.log(self.lengths)
        return np.stack([np.interp(asked, knots, row) for row in self.table])


def learn_by_history(data: Candidates, learnt: LearntWeights, *, seed: int = 0) -> HistoryWeights | None:
    """Return weights by the length of the history; None unless they surely beat those `learnt` for all.

    They are learnt on two thirds of the people and judged on the rest, in turn: the mean gain in NDCG@20
    must exceed `SURENESS` standard errors.
    """
    if _ends(data) is None or not learnt.on_folds:
        return None
    fold = dealt(data, len(learnt.on_folds), seed)
    plain, moving = np.zeros(len(data)), np.zeros(len(data))
    for part, searched in zip(np.unique(fold), learnt.on_folds, strict=True):
        common = np.asarray(searched)
        judging = data.rows(fold == part)
        found = weights_by_history(some_of(data, fold != part, seed), common)
        plain[fold == part] = judging.ndcg(judging.fused(common))
        moving[fold == part] = judging.ndcg(judging.fused(found.at(judging.lengths)))
    if lead(moving, plain) <= SURENESS:
        return None
    return weights_by_history(data, np.asarray([learnt.weights[name] for name in data.names]))


def weights_by_history(data: Candidates, common: Weights) -> HistoryWeights:
    """Return weights for short and long histories, each half way between `common` and what suits it best."""
    middle = np.median(data.lengths)
    halves = data.rows(data.lengths <= middle), data.rows(data.lengths > middle)
    own = [searched_from(common, half) if len(half) else common for half in halves]
    table = np.stack([(1 - TRUST) * common + TRUST * weights for weights in own], axis=1)
    return HistoryWeights(_ends(data) or (1.0, 2.0), table)


def _ends(data: Candidates) -> tuple[float, float] | None:
    if len(data) < FEWEST_QUERIES:
        return None
    short, long = (max(float(np.quantile(data.lengths, end)), 1.0) for end in ENDS)
    return (short, long) if long >= LEAST_RATIO * short else None
