"""Factors on weights that move with the age of the item, where that surely helps."""

from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.linalg import log_interpolate
from sensorium.fusion.conditional_weights import Fold, ends, lead_on_folds
from sensorium.fusion.history_weights import HistoryWeights
from sensorium.fusion.validation_scores import ValidationScores, Weights
from sensorium.fusion.weights import CLEARLY, SURENESS, LearntWeights, lead, some_of

ENDS = (0.1, 0.8)
"""Quantiles of the candidates' ages between which factors move."""
LEAST_AGE = 0.25
"""Days; younger items count as so old."""
TRIED = (0.01, 0.5, 1.0, 2.0)
"""Factors that a source may have at either end."""
MAX_SWEEPS = 2


@dataclass(frozen=True)
class AgeFactors:
    """What each source's weight is multiplied with at two ages; between them, linear in the logarithm."""

    ages: tuple[float, float]
    """Days from an item's first event to the last of all."""
    table: Weights
    """[n_sources, 2] > 0."""

    def fused(self, data: ValidationScores, weights: Weights, ages: FloatVector) -> FloatMatrix:
        """Return the fused scores of `data` [n_queries, n_candidates]; `ages` [n_items] are in days.

        `weights` are [n_sources], or [n_sources, n_queries].
        """
        return data.scored(*self._sums(data, weights, self._place(ages[data.items])))

    def searched(self, data: ValidationScores, weights: Weights, ages: FloatVector) -> "AgeFactors":
        """Return the factors after a search for NDCG@20 that begins at these, one source and end at a time.

        The gain of a move must exceed `SURENESS` standard errors, as in the search for weights.
        """
        place, best = self._place(ages[data.items]), self
        for _ in range(MAX_SWEEPS):
            before, best = best, best._swept(data, weights, place)
            if best is before:
                break
        return best

    def _swept(self, data: ValidationScores, weights: Weights, place: FloatMatrix) -> "AgeFactors":
        """Return the factors after trying others for each source and end; the same object if none won."""
        found, each = self, _by_query(data, weights)
        numerator, total = found._sums(data, weights, place)
        reached = data.ndcg(data.scored(numerator, total))
        for source, end in [(s, end) for s in np.flatnonzero(each.any(axis=1)) for end in (0, 1)]:
            per_unit = each[source][:, None] * (place if end else 1 - place)
            spoken = per_unit * data.values[source]
            heard = per_unit if data.can is None else per_unit * data.can[source]
            start = found.table[source, end]
            trials = {
                factor: data.ndcg(data.scored(numerator + change * spoken, total + change * heard))
                for factor in TRIED
                if (change := np.float32(factor - start))
            }
            factor = max(trials, key=lambda one: float(trials[one].mean()))
            if lead(trials[factor], reached) > SURENESS:
                table = found.table.copy()
                table[source, end], reached = factor, trials[factor]
                found = AgeFactors(self.ages, table)
                numerator, total = found._sums(data, weights, place)
        return found

    def _sums(
        self, data: ValidationScores, weights: Weights, place: FloatMatrix
    ) -> tuple[FloatMatrix, FloatMatrix]:
        """Return what `ValidationScores.sums` does, with these factors: they are linear in `place`."""
        each = _by_query(data, weights)
        young, young_total = data.sums(each * self.table[:, 0, None])
        old, old_total = data.sums(each * self.table[:, 1, None])
        numerator, total = young + place * (old - young), young_total + place * (old_total - young_total)
        return numerator.astype(np.float32, copy=False), total.astype(np.float32, copy=False)

    def _place(self, ages: FloatMatrix) -> FloatMatrix:
        """Return where `ages` stand between the two: 0 at the young end and below, 1 at the old and above."""
        return log_interpolate(ages, self.ages, (0, 1)).astype(np.float32)


def learn_by_age(
    data: ValidationScores,
    learnt: LearntWeights,
    ages: FloatVector,
    by_history: HistoryWeights | None = None,
    *,
    seed: int = 0,
) -> AgeFactors | None:
    """Return factors by the age of the item; None unless they surely beat the weights without.

    They are learnt on two thirds of the people and judged on the rest, in turn: the mean gain in NDCG@20
    must exceed `CLEARLY` standard errors: the age that items have moves on. Where there are weights
    `by_history`, learnt on the same folds, they multiply such.
    `ages` [n_items] are in days; empty, there is nothing to learn from.
    """
    if _ends(data, ages) is None or not learnt.on_folds:
        return None

    def told(fold: Fold) -> tuple[FloatMatrix, FloatMatrix]:
        own = None if by_history is None else by_history.on_folds[fold.number]
        weights = fold.common if own is None else own.at(fold.judging.lengths)
        found = factors_by_age(fold.learning, fold.common, ages, own, seed=seed)
        return found.fused(fold.judging, weights, ages), fold.judging.fused(weights)

    if lead_on_folds(data, learnt, told, seed=seed) <= CLEARLY:
        return None
    common = np.asarray([learnt.weights[name] for name in data.names])
    return factors_by_age(data, common, ages, by_history, seed=seed)


def factors_by_age(
    data: ValidationScores,
    common: Weights,
    ages: FloatVector,
    by_history: HistoryWeights | None = None,
    *,
    seed: int = 0,
) -> AgeFactors:
    """Return the factors that suit a sample of `data` best, on weights `common` to all or `by_history`."""
    start = AgeFactors(_ends(data, ages) or (1.0, 2.0), np.ones((len(data.names), 2)))
    if not len(ages):
        return start
    learning = some_of(data, np.ones(len(data), dtype=np.bool_), seed)
    weights = common if by_history is None else by_history.at(learning.lengths)
    return start.searched(learning, weights, ages)


def _by_query(data: ValidationScores, weights: Weights) -> FloatMatrix:
    """Return the weights of each query [n_sources, n_queries]."""
    each = weights.astype(np.float32)
    return np.broadcast_to(each if each.ndim == 2 else each[:, None], (len(each), len(data)))


def _ends(data: ValidationScores, ages: FloatVector) -> tuple[float, float] | None:
    return ends(data, ages[data.items[data.real]], ENDS, LEAST_AGE) if len(ages) else None
