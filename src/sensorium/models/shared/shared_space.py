"""Maps of content to a shared space: what blocks and behaviour agree on, and what is liked together."""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.linalg import TINY, randomized_svd, unit_rows
from sensorium.core.sparse import damp_events, entry_rows, row_starts
from sensorium.models.shared.adam import Adam

RIDGE = 0.1
"""Of canonical correlations, in mean variances of a column."""
STEPS = 400
BATCH = 512
"""Pairs of items in a step; each pair's negatives are the others of its batch."""
LEARNING_RATE = 0.01
TEMPERATURE = 0.2
PULL = 1e-3
"""Toward where the map begins."""


def canonical_map(
    columns: FloatMatrix, widths: list[int], behaviour: FloatMatrix, seen: BoolVector, dimensions: int
) -> FloatMatrix:
    """Return the map [sum of `widths`, r] to the directions that blocks and behaviour agree on.

    Generalised canonical correlations: the directions v with the largest v'Mv / v'Bv, where M is the
    covariance of all views side by side and B that of each view with itself, plus a ridge. `columns`
    [n_items, sum of `widths`] holds a view for each block, `behaviour` [n_items, d] one more, which counts
    as much as all blocks together. Directions are weighted by how much the views agree. Source: Kettenring
    1971, "Canonical analysis of several sets of variables", with a ridge.
    """
    views = np.concatenate([columns, behaviour * np.float32(np.sqrt(len(widths)))], axis=1)[seen]
    together = (views.T @ views).astype(np.float64)
    apart = np.zeros_like(together)
    ends = np.cumsum([0, *widths, behaviour.shape[1]]).tolist()
    for start, stop in itertools.pairwise(ends):
        own = together[start:stop, start:stop]
        spread = max(float(np.trace(own)) / max(stop - start, 1), TINY)
        apart[start:stop, start:stop] = own + RIDGE * spread * np.eye(stop - start)
    r = min(dimensions, columns.shape[1])
    n = len(together)
    agreement, directions = eigh(together, apart, subset_by_index=[n - r, n - 1])
    shared = directions[: columns.shape[1], ::-1] * np.sqrt(np.maximum(agreement[::-1], 0))
    return np.asarray(shared, dtype=np.float32)


def behaviour_view(interactions: SparseMatrix, dimensions: int, seed: int) -> FloatMatrix:
    """Return unit rows of the items' main directions of behaviour [n_items, d]; zeros without events."""
    scaled = damp_events(interactions, 0.5, 0.5)
    d = max(min(dimensions, min(scaled.shape) - 1), 1)
    lengths, directions = randomized_svd(scaled, d, seed=seed)
    return unit_rows(directions * lengths)


def contrastive_map(
    columns: FloatMatrix, present: BoolVector, interactions: SparseMatrix, dimensions: int, seed: int
) -> FloatMatrix:
    """Return the map [d, r] under which items liked by the same user are near, others far.

    Minimises InfoNCE both ways over pairs drawn from one user's history, with the other pairs of the
    batch as negatives, corrected for how often they are drawn; Adam, from the main directions of
    `columns` [n_items, d]. Source: van den Oord et al. 2018, "Representation learning with contrastive
    predictive coding"; the correction of Yi et al. 2019, "Sampling-bias-corrected neural modeling".
    """
    r = min(dimensions, min(columns.shape))
    _, begun = randomized_svd(columns[present], r, seed=seed)
    pairs = _Pairs(interactions, present)
    if not len(pairs.events):
        return begun
    rng = np.random.default_rng(seed)
    matrix = begun.copy()
    steps = Adam(matrix, -LEARNING_RATE)
    for _ in range(STEPS):
        one, other = pairs.drawn(rng)
        gradient = _gradient(matrix, columns[one], columns[other], pairs.log_chance, (one, other))
        gradient += np.float32(PULL) * (matrix - begun)
        steps.all(gradient)
    return matrix


class _Pairs:
    """Draws pairs of items with content from the history of one user."""

    def __init__(self, interactions: SparseMatrix, present: BoolVector) -> None:
        rows = entry_rows(interactions)
        kept = present[interactions.indices]
        self.rows, self.items = rows[kept], interactions.indices[kept].astype(np.int64)
        self.counts = np.bincount(self.rows, minlength=interactions.shape[0])
        self.starts = row_starts(self.counts)
        self.events = np.flatnonzero(self.counts[self.rows] > 1)
        drawn = np.bincount(self.items[self.events], minlength=len(present)) / max(len(self.events), 1)
        self.log_chance = np.log(np.maximum(drawn, TINY)).astype(np.float32)

    def drawn(self, rng: np.random.Generator) -> tuple[IntVector, IntVector]:
        """Return items [BATCH] and, for each, another one of the same user."""
        events = self.events[rng.integers(len(self.events), size=BATCH)]
        users = self.rows[events]
        shift = 1 + (rng.random(BATCH) * (self.counts[users] - 1)).astype(np.int64)
        place = (events - self.starts[users] + shift) % self.counts[users]
        return self.items[events], self.items[self.starts[users] + place]


def _gradient(
    matrix: FloatMatrix,
    one: FloatMatrix,
    other: FloatMatrix,
    log_chance: NDArray[np.float32],
    items: tuple[IntVector, IntVector],
) -> FloatMatrix:
    """Return the gradient [d, r] of InfoNCE, averaged over both directions."""
    left, right = one @ matrix, other @ matrix
    lengths = [np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6) for side in (left, right)]
    left, right = left / lengths[0], right / lengths[1]
    alike = left @ right.T / np.float32(TEMPERATURE)
    same = items[1][None, :] == items[1][:, None], items[0][None, :] == items[0][:, None]
    wrong = _error(alike - log_chance[items[1]], same[0]) + _error(alike.T - log_chance[items[0]], same[1]).T
    wrong /= np.float32(2 * TEMPERATURE * len(left))
    gradient = np.zeros_like(matrix)
    for side, length, taken, pull in (
        (left, lengths[0], one, wrong @ right),
        (right, lengths[1], other, wrong.T @ left),
    ):
        pull -= (pull * side).sum(axis=1, keepdims=True) * side
        gradient += taken.T @ (pull / length)
    return gradient


def _error(logits: FloatMatrix, same: NDArray[np.bool_]) -> FloatMatrix:
    """Return softmax minus the identity; the same item elsewhere in the batch is no negative."""
    own = np.eye(len(logits), dtype=np.bool_)
    logits = np.where(same & ~own, -np.inf, logits)
    logits -= logits.max(axis=1, keepdims=True)
    chances = np.exp(logits)
    chances /= chances.sum(axis=1, keepdims=True)
    return np.asarray(chances - own, dtype=np.float32)
