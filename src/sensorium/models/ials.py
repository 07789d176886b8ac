"""iALS: factors of users and items under which what was chosen weighs more than what was not."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.sparse import damp_events
from sensorium.models import cost
from sensorium.models.base import FitOptions, Size, TrainingData
from sensorium.models.search_space import Between, KnownSettings, LogBetween, Space
from sensorium.models.shared.folded_in import FoldedIn
from sensorium.models.shared.history_ridge import HistoryRidge


class IALSConfig(Config):
    """How many factors, and how much an event weighs."""

    factors: PositiveInt = 64
    """Length of the vectors of users and items."""
    alpha: PositiveFloat = 100.0
    """The weight of an event; an item that was not chosen weighs 1."""
    regularization: PositiveFloat = 250.0
    """Ridge on each vector; larger leans on popular items."""
    user_exponent: NonNegativeFloat = 0.0
    """While fitting, the events of a user with n of them weigh n^-user_exponent."""
    item_exponent: NonNegativeFloat = 0.5
    """While fitting, the events of an item with n of them weigh n^-item_exponent; 0 is the original iALS."""
    iterations: PositiveInt = 10
    """Rounds of users, then items."""


VANISHED = 1e-8
"""Factors that are all smaller become ever smaller: the ridge has won, and zero is what they come to. What is
so small that its square has fewer digits makes a processor ten times as slow."""


class VanishedError(Exception):
    """Factors have vanished."""


class IALS(FoldedIn[IALSConfig]):
    """Implicit alternating least squares: choices as weighted ones among zeros, in few dimensions.

    Formula: minimise sum_ui c_ui (p_ui - u·y_i)^2 + l (sum |u|^2 + sum |y_i|^2), p = 1 and
    c = alpha w_ui |X_ui| for events, p = 0 and c = 1 for all else; items that a user is against have p = 0
    with the weight of an event. w = n_u^-a d_i^-b, one on average, for a user of n and an item of d events:
    neither few very active users nor few very popular items fill the factors. A user is solved for at the
    moment of asking, w left out: u = (Y'CY + lI)^-1 Y'Cp. The factors are fitted by the library `implicit`.
    Cost: events d^2 and (users + items) d^3 a round at most; keeps 4 d bytes an item.
    Source: Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; conjugate
    gradients as in Takács, Pilászy and Tikk 2011.
    """

    space: ClassVar[Mapping[str, Space]] = {
        "regularization": LogBetween(1, 10_000),
        "alpha": LogBetween(1, 1000),
        "item_exponent": Between(0.0, 1.0),
        "user_exponent": Between(0.0, 1.0),
        "factors": LogBetween(16, 256, whole=True),
    }
    portfolio: ClassVar[Sequence[KnownSettings]] = (
        KnownSettings(12, {}),
        KnownSettings(60, {"regularization": 50.0, "alpha": 10.0, "item_exponent": 0.0}),
        KnownSettings(
            120,
            {
                "regularization": 100.0,
                "alpha": 10.0,
                "item_exponent": 0.0,
                "factors": 128,
            },
        ),
    )

    gram: NDArray[np.float64]
    """[d, d]: Y'Y + lI over the items learnt from."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Alternate between users and items; the seed sets where they start."""
        self.scored = data.seen_items
        self.item_factors = ials_factors(data.signed, self.config, options.seed)
        self.item_factors[~self.scored] = 0
        self.item_bias = np.zeros(data.n_items, dtype=np.float32)
        self.gram = regularised_gram(self.item_factors, self.config.regularization)

    def user_vectors(self, history: SparseMatrix) -> FloatMatrix:
        """Return the solution for each history [n_queries, d]."""
        return self._ridge.users(history)

    def vector_parts(self, history: FloatVector, history_items: IntVector) -> FloatMatrix:
        """Return what each item adds to the right-hand side, solved for [n_history, d]."""
        return self._ridge.parts(history, history_items)

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of all rounds."""
        del again
        return cost.LEAST + cost.alternating(size, self.config.factors)

    def score_cost(self, size: Size) -> float:
        """Return the seconds of solving for all queries, and of the products."""
        factors = self.config.factors
        return cost.solved_histories(size, factors) + cost.dense_products(size, factors)

    @cached_property
    def _ridge(self) -> HistoryRidge:
        return HistoryRidge.of_one(self.item_factors, self.gram, self.config.alpha)


def ials_factors(interactions: SparseMatrix, config: IALSConfig, seed: int) -> FloatMatrix:
    """Return the item factors [n_items, d] that `implicit` fits to `interactions` [n_users, n_items]."""
    from implicit.cpu.als import AlternatingLeastSquares  # compiled; takes a second to load

    interactions = balanced(interactions, config.user_exponent, config.item_exponent)
    # Each row is solved by one thread, so their number changes nothing; threads of BLAS would be in the way.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.regularization,
            alpha=config.alpha,
            iterations=config.iterations,
            random_state=seed,
        )

        def stop_where_nothing_is_left(*_: object) -> None:
            if np.abs(model.item_factors).max(initial=0) < VANISHED:
                raise VanishedError

        events = sparse.csr_matrix(interactions, dtype=np.float32)
        try:
            model.fit(events, show_progress=False, callback=stop_where_nothing_is_left)
        except VanishedError:
            return np.zeros_like(model.item_factors, dtype=np.float32)
    return np.array(model.item_factors, dtype=np.float32)


def balanced(interactions: SparseMatrix, user_exponent: float, item_exponent: float) -> SparseMatrix:
    """Return damped events [n_users, n_items] over the mean of what they are damped by."""
    weighed = damp_events(interactions, user_exponent, item_exponent)
    weighed.sort_indices()
    ones = interactions.copy()
    ones.data = np.ones_like(ones.data)
    if weighed.nnz:
        weighed.data /= damp_events(ones, user_exponent, item_exponent).data.mean(dtype=np.float64)
    return weighed


def regularised_gram(factors: FloatMatrix, regularization: float) -> NDArray[np.float64]:
    """Return Y'Y + lI [d, d]."""
    wide = factors.astype(np.float64)
    return wide.T @ wide + regularization * np.eye(factors.shape[1])
