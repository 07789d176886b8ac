"""Non-negative weights of sources, learnt on validation queries; `fusion.blend` applies them.

Where a source cannot score, the weights of the others are renormalised there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.side_by_side import workers
from sensorium.fusion.validation_scores import ValidationScores, Weights

Learner = Callable[[ValidationScores], Weights]


@dataclass(frozen=True)
class LearntWeights:
    """Weights, and what spoke for them."""

    weights: Mapping[str, float]
    """Source -> weight >= 0; they sum to one."""
    method: str
    """`single`, `softmax`, `shrunk` or `searched`."""
    held_out: Mapping[str, float]
    """Method -> mean NDCG@20 on queries that it had not seen."""
    on_folds: tuple[tuple[float, ...], ...] = ()
    """What the method found on all folds of `dealt` but one, each [n_sources]; empty without a contest."""


def single_best(data: ValidationScores) -> Weights:
    """Return all weight on the source with the best NDCG@20 alone."""
    return np.eye(len(data.names))[np.argmax(data.alone)]


def softmax_weights(data: ValidationScores, *, penalty: float = 1e-3) -> Weights:
    """Return the weights that make the relevant candidates most likely, by a convex program.

    Minimises the mean over queries of -log softmax(sum_m w_m z_m) at the relevant candidates, plus
    `penalty` * |w|^2, over w >= 0 (L-BFGS-B); random candidates stand for all other items. Absent
    sources count as average here. Source: listwise
    likelihood as in ListNet, Cao et al. 2007, "Learning to rank: from pairwise to listwise approach".
    """
    from scipy.optimize import minimize  # takes half a second to load

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


POWERS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""What the NDCG@20 of a source alone may be raised to: from nearly even weights to nearly the best alone."""


def weights_by_strength(data: ValidationScores) -> Weights:
    """Return weights in proportion to a power of each source's NDCG@20 alone, the best of `POWERS`."""
    relative = data.alone / max(data.alone.max(), 1e-30)
    strengths = [_normal(relative**power) for power in POWERS]
    return max(strengths, key=lambda weights: float(data.ndcg(data.fused(weights)).mean()))


LEAST_HEARD = 0.02
"""A source with a smaller weight than this share of the largest is not worth its time."""


LEAST_POPULARITY = 0.05
"""The same of a source of popularity: whoever has no history hears it alone, however small its weight is."""


def shrunk_weights(data: ValidationScores) -> Weights:
    """Return weights half way between `softmax_weights` and `weights_by_strength`, none of them tiny.

    The convex program trusts few queries too much: where sources say nearly the same, it may leave out the
    strongest. A prior with one parameter holds it back.
    """
    return _half_way(softmax_weights(data), weights_by_strength(data))


def _half_way(one: Weights, other: Weights) -> Weights:
    return _heard((one + other) / 2)


def _heard(weights: Weights, least: "float | Weights" = LEAST_HEARD) -> Weights:
    """Return `weights`, each at least the share `least` of the largest, or zero."""
    return _normal(np.where(weights >= least * weights.max(), weights, 0.0))


STEPS = (0.5, 0.2, 0.1, 0.05, 0.02)
"""How far a weight is moved, the weights adding up to one; coarse steps first."""
MAX_SWEEPS = 4
"""Passes over the sources at one step size."""
SURENESS = 1.0
"""How many standard errors, over the queries, a move of a search must gain, of weights or of settings."""


def searched_weights(data: ValidationScores) -> Weights:
    """Return the mean of two searches for NDCG@20 itself, of which neither start is always the better one.

    They start from `shrunk_weights` and from `weights_by_strength`. Each weight in turn is moved by a step,
    up or down to zero; steps become finer. The gain of a move must exceed `SURENESS` standard errors of the
    paired differences, so that a search on few queries stays near its start; leaving a source out must only
    not lose anything.
    """
    by_strength = weights_by_strength(data)
    return _searched(_half_way(softmax_weights(data), by_strength), by_strength, data)


def _searched(shrunk: Weights, by_strength: Weights, data: ValidationScores) -> Weights:
    return (searched_from(shrunk, data) + searched_from(by_strength, data)) / 2


def searched_from(start: Weights, data: ValidationScores) -> Weights:
    """Return the weights after a search for NDCG@20 that begins at `start`, one source at a time."""
    weights = start
    for step in STEPS:
        for _ in range(MAX_SWEEPS):
            before = weights
            weights = _sweep(data, weights, step)
            if weights is before:
                break
    return weights


def _sweep(data: ValidationScores, weights: Weights, step: float) -> Weights:
    """Return the weights after trying to move each by `step`; the same object if none moved."""
    numerator, total = data.sums(weights)
    best = data.ndcg(data.scored(numerator, total))
    for source in range(len(weights)):
        ups_and_downs = (step, -min(step, weights[source])) if weights[source] > 0 else (step,)
        for change in ups_and_downs:
            trial = weights.copy()
            trial[source] += change
            if not trial.any():
                continue
            shift = np.float32(change)
            moved = numerator + shift * data.values[source]
            over = total + shift * (np.float32(1) if data.can is None else data.can[source])
            reached = data.ndcg(data.scored(moved, over))
            is_sure = lead(reached, best) > SURENESS
            if is_sure or (trial[source] == 0 and (reached - best).mean() >= 0):
                weights, best = _normal(trial), reached
                numerator, total = data.sums(weights)
                break
    return weights


DRAWS = 5
"""Samples of the queries whose weights are averaged."""
MOST_DRAWN = 1_000
"""Queries in such a sample; more cost time and hardly move a mean."""


