"""Learns a second level on validation queries, and takes it only where it surely helps on others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector
from sensorium.core.linalg import inverse_deviation
from sensorium.core.sparse import row_counts
from sensorium.fusion.best_items import BestItems, ItemFacts
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.second_level import SecondLevel
from sensorium.fusion.tuning_metric import CUTOFF, unmasked
from sensorium.fusion.weights import CLEARLY, lead
from sensorium.index.blocks import block_rows
from sensorium.index.largest import largest_per_row
from sensorium.metrics.ranking import ndcg_of_scores
from sensorium.models.base import ValidationData

MOST_SOURCES = 8
"""Sources that it reads, those with the largest weights; more cost time and memory."""
MOST_QUERIES = 6_000
"""Queries that it learns from and is judged on."""
FEWEST_QUERIES = 50
"""With fewer nothing is learnt."""
FEWEST_RELEVANT = 50
"""So many of what is relevant must be on the lists that it learns from."""
NOT_RELEVANT = 30
"""Items of each list, that are not relevant, from which it learns; the others say little more."""
MOST_ROWS = 90_000
"""So many of them in all at most; more cost seconds and hardly make a difference."""
PENALTY = 100.0
"""Of the squares of the standardised weights, beside the likelihood, a sum over items."""
STRENGTHS = (0.5, 1.0, 2.0, 4.0)
"""How much it may count beside the fused scores."""
FOLDS = 3
"""Parts of the queries, each of which judges what is learnt from the others."""
DIGITS = 7
"""Of each learnt number: as many as single precision holds."""


@dataclass(frozen=True)
class JudgedLists:
    """The best items of validation queries, which of them are relevant, and what else may come first."""

    best: BestItems
    relevant: NDArray[np.bool_]
    """[n_queries, depth]."""
    others: FloatMatrix
    """[n_queries, CUTOFF]: the largest fused scores beyond the list; minus infinity: there are no more."""
    others_relevant: NDArray[np.bool_]
    """[n_queries, CUTOFF]."""
    n_relevant: IntVector
    """[n_queries]: what is relevant, on the list or not."""

    def __len__(self) -> int:
        return len(self.relevant)

    @classmethod
    def of(cls, fusion: LateFusion, sources: Sequence[str], asking: ValidationData) -> Self:
        """Return the lists of the queries of `asking` under `fusion` without a second level."""
        step = block_rows(asking.relevant.shape[1])
        parts = [
            cls._block(fusion, sources, asking.rows(np.arange(start, min(start + step, len(asking)))))
            for start in range(0, len(asking), step)
        ]
        best = BestItems(
            np.concatenate([part.best.items for part in parts]),
            np.concatenate([part.best.scores for part in parts]),
            np.concatenate([part.best.inputs for part in parts]),
        )
        return cls(
            best,
            np.concatenate([part.relevant for part in parts]),
            np.concatenate([part.others for part in parts]),
            np.concatenate([part.others_relevant for part in parts]),
            np.concatenate([part.n_relevant for part in parts]),
        )

    @classmethod
    def _block(cls, fusion: LateFusion, sources: Sequence[str], asking: ValidationData) -> Self:
        told, blended = fusion.scorer.blended(asking.queries)
        scores = unmasked(blended.scores.copy(), asking)
        facts = ItemFacts(fusion.n_events, fusion.ages)
        by_name = {source.name: source for source in told}
        best = BestItems.of([by_name[name] for name in sources], scores, asking.queries.history, facts)
        relevant: NDArray[np.bool_] = asking.relevant.toarray() > 0
        on_list = np.take_along_axis(relevant, np.maximum(best.items, 0), axis=1) & best.real
        rows, columns = np.nonzero(best.real)
        scores[rows, best.items[rows, columns]] = -np.inf
        beyond, found = largest_per_row(scores, CUTOFF)
        is_relevant = np.take_along_axis(relevant, np.maximum(beyond, 0), axis=1) & np.isfinite(found)
        others = np.where(np.isfinite(found), found, np.float32(-np.inf))
        return cls(best, on_list, others, is_relevant, row_counts(asking.relevant))

    def rows(self, chosen: BoolVector) -> Self:
        """Return the queries `chosen` [n_queries]."""
        best = BestItems(self.best.items[chosen], self.best.scores[chosen], self.best.inputs[chosen])
        return type(self)(
            best,
            self.relevant[chosen],
            self.others[chosen],
            self.others_relevant[chosen],
            self.n_relevant[chosen],
        )

    def ndcg(self, second: SecondLevel | None) -> NDArray[np.float64]:
        """Return NDCG@20 of each query, in the order of `second`; None: of the fused scores."""
        scores, relevant = self.best.scores, self.relevant
        if second is not None:
            places = second.places(self.best)
            relevant = np.take_along_axis(relevant, places, axis=1)
        scores = np.where(np.isfinite(scores), scores, np.float32(-np.inf))
        scores = np.concatenate([scores, self.others], axis=1)
        rows, columns = np.nonzero(np.concatenate([relevant, self.others_relevant], axis=1))
        return ndcg_of_scores(scores, rows, columns, self.n_relevant, CUTOFF)


def learn_second_level(
    fusion: LateFusion, asking: ValidationData, *, seed: int = 0, is_contest: bool = True
) -> SecondLevel | None:
    """Return a second level for `fusion`, which has none; None unless it surely helps.

    `asking` are queries with a history, one a person. It is learnt on all folds of them but one and judged on
    that one, with the strength that is best on the others: the mean gain in NDCG@20 must exceed `CLEARLY`
    standard errors, about the 95% interval. Without `is_contest` it is taken however it does. Nothing is
    learnt from fewer than `FEWEST_QUERIES`, or where what was met may be recommended again, since items of
    the history are not on its lists.
    """
    sources = _loudest(fusion)
    asking = asking.sample(MOST_QUERIES, seed)
    if not sources or len(asking) < FEWEST_QUERIES or asking.queries.frequency is not None:
        return None
    lists = JudgedLists.of(fusion, sources, asking)
    if lists.relevant.sum() < FEWEST_RELEVANT:
        return None
    fold = np.random.default_rng(seed).permutation(len(lists)) % FOLDS
    gains = np.zeros((len(STRENGTHS), len(lists)))
    for part in range(FOLDS):
        learnt = fit_second_level(sources, lists.rows(fold != part), STRENGTHS[0], seed)
        gains[:, fold == part] = _gains(learnt, lists.rows(fold == part))
    if is_contest and lead(_unseen(gains, fold), np.zeros(len(lists))) <= CLEARLY:
        return None
    return fit_second_level(sources, lists, STRENGTHS[int(gains.mean(axis=1).argmax())], seed)


def _unseen(gains: NDArray[np.float64], fold: IntVector) -> NDArray[np.float64]:
    """Return the gain of each query [n_queries] at the strength that is best on the other folds."""
    chosen = np.zeros(gains.shape[1])
    for part in np.unique(fold):
        best = int(gains[:, fold != part].mean(axis=1).argmax())
        chosen[fold == part] = gains[best, fold == part]
    return chosen


def _loudest(fusion: LateFusion) -> tuple[str, ...]:
    """Return the sources with the largest weights, in the order of the fusion."""
    loud = {m.name: max(m.weight, *m.weights_by_history, 0.0) for m in fusion.config.members}
    chosen = sorted((name for name, weight in loud.items() if weight > 0), key=lambda name: -loud[name])
    return tuple(name for name in loud if name in chosen[:MOST_SOURCES])


def _gains(second: SecondLevel, judging: JudgedLists) -> NDArray[np.float64]:
    """Return what `second` adds to NDCG@20 at each of `STRENGTHS` [n_strengths, n_queries]."""
    before = judging.ndcg(None)
    trials = [second.model_copy(update={"strength": strength}) for strength in STRENGTHS]
    return np.stack([judging.ndcg(trial) - before for trial in trials])


def fit_second_level(
    sources: tuple[str, ...], lists: JudgedLists, strength: float, seed: int = 0
) -> SecondLevel:
    """Return what logistic regression learns of which items of `lists` are relevant.

    Inputs, and then their products, are standardised; the penalty is that of ridge regression.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to load

    rng = np.random.default_rng(seed)
    share = min(NOT_RELEVANT / lists.relevant.shape[1], MOST_ROWS / max(int(lists.best.real.sum()), 1))
    used = lists.best.real & (lists.relevant | (rng.random(lists.relevant.shape) < share))
    rows, target = lists.best.inputs[used], lists.relevant[used]
    means, scales = _standard(rows)
    terms = with_products((rows - means) * scales)
    centres, stretches = _standard(terms)
    terms -= centres
    terms *= stretches
    model: Any = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-3).fit(terms, target)
    weights = model.coef_[0] * stretches
    n = rows.shape[1]
    return SecondLevel(
        sources=sources,
        strength=strength,
        means=_short(means),
        scales=_short(scales),
        linear=_short(weights[:n]),
        products=_short(weights[n:]),
        depth=lists.relevant.shape[1],
    )


def with_products(rows: FloatMatrix) -> FloatMatrix:
    """Return `rows` [n, d] and beside them the products of any two columns [n, d + d (d + 1) / 2]."""
    first, second = np.triu_indices(rows.shape[1])
    return np.concatenate([rows, rows[:, first] * rows[:, second]], axis=1)


def _standard(rows: FloatMatrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and inverse deviation of each column of `rows` [n, d]; zero for what does not vary."""
    mean, deviation = (found.astype(np.float64) for found in (rows.mean(axis=0), rows.std(axis=0)))
    return mean.astype(np.float32), inverse_deviation(mean, deviation).astype(np.float32)


def _short(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values.tolist())
