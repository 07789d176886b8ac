"""Content factors: what an item is like tells its factors where no events do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import linalg

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.sparse import column_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, TrainingData, Traits
from sensorium.models.ials import IALSConfig, ials_factors, regularised_gram
from sensorium.models.search_space import Between, LogBetween, Space
from sensorium.models.shared.block_features import any_present, concatenated
from sensorium.models.shared.folded_in import FoldedIn
from sensorium.models.shared.history_ridge import HistoryRidge
from sensorium.models.shared.masking import n_new_items


class ContentFactorsConfig(Config):
    """How factors are learnt from events, and how strongly content is held back."""

    factors: PositiveInt = 64
    """Length of the vectors of users and items."""
    alpha: PositiveFloat = 100.0
    """The weight of an event in the iALS beneath."""
    regularization: PositiveFloat = 250.0
    """Ridge on the vectors of the iALS beneath."""
    user_exponent: NonNegativeFloat = 0.0
    """While fitting, the events of a user with n of them weigh n^-user_exponent."""
    item_exponent: NonNegativeFloat = 0.5
    """While fitting, the events of an item with n of them weigh n^-item_exponent."""
    content_ridge: PositiveFloat = 3.0
    """Ridge of the map from features to factors, in items; larger leaves new items nearer to no taste."""


class ContentFactors(FoldedIn[ContentFactorsConfig]):
    """iALS whose items without events get the factors that their content tells.

    Formula: y_i of iALS for items with events; y_i = W'f_i for the others, with f_i all feature blocks side
    by side (and whether each is there) and W the ridge regression of the factors of items on their features,
    an item with n events counting n / (n + 10). A user is solved for from the whole history, items known by
    content alone included, as in iALS. Cost: that of iALS, and items d_f min(items, d_f) for d_f features.
    Source: Gantner et al. 2010, "Learning attribute-to-feature mappings for cold-start recommendations".
    """

    traits: ClassVar[Traits] = Traits(additive=True, cold_items=True, blocks=True)
    space: ClassVar[Mapping[str, Space]] = {
        "content_ridge": LogBetween(0.1, 300),
        "regularization": LogBetween(1, 10_000),
        "alpha": LogBetween(1, 1000),
        "item_exponent": Between(0.0, 1.0),
        "user_exponent": Between(0.0, 1.0),
    }

    gram: NDArray[np.float64]
    """[d, d]: Y'Y + lI over the items with events."""
    told: FloatMatrix
    """[d_f, d] float32: from features to factors, W."""
    seen: BoolVector
    """[n_items]: items with events."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Factorise the events, then learn the factors of items from their features."""
        config = self.config
        beneath = IALSConfig(
            factors=config.factors,
            alpha=config.alpha,
            regularization=config.regularization,
            user_exponent=config.user_exponent,
            item_exponent=config.item_exponent,
        )
        self.seen = data.seen_items
        learnt = ials_factors(data.interactions, beneath, options.seed)
        learnt[~self.seen] = 0
        self.gram = regularised_gram(learnt, config.regularization)
        counts = column_counts(data.interactions)
        ridge = data.memo.of(
            "content ridge",
            lambda: WeightedRidge.of(concatenated(data.blocks, data.n_items), counts / (counts + 10)),
        )
        self.told = ridge.solved(learnt, config.content_ridge)
        self.item_factors = learnt
        self._completed(data.blocks, data.n_items)

    def _completed(self, blocks: Mapping[str, FeatureBlock], n_items: int) -> Self:
        """Give factors to all items of which only the content is known."""
        factors = np.zeros((n_items, self.config.factors), dtype=np.float32)
        factors[: len(self.item_factors)] = self.item_factors
        new = np.ones(n_items, dtype=np.bool_)
        new[: len(self.seen)] = ~self.seen
        new &= any_present(blocks, n_items)
        factors[new] = concatenated(blocks, n_items)[new] @ self.told
        self.item_factors, self.item_bias = factors, np.zeros(n_items, dtype=np.float32)
        self.scored = new
        self.scored[: len(self.seen)] |= self.seen
        return self

    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the solution for each history [n_queries, d]."""
        return self._ridge.users(history)

    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return what each item adds to the right-hand side, solved for [n_history, d]."""
        return self._ridge.parts(history, history_items)

    @cached_property
    def _ridge(self) -> HistoryRidge:
        return HistoryRidge.of_one(self.item_factors, self.gram, self.config.alpha)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their content; old factors stay."""
        n_items = len(self.seen) + n_new_items(blocks, len(self.seen))
        return type(self)(self.config).restore(self.state())._completed(blocks, n_items)


@dataclass(frozen=True)
class WeightedRidge:
    """Ridge regressions from the same inputs, with the Gram matrix of whichever is fewer, rows or columns."""

    inputs: NDArray[np.float64]
    """[n, d_in]: the inputs times the root of the weights."""
    root: NDArray[np.float64]
    """[n, 1]: the root of the weights."""
    gram: NDArray[np.float64]
    """[n, n] or, with fewer columns than rows, [d_in, d_in]."""

    @classmethod
    def of(cls, inputs: FloatMatrix, weights: NDArray[np.float64]) -> Self:
        """Return the regressions from `inputs` [n, d_in] with `weights` [n]."""
        root = np.sqrt(weights)[:, None]
        x = inputs.astype(np.float64) * root
        return cls(x, root, x @ x.T if len(x) < x.shape[1] else x.T @ x)

    def solved(self, outputs: FloatMatrix, ridge: float) -> FloatMatrix:
        """Return W [d_in, d_out] that minimises sum_n w_n |outputs_n - W'inputs_n|^2 + ridge |W|^2."""
        gram = self.gram.copy()
        gram[np.diag_indices_from(gram)] += ridge
        weighed = outputs.astype(np.float64) * self.root
        if len(self.inputs) < self.inputs.shape[1]:
            found = self.inputs.T @ linalg.solve(gram, weighed, assume_a="pos")
        else:
            found = linalg.solve(gram, self.inputs.T @ weighed, assume_a="pos")
        return np.asarray(found, dtype=np.float32)
