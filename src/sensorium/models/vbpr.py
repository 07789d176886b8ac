"""VBPR: BPR whose items are also seen through their content."""

from collections.abc import Mapping
from typing import ClassVar, Self, TypeAlias

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.sparse import entry_rows
from sensorium.features.block import FeatureBlock
from sensorium.models.base import AutoPolicy, FitOptions, TrainingData, Traits
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.adam import Adam
from sensorium.models.shared.block_features import any_present, concatenated
from sensorium.models.shared.folded_in import FoldedByMean
from sensorium.models.shared.masking import n_items_of

Parameters: TypeAlias = dict[str, FloatMatrix]
"""p and t [n_users, ...], q and b [n_items, ...], E and c [d_f, ...]."""

START = 0.05
"""Spread of the factors before the first step."""


class VBPRConfig(Config):
    """How many factors of each kind, and how they are learnt."""

    factors: PositiveInt = 32
    """Length of the vectors that behaviour alone decides."""
    content_factors: PositiveInt = 32
    """Length of the vectors that content is projected to."""
    learning_rate: PositiveFloat = 0.002
    """Step of Adam."""
    regularization: NonNegativeFloat = 0.01
    """Pull toward zero on all that takes part in a pair."""
    iterations: PositiveInt = 10
    """Passes over the events."""
    batch_size: PositiveInt = 2048
    """Pairs for each step."""


class VBPR(FoldedByMean[VBPRConfig]):
    """Visual BPR: each event above an item that was not chosen, by factors and by projected content.

    Formula: maximise sum over (u, i, j) of ln s(x_ui - x_uj) - l |parameters|^2 by Adam, with
    x_ui = b_i + c·f_i + p_u·q_i + t_u·E f_i, f_i all feature blocks side by side, and j drawn evenly from all
    items, chosen ones too. Items without events have q_i = 0 and b_i = 0 and are scored by content. Users are
    folded in: (p_u, t_u) is the learnt affine map of the mean (q_i, E f_i) of the history. Cost: events
    (d_f + factors) d a pass. Source: He and McAuley 2016, "VBPR: visual Bayesian personalized ranking from
    implicit feedback", arXiv 1510.01784. It is here as the field's reference, not for its accuracy.
    """

    traits: ClassVar[Traits] = Traits(additive=True, cold_items=True, blocks=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(
        left_out="only if asked for: it takes long and others rank better"
    )
    space: ClassVar[Mapping[str, Space]] = {
        "learning_rate": LogBetween(0.0005, 0.05),
        "regularization": LogBetween(0.0001, 1),
        "iterations": LogBetween(3, 100, whole=True),
    }

    projection: FloatMatrix
    """[d_f, content_factors] float32: E transposed."""
    content_bias: FloatVector
    """[d_f] float32: c."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Follow the gradient; the seed sets the start and the pairs drawn."""
        features, seen = concatenated(data.blocks, data.n_items), data.seen_items
        with threadpool_limits(1, "blas"):  # sums in one order
            found = learnt(data.interactions, features, self.config, np.random.default_rng(options.seed))
        own = found["q"] * seen[:, None]
        self.projection, self.content_bias = found["E"], found["c"][:, 0]
        factors = np.concatenate([own, features @ found["E"]], axis=1)
        bias = np.asarray(found["b"][:, 0] * seen + features @ self.content_bias, dtype=np.float32)
        users = np.concatenate([found["p"], found["t"]], axis=1)
        self.take(data.interactions, users, factors, bias)
        self.scored = seen | any_present(data.blocks, data.n_items)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their content."""
        n_items, n_old = n_items_of(blocks), len(self.item_factors)
        longer = super().extend(blocks)
        features = concatenated(blocks, n_items)[n_old:]
        told = features @ self.projection
        own = np.zeros((len(told), self.config.factors), dtype=np.float32)
        factors = np.concatenate([own, told], axis=1)
        longer.item_factors = np.concatenate([self.item_factors, factors])
        bias = features @ self.content_bias + factors @ self.mean_user
        longer.item_bias = np.concatenate([self.item_bias, bias.astype(np.float32)])
        longer.scored[n_old:] = any_present(blocks, n_items)[n_old:]
        return longer


def learnt(
    interactions: SparseMatrix, features: FloatMatrix, config: VBPRConfig, rng: np.random.Generator
) -> Parameters:
    """Return the parameters after `config.iterations` passes over `interactions` [n_users, n_items]."""
    (n_users, n_items), d_f = interactions.shape, features.shape[1]
    shapes = {
        "p": (n_users, config.factors),
        "t": (n_users, config.content_factors),
        "q": (n_items, config.factors),
        "b": (n_items, 1),
        "E": (d_f, config.content_factors),
        "c": (d_f, 1),
    }
    parameters = {
        name: (START * rng.normal(size=shape) * (shape[1] > 1)).astype(np.float32)
        for name, shape in shapes.items()
    }
    steps = {name: Adam(value, config.learning_rate) for name, value in parameters.items()}
    users, items = entry_rows(interactions), interactions.indices
    for _ in range(config.iterations):
        order = rng.permutation(len(users))
        for start in range(0, len(order), config.batch_size):
            pairs = order[start : start + config.batch_size]
            others = rng.integers(n_items, size=len(pairs))
            step(steps, features, (users[pairs], items[pairs], others), config.regularization)
    return parameters


def step(
    steps: Mapping[str, Adam],
    features: FloatMatrix,
    pairs: tuple[IntVector, IntVector, IntVector],
    pull: float,
) -> None:
    """Move all parameters up the gradient of one batch of (user, chosen item, other item)."""
    users, chosen, others = pairs
    p, t, q, b, projection, c = (steps[name].value for name in ("p", "t", "q", "b", "E", "c"))
    apart, seen_apart = q[chosen] - q[others], features[chosen] - features[others]
    projected = seen_apart @ projection
    margins = (b[chosen] - b[others] + seen_apart @ c)[:, 0]
    margins += np.einsum("nd,nd->n", p[users], apart) + np.einsum("nd,nd->n", t[users], projected)
    gain = (1 / (1 + np.exp(np.clip(margins, -30, 30))))[:, None].astype(np.float32)
    both = np.concatenate([chosen, others])
    signed: FloatMatrix = np.concatenate([gain, -gain])
    by_item: FloatMatrix = signed * np.concatenate([p[users], p[users]])
    slopes = np.asarray(seen_apart.T @ (gain * t[users]), dtype=np.float32)
    content_bias = np.asarray(seen_apart.T @ gain, dtype=np.float32)
    steps["p"].rows(users, gain * apart - pull * p[users])
    steps["t"].rows(users, gain * projected - pull * t[users])
    steps["q"].rows(both, by_item - pull * q[both])
    steps["b"].rows(both, signed - pull * b[both])
    steps["E"].all(slopes - pull * projection)
    steps["c"].all(content_bias - pull * c)
