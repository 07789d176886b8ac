"""Weights that move with the length of the history, where that surely helps."""

from dataclasses import dataclass, replace

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.linalg import log_interpolate
from sensorium.fusion.conditional_weights import Fold, ends, lead_on_folds
from sensorium.fusion.validation_scores import ValidationScores, Weights
from sensorium.fusion.weights import SURENESS, LearntWeights, searched_from, some_of

ENDS = (0.2, 0.8)
"""Quantiles of the lengths between which weights move."""
TRUST = 0.5
"""How far the weights of one half of the queries go from those of all to their own."""


@dataclass(frozen=True)
class HistoryWeights:
    """Weights at two lengths of the history; between them, linear in the logarithm."""

    lengths: tuple[float, float]
    table: Weights
    """[n_sources, 2]."""
    on_folds: "tuple[HistoryWeights, ...]" = ()
    """What was found on all folds of `dealt` but one; empty without a contest."""

    def at(self, lengths: FloatVector) -> Weights:
        """Return the weights of queries with histories of `lengths` [n_queries]: [n_sources, n_queries]."""
        return np.stack([log_interpolate(lengths, self.lengths, row) for row in self.table])


def learn_by_history(
    data: ValidationScores, learnt: LearntWeights, *, seed: int = 0
) -> HistoryWeights | None:
    """Return weights by the length of the history; None unless they surely beat those `learnt` for all.

    They are learnt on two thirds of the people and judged on the rest, in turn: the mean gain in NDCG@20
    must exceed `SURENESS` standard errors.
    """
    if _ends(data) is None or not learnt.on_folds:
        return None
    on_folds: list[HistoryWeights] = []

    def told(fold: Fold) -> tuple[FloatMatrix, FloatMatrix]:
        everybody = np.ones(len(fold.learning), dtype=np.bool_)
        found = weights_by_history(some_of(fold.learning, everybody, seed), fold.common)
        on_folds.append(found)
        judging = fold.judging
        return judging.fused(found.at(judging.lengths)), judging.fused(fold.common)

    if lead_on_folds(data, learnt, told, seed=seed) <= SURENESS:
        return None
    found = weights_by_history(data, np.asarray([learnt.weights[name] for name in data.names]))
    return replace(found, on_folds=tuple(on_folds))


def weights_by_history(data: ValidationScores, common: Weights) -> HistoryWeights:
    """Return weights for short and long histories, each half way between `common` and what suits it best."""
    middle = np.median(data.lengths)
    halves = data.rows(data.lengths <= middle), data.rows(data.lengths > middle)
    own = [searched_from(common, half) if len(half) else common for half in halves]
    table = np.stack([(1 - TRUST) * common + TRUST * weights for weights in own], axis=1)
    return HistoryWeights(_ends(data) or (1.0, 2.0), table)


def _ends(data: ValidationScores) -> tuple[float, float] | None:
    return ends(data, data.lengths, ENDS, 1.0)
