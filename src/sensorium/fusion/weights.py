"""Non-negative weights of sources, learnt on validation queries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sensorium.core.arrays import IntVector
from sensorium.fusion.candidates import Candidates, Weights

Learner = Callable[[Candidates], Weights]


@dataclass(frozen=True)
class LearntWeights:
    """Weights, and what spoke for them."""

    weights: Mapping[str, float]
    """Source -> weight >= 0; they sum to one."""
    method: str
    """`single`, `softmax` or `coordinate`."""
    held_out: Mapping[str, float]
    """Method -> mean NDCG@20 on queries that it had not seen."""
    ndcg: float
    """Mean NDCG@20 of the weights on the queries they were learnt on."""


def single_best(data: Candidates) -> Weights:
    """Return all weight on the source with the best NDCG@20 alone."""
    n_sources = len(data.names)
    alone = [float(data.ndcg(data.fused(row)).mean()) for row in np.eye(n_sources)]
    return np.eye(n_sources)[int(np.argmax(alone))]


def softmax_weights(data: Candidates, *, penalty: float = 1e-3) -> Weights:
    """Return the weights that make the relevant candidates most likely, by a convex program.

    Minimises the mean over queries of -log softmax(sum_m w_m z_m) at the relevant candidates, plus
    `penalty` * |w|^2, over w >= 0 (L-BFGS-B); random candidates stand for all other items. Absent
    sources count as average here. Source: listwise
    likelihood as in ListNet, Cao et al. 2007, "Learning to rank: from pairwise to listwise approach".
    """
    flat = data.values.reshape(len(data.names), -1)
    counts = data.relevant.sum(axis=1)
    target = (data.relevant / np.maximum(counts, 1)[:, None]).astype(np.float32)
    n_queries = max(int((counts > 0).sum()), 1)
    told = (counts > 0).astype(np.float32)[:, None]

    def loss(weights: Weights) -> tuple[float, Weights]:
        logits = (weights.astype(np.float32) @ flat).reshape(data.real.shape)
        logits += data.log_count
        logits[~data.real] = -np.inf
        logits -= logits.max(axis=1, keepdims=True, initial=-1e30)
        chances = np.exp(logits)
        sums = np.maximum(chances.sum(axis=1, keepdims=True), 1e-30)
        chances *= told / sums
        logits -= np.log(sums)
        likelihood = float((target * np.where(data.real, logits, 0)).sum(dtype=np.float64))
        gradient = flat @ (chances - target).ravel()
        value = -likelihood / n_queries + penalty * float(weights @ weights)
        return value, gradient.astype(np.float64) / n_queries + 2 * penalty * weights

    start = np.full(len(data.names), 1.0 / len(data.names))
    bounds = [(0.0, None)] * len(data.names)
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 100})
    return _normal(np.where(found.x > 1e-4 * max(found.x.max(), 1e-30), found.x, 0.0))


FACTORS = (0.0, 0.5, 0.8, 1.25, 2.0)
ENTRIES = (0.03, 0.1, 0.3)
GAINED_QUERIES = 2.0
"""How many average queries a step of the search must be worth."""


def coordinate_weights(data: Candidates, *, rounds: int = 5) -> Weights:
    """Return the weights after a search for NDCG@20 itself, one source at a time.

    Starts from `softmax_weights` and scales one weight by `FACTORS`, or gives a source without weight
    one of `ENTRIES`. A step must raise the NDCG by the share `GAINED_QUERIES` / n_queries, which keeps a
    search on few queries close to the convex start; dropping a source must only not lose any. Ends
    when a round changes nothing.
    """
    least_gain = GAINED_QUERIES / max(len(data), 1)
    weights = softmax_weights(data)
    best = float(data.ndcg(data.fused(weights)).mean())
    for _ in range(rounds):
        changed = False
        for source in range(len(weights)):
            steps = [weights[source] * f for f in FACTORS] if weights[source] else list(ENTRIES)
            for step in steps:
                trial = weights.copy()
                trial[source] = step
                if not trial.any():
                    continue
                reached = float(data.ndcg(data.fused(trial)).mean())
                if reached > best * (1 + least_gain) or (step == 0 and reached >= best):
                    best, weights, changed = max(reached, best), _normal(trial), True
                    break
        if not changed:
            break
    return weights


LEARNERS: Mapping[str, Learner] = {
    "single": single_best,
    "softmax": softmax_weights,
    "coordinate": coordinate_weights,
}
"""From the simplest to the one that fits validation data closest."""


def learn_weights(
    data: Candidates, *, seed: int = 0, folds: int = 3, method: str | None = None
) -> LearntWeights:
    """Return weights by the method that does best on queries it has not seen.

    Each method learns on all folds but one and is judged on that one; a closer-fitting method has to
    win to be taken. `method` skips the contest.
    """
    held_out: dict[str, float] = {}
    if method is None:
        fold = np.random.default_rng(seed).permutation(len(data)) % folds
        for name, learner in LEARNERS.items():
            held_out[name] = float(np.mean(_held_out(data, fold, learner)))
        method = max(held_out, key=lambda name: held_out[name])
    weights = LEARNERS[method](data)
    named = dict(zip(data.names, weights.tolist(), strict=True))
    return LearntWeights(named, method, held_out, float(data.ndcg(data.fused(weights)).mean()))


def _held_out(data: Candidates, fold: IntVector, learner: Learner) -> NDArray[np.float64]:
    """Return NDCG@20 of each query under weights learnt on the other folds."""
    reached = np.zeros(len(data))
    for part in np.unique(fold):
        judged = data.rows(fold == part)
        reached[fold == part] = judged.ndcg(judged.fused(learner(data.rows(fold != part))))
    return reached


def _normal(weights: Weights) -> Weights:
    return weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1.0 / len(weights))