def averaged_weights(data: ValidationScores, learner: Learner, *, seed: int = 0) -> Weights:
    """Return the mean of the weights that `learner` finds on `DRAWS` halves of the people who ask.

    A search on a few hundred queries stops at one of many ends that do as well; their mean does better on
    queries unseen than any. What is tiny in the mean gets zero. Source: Breiman 1996, "Bagging predictors".
    """
    rng = np.random.default_rng(seed)
    people = np.unique(data.askers)
    samples: list[IntVector] = []
    for _ in range(DRAWS):
        drawn = np.isin(data.askers, rng.permutation(people)[: max(len(people) // 2, 1)])
        rows = np.flatnonzero(drawn)
        if len(rows) > MOST_DRAWN:
            rows = np.sort(rng.choice(rows, MOST_DRAWN, replace=False))
        samples.append(rows)
    with workers(DRAWS) as pool:
        found = list(pool.map(lambda rows: learner(data.rows(rows)), samples))
    least = [LEAST_POPULARITY if kind == "popularity" else LEAST_HEARD for kind in data.kinds]
    return _heard(np.mean(found, axis=0), np.asarray(least))


LEARNERS: Mapping[str, Learner] = {
    "single": single_best,
    "softmax": softmax_weights,
    "shrunk": shrunk_weights,
    "searched": searched_weights,
}
"""From the simplest to the one that fits validation data closest."""


def by_every_learner(data: ValidationScores) -> dict[str, Weights]:
    """Return what each of `LEARNERS` finds; each takes what those before it found."""
    softmax, by_strength = softmax_weights(data), weights_by_strength(data)
    shrunk = _half_way(softmax, by_strength)
    searched = _searched(shrunk, by_strength, data)
    return {"single": single_best(data), "softmax": softmax, "shrunk": shrunk, "searched": searched}


CLEARLY = 2.0
"""How many standard errors another method must be ahead of the search, or what moves with the age of items or
the number of their events ahead of what does not."""
MOST_LEARNT_FROM = 500
"""Queries that a way of weighing learns from in the contest; more cost time and hardly make a difference."""
FEWEST_QUERIES = 10
"""With fewer there is no contest, and no search."""


def learn_weights(
    data: ValidationScores, *, seed: int = 0, folds: int = 3, method: str | None = None
) -> LearntWeights:
    """Return weights by the method that does best on queries it has not seen.

    Each method learns on all folds but one and is judged on that one. The search is taken unless a simpler
    method is ahead by more than `CLEARLY` standard errors of the paired difference. Of the search, the mean
    over samples is returned; see `averaged_weights`. `method` skips the contest; so do very few queries, for
    which the shrunk mixture does.
    """
    held_out: dict[str, NDArray[np.float64]] = {}
    on_folds: list[dict[str, Weights]] = []
    if method is None and len(data) < FEWEST_QUERIES:
        method = "shrunk"
    if method is None:
        fold = dealt(data, folds, seed)
        parts = np.unique(fold)
        on_folds = [by_every_learner(some_of(data, fold != part, seed)) for part in parts]
        held_out = {name: _held_out(data, fold, [found[name] for found in on_folds]) for name in LEARNERS}
        method = _winner(held_out)
    if method == "searched" and len(data) >= FEWEST_QUERIES:
        weights = averaged_weights(data, searched_weights, seed=seed)
    else:
        weights = LEARNERS[method](data)
    named = dict(zip(data.names, weights.tolist(), strict=True))
    means = {name: float(np.mean(values)) for name, values in held_out.items()}
    its_own = tuple(tuple(found[method].tolist()) for found in on_folds)
    return LearntWeights(named, method, means, its_own)


def some_of(data: ValidationScores, chosen: BoolVector, seed: int) -> ValidationScores:
    """Return the `chosen` queries [n_queries], or a random `MOST_LEARNT_FROM` of them if they are more."""
    rows = np.flatnonzero(chosen)
    if len(rows) > MOST_LEARNT_FROM:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_LEARNT_FROM, replace=False))
    return data.rows(rows)


def dealt(data: ValidationScores, folds: int, seed: int) -> IntVector:
    """Return the fold of each query [n_queries]; all queries of one person are in the same."""
    n_people = int(data.askers.max(initial=0)) + 1
    return (np.random.default_rng(seed).permutation(n_people) % folds)[data.askers]


def _winner(held_out: Mapping[str, NDArray[np.float64]]) -> str:
    """Return the search, unless another method is clearly better."""
    best = "searched"
    for other in held_out:
        if lead(held_out[other], held_out[best]) > CLEARLY:
            best = other
    return best


def lead(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return by how many standard errors the mean of `one` is above that of `other`, paired by query."""
    difference = one - other
    error = float(difference.std()) / np.sqrt(max(len(difference), 1))
    if error == 0:
        return float(np.sign(difference.mean())) * np.inf if difference.any() else 0.0
    return float(difference.mean()) / error


def _held_out(data: ValidationScores, fold: IntVector, weights: Sequence[Weights]) -> NDArray[np.float64]:
    """Return NDCG@20 of each query of a fold under the `weights` learnt on the others."""
    reached = np.zeros(len(data))
    for part, learnt in zip(np.unique(fold), weights, strict=True):
        judged = data.rows(fold == part)
        reached[fold == part] = judged.ndcg(judged.fused(learnt))
    return reached


def _normal(weights: Weights) -> Weights:
    return weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1.0 / len(weights))
