"""What weights that move have in common: between which ends, how in between, and whether it helps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix
from sensorium.fusion.validation_scores import ValidationScores, Weights
from sensorium.fusion.weights import LearntWeights, dealt, lead

FEWEST_QUERIES = 100
"""With fewer, weights are the same for all."""
LEAST_RATIO = 2.0
"""How many times the upper end must be as large as the lower one."""


def ends(
    data: ValidationScores, values: NDArray[np.float32], quantiles: tuple[float, float], least: float
) -> tuple[float, float] | None:
    """Return the two `quantiles` of `values`, which count as `least` at least; None: nothing can move."""
    if len(data) < FEWEST_QUERIES:
        return None
    low, high = (max(float(np.quantile(values, quantile)), least) for quantile in quantiles)
    return (low, high) if high >= LEAST_RATIO * low else None


@dataclass(frozen=True)
class Fold:
    """Queries to judge on, and the others, to learn from."""

    number: int
    common: Weights
    """[n_sources]: the weights that the method found on the others."""
    learning: ValidationScores
    judging: ValidationScores


def lead_on_folds(
    data: ValidationScores,
    learnt: LearntWeights,
    told: Callable[[Fold], tuple[FloatMatrix, FloatMatrix]],
    *,
    seed: int,
) -> float:
    """Return by how many standard errors what moves is ahead, in NDCG@20 on queries it was not learnt on.

    `told` returns the fused scores of the queries to judge on, with what moves and without.
    """
    dealt_to = dealt(data, len(learnt.on_folds), seed)
    moving, plain = np.zeros(len(data)), np.zeros(len(data))
    for number, (part, common) in enumerate(zip(np.unique(dealt_to), learnt.on_folds, strict=True)):
        judged = dealt_to == part
        fold = Fold(number, np.asarray(common), data.rows(~judged), data.rows(judged))
        moving[judged], plain[judged] = map(fold.judging.ndcg, told(fold))
    return lead(moving, plain)
