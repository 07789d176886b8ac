"""Weights that move with the length of the history, where that surely helps."""

from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.fusion.candidates import Candidates, Weights
from sensorium.fusion.weights import SURENESS, dealt, lead, searched_from, searched_weights

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


def learn_by_history(data: Candidates, weights: Weights, *, seed: int = 0) -> HistoryWeights | None:
    """Return weights by the length of the history; None unless they surely beat `weights` for all.

    They are learnt on two thirds of the people and judged on the rest, in turn: the mean gain in NDCG@20
    must exceed `SURENESS` standard errors.
    """
    ends = _ends(data)
    if ends is None:
        return None
    fold = dealt(data, 3, seed)
    plain, moving = np.zeros(len(data)), np.zeros(len(data))
    for part in np.unique(fold):
        learning, judging = data.rows(fold != part), data.rows(fold == part)
        common = searched_weights(learning)
        found = weights_by_history(learning, common)
        plain[fold == part] = judging.ndcg(judging.fused(common))
        moving[fold == part] = judging.ndcg(judging.fused(found.at(judging.lengths)))
    return weights_by_history(data, weights) if lead(moving, plain) > SURENESS else None


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
