"""iALS ensemble: the mean of iALS models that begin elsewhere, in fewer dimensions than all of them have."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, Size, TrainingData
from sensorium.models.ials import (
    IALSConfig,
    ials_factors,
    regularised_gram,
)
from sensorium.models.search_space import KnownSettings, Space
from sensorium.models.shared.folded_in import FoldedIn
from sensorium.models.shared.history_ridge import HistoryRidge


class IALSEnsembleConfig(IALSConfig):
    """Those of iALS, and how many models there are."""

    fits: PositiveInt = 8
    """How many models, each from a seed of its own: every other one has `factors` factors, the rest half."""
    dimensions: PositiveInt = 128
    """What the factors of all models are reduced to; the loss is the smaller, the larger it is."""


class IALSEnsemble(FoldedIn[IALSEnsembleConfig]):
    """The mean of iALS models of two sizes that are fitted from different seeds.

    Formula: score = sum_m u_m·y_m / n = u·y over n models, with u and y the vectors of all models in a row,
    projected onto the `dimensions` largest principal axes of y: what a single fit makes of its random
    beginning cancels out. Cost: that of iALS for each model; an answer solves a small system for each.
    Source: the mean of models as in Breiman 1996, "Bagging predictors", over seeds in place of samples.
    """

    auto: ClassVar[AutoPolicy] = AutoPolicy(like="ials", halved="fits")
    space: ClassVar[Mapping[str, Space]] = {}
    portfolio: ClassVar[Sequence[KnownSettings]] = (KnownSettings(6, {"factors": 128, "dimensions": 256}),)

    joined: FloatMatrix
    """[n_learnt, factors of all] float32: the item factors of all models in a row."""
    grams: NDArray[np.float64]
    """[factors of all, factors]: their Y'Y + lI, one beneath another, padded by zeros."""
    axes: FloatMatrix
    """[factors of all, d] float32: the principal axes."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Fit all models; the seed sets where the first one starts."""
        config, sizes = self.config, self._sizes()
        self.scored = data.seen_items
        factors: list[FloatMatrix] = []
        self.grams = np.zeros((sum(sizes), config.factors))
        for number, (size, rows) in enumerate(zip(sizes, self._parts(), strict=True)):
            own = config.model_copy(update={"factors": size})
            factors.append(ials_factors(data.signed, own, options.seed + SEEDS_APART * number))
            factors[-1][~self.scored] = 0
            self.grams[rows, :size] = regularised_gram(factors[-1], config.regularization)
        self.joined = np.concatenate(factors, axis=1)
        wide = self.joined.astype(np.float64)
        _, axes = np.linalg.eigh(wide.T @ wide)  # the largest stand last
        self.axes = np.ascontiguousarray(axes[:, ::-1][:, : config.dimensions], dtype=np.float32)
        self.item_factors = self.joined @ self.axes / np.float32(config.fits)
        self.item_bias = np.zeros(data.n_items, dtype=np.float32)

    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the projected solutions of all models for each history [n_queries, d]."""
        return self._projected([ridge.users(history) for _, ridge in self._ridges])

    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return what each item adds to the projected solutions [n_history, d]."""
        return self._projected([ridge.parts(history, history_items) for _, ridge in self._ridges])

    def _projected(self, solutions: list[FloatMatrix]) -> FloatMatrix:
        """Return the solutions of the models of each size [n, n_columns] on the axes of all."""
        parts = zip(self._ridges, solutions, strict=True)
        return np.asarray(sum(found @ axes for (axes, _), found in parts), dtype=np.float32)

    @cached_property
    def _ridges(self) -> list[tuple[FloatMatrix, HistoryRidge]]:
        """For each size of a model: the axes of the factors of all that have it, and their regressions."""
        sizes, parts = np.asarray(self._sizes()), self._parts()
        found: list[tuple[FloatMatrix, HistoryRidge]] = []
        for size in np.unique(sizes).tolist():
            own = [parts[number] for number in np.flatnonzero(sizes == size)]
            columns = np.stack([np.arange(part.start, part.stop) for part in own])
            grams = np.stack([self.grams[part, :size] for part in own])
            found.append(
                (self.axes[columns.ravel()], HistoryRidge(self.joined, columns, grams, self.config.alpha))
            )
        return found

    def _parts(self) -> list[slice]:
        """Return where the factors of each model stand in a row."""
        sizes = self._sizes()
        return [slice(end - size, end) for end, size in zip(np.cumsum(sizes).tolist(), sizes, strict=True)]

    def _sizes(self) -> list[int]:
        """Return how many factors each model has."""
        half = max(self.config.factors // 2, 1)
        return [half if number % 2 else self.config.factors for number in range(self.config.fits)]

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of all fits."""
        del again
        return cost.LEAST + sum(cost.alternating(size, factors) for factors in self._sizes())

    def score_cost(self, size: Size) -> float:
        """Return the seconds of the products, and of solving for all users."""
        solving = sum(cost.solved_histories(size, factors) for factors in self._sizes())
        return solving + cost.dense_products(size, self.config.dimensions)


SEEDS_APART = 1_000
"""So far apart are the seeds of two models, so that fits of neighbouring seeds share none."""
