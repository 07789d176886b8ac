"""BPR: factors that put what was chosen above what was not."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.config import Config
from sensorium.models.base import AutoPolicy, FitOptions, TrainingData
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.folded_in import FoldedByMean


class BPRConfig(Config):
    """How many factors, and how they are learnt."""

    factors: PositiveInt = 64
    """Length of the vectors of users and items."""
    learning_rate: PositiveFloat = 0.05
    """Step of the stochastic gradient."""
    regularization: NonNegativeFloat = 0.01
    """Pull toward zero in each step."""
    iterations: PositiveInt = 100
    """Passes over the events."""


class BPR(FoldedByMean[BPRConfig]):
    """Bayesian personalised ranking: each event above an item that was not chosen.

    Formula: maximise sum over (u, i, j) of ln s(b_i + u·y_i - b_j - u·y_j) - l |parameters|^2, with s the
    logistic function, i chosen by u, and j drawn by popularity from what u did not choose. Fitted by the
    library `implicit`, on one thread, since several would race and give another model each time. Users
    are folded in: their vector is the learnt affine map of the mean factors of the history. Cost: events d
    a pass. Source: Rendle et al. 2009, "BPR: Bayesian personalized ranking from implicit feedback",
    arXiv 1205.2618.
    """

    auto: ClassVar[AutoPolicy] = AutoPolicy(
        left_out="only if asked for: it takes long and others rank better"
    )
    space: ClassVar[Mapping[str, Space]] = {
        "learning_rate": LogBetween(0.005, 0.2),
        "regularization": LogBetween(0.001, 0.2),
        "factors": LogBetween(16, 256, whole=True),
        "iterations": LogBetween(20, 300, whole=True),
    }

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Follow the gradient; the seed sets the start and the pairs drawn."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking  # compiled; takes a second to load

        config = self.config
        with threadpool_limits(1, "blas"):
            model = BayesianPersonalizedRanking(
                factors=config.factors,
                learning_rate=config.learning_rate,
                regularization=config.regularization,
                iterations=config.iterations,
                num_threads=1,
                random_state=options.seed,
            )
            likes = sparse.csr_matrix(data.interactions, dtype=np.float32, copy=True)  # it writes to them
            model.fit(likes, show_progress=False)
        self.scored = data.seen_items
        items = np.where(self.scored[:, None], np.asarray(model.item_factors), np.float32(0))
        users = np.asarray(model.user_factors)[:, :-1]  # the last column is the one that takes the bias
        factors = np.ascontiguousarray(items[:, :-1], dtype=np.float32)
        self.take(data.interactions, users, factors, items[:, -1])
