"""iALS ensemble: the mean of iALS models that begin elsewhere, in fewer dimensions than all of them have."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, Size, TrainingData
from sensorium.models.ials import (
    LeastSquaresConfig,
    ials_factors,
    regularised_gram,
    solved_parts,
    solved_users,
)
from sensorium.models.search_space import Space
from sensorium.models.shared.folded_in import FoldedIn


class IALSEnsembleConfig(LeastSquaresConfig):
    """Those of iALS but `factors`, and how many models there are."""

    sizes: tuple[PositiveInt, ...] = Field(default=(64, 32, 64, 32, 64, 32, 64, 32), min_length=1)
    """Factors of each model; each begins with a seed of its own."""
    dimensions: PositiveInt = 128
    """What the factors of all models are reduced to; the loss is the smaller, the larger it is."""


class IALSEnsemble(FoldedIn[IALSEnsembleConfig]):
    """The mean of iALS models that are fitted from different seeds.

    Formula: score = sum_m u_m·y_m / n = u·y over n models, with u and y the vectors of all models in a row,
    projected onto the `dimensions` largest principal axes of y: what a single fit makes of its random
    beginning cancels out. Cost: that of iALS for each model; an answer solves a small system for each.
    Source: the mean of models as in Breiman 1996, "Bagging predictors", over seeds in place of samples.
    """

    auto: ClassVar[AutoPolicy] = AutoPolicy(like="ials")
    space: ClassVar[Mapping[str, Space]] = {}

    joined: FloatMatrix
    """[n_learnt, sum of `sizes`] float32: the item factors of all models in a row."""
    grams: NDArray[np.float64]
    """[sum of `sizes`, largest of them]: their Y'Y + lI, one beneath another, padded by zeros."""
    axes: FloatMatrix
    """[sum of `sizes`, d] float32: the principal axes."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Fit all models; the seed sets where the first one starts."""
        config = self.config
        self.scored = data.seen_items
        factors: list[FloatMatrix] = []
        self.grams = np.zeros((sum(config.sizes), max(config.sizes)))
        for number, (size, rows) in enumerate(zip(config.sizes, self._parts(), strict=True)):
            factors.append(ials_factors(data.signed, config, size, options.seed + SEEDS_APART * number))
            factors[-1][~self.scored] = 0
            self.grams[rows, :size] = regularised_gram(factors[-1], config.regularization)
        self.joined = np.concatenate(factors, axis=1)
        wide = self.joined.astype(np.float64)
        _, axes = np.linalg.eigh(wide.T @ wide)  # the largest stand last
        self.axes = np.ascontiguousarray(axes[:, ::-1][:, : config.dimensions], dtype=np.float32)
        self.item_factors = self.joined @ self.axes / np.float32(len(config.sizes))
        self.item_bias = np.zeros(data.n_items, dtype=np.float32)

    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the projected solutions of all models for each history [n_queries, d]."""
        return self._projected(
            [
                solved_users(history, self.joined[:, part], gram, self.config.alpha)
                for part, gram in self._models()
            ]
        )

    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return what each item adds to the projected solutions [n_history, d]."""
        factors = self.joined[history_items]
        return self._projected(
            [
                solved_parts(history, factors[:, part], gram, self.config.alpha)
                for part, gram in self._models()
            ]
        )

    def _projected(self, solutions: list[FloatMatrix]) -> FloatMatrix:
        return np.concatenate(solutions, axis=1) @ self.axes

    def _models(self) -> list[tuple[slice, NDArray[np.float64]]]:
        """Return where the factors of each model stand in a row, and its gram."""
        sizes = zip(self._parts(), self.config.sizes, strict=True)
        return [(part, self.grams[part, :size]) for part, size in sizes]

    def _parts(self) -> list[slice]:
        """Return where the factors of each model stand in a row."""
        ends = np.cumsum(self.config.sizes).tolist()
        return [slice(end - size, end) for end, size in zip(ends, self.config.sizes, strict=True)]

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of all fits."""
        del again
        return cost.LEAST + len(self.config.sizes) * cost.low_rank(size)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of the products, and of solving for all users."""
        solving = len(self.config.sizes) * cost.dense_products(size)
        return solving + cost.dense_products(size, self.config.dimensions)


SEEDS_APART = 1_000
"""So far apart are the seeds of two models, so that fits of neighbouring seeds share none."""
