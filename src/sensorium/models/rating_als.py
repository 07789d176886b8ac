"""Rating ALS: a rating from biases and factors, by alternating least squares that weighs what it knows."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import NonNegativeInt, PositiveInt
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.config import Config
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, Traits
from sensorium.models.search_space import Between, OneOf, Space
from sensorium.models.shared.block_features import concatenated
from sensorium.models.shared.expected_rows import RowLaw, Rows, expected_rows
from sensorium.models.shared.masking import n_new_items
from sensorium.models.shared.rating_units import principal_axes, spread_of, standardised
from sensorium.models.shared.row_law import Wide


class RatingALSConfig(Config):
    """How many factors, and how many rounds."""

    factors: NonNegativeInt = 16
    """Length of the vectors of users and items, beside their biases."""
    content: bool = True
    """Whether the features of an item tell where its vector is expected."""
    iterations: PositiveInt = 10
    """Rounds of users, then items."""


class RatingALS(Recommender[RatingALSConfig]):
    """Alternating least squares on ratings, with a ridge that is learnt and grows with the ratings.

    Formula: (r_ui - m) / s = b_u + b_i + u·v_i, m and s the mean and the spread of all ratings. In turn,
    each user's x = (b_u, u) and each item's (b_i, v_i) solve (A + S + P / t) x = c: A and c as in least
    squares on the other side, S the sum of the covariances of the rows that it met there, P / t the learnt
    precision of its own side over that of the noise. S is the ridge of ALS-WR, which grows with the number of
    ratings, by as much as the other side is uncertain. Items are expected at a mean plus a linear function of
    their features. Mean, function and its ridge, P and t follow in closed form (the factorised posterior), so
    that nothing of it has to be tuned. Ratings in a query are solved for then; a user without any is the mean
    user, an item without any what its features tell. Predictions stay within the scale. Cost: ratings d^2 and
    (users + items) d^3 a round; 4 d^2 bytes a user and item while fitting, 2 d^2 an item for good.
    Sources: Zhou et al. 2008, "Large-scale parallel collaborative filtering for the Netflix prize" (ALS-WR);
    Lim and Teh 2007, "Variational Bayesian approach to movie rating prediction"; features as in Simm et al.
    2015, "Macau", arXiv 1509.04610.
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, blocks=True, needs_history=False, needs_ratings=True)
    space: ClassVar[Mapping[str, Space]] = {
        "factors": Between(4, 32, whole=True),
        "content": OneOf((True, False)),
    }

    mean: float
    """The mean of all ratings."""
    spread: float
    """The standard deviation of all ratings, the unit of all that follows but `scale`; 1 if all are equal."""
    scale: list[float]
    """The lowest and the highest rating."""
    items: FloatMatrix
    """[n_items, 1 + factors] float32: bias and vector of each item."""
    item_covariances: FloatMatrix
    """[n_items, d (d + 1) / 2] float32, d = 1 + factors: upper triangles of how uncertain each item is."""
    item_mean: Wide
    """[1 + factors] float64: what an item without features is expected to be."""
    item_precision: Wide
    """[1 + factors, 1 + factors] float64: how much items differ from what is expected of them."""
    slopes: FloatMatrix
    """[axes, 1 + factors] float32: what features tell of an item."""
    axes: FloatMatrix
    """[n_columns, axes] float32: from the columns of all blocks to their principal axes."""
    users: FloatMatrix
    """[n_users, 1 + factors] float32: bias and vector of each user, by training row."""
    user_mean: Wide
    """[1 + factors] float64: bias and vector of the mean user."""
    user_precision: Wide
    """[1 + factors, 1 + factors] float64: how much users differ from the mean."""
    noise_precision: float
    """One over the variance of a rating."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Solve for users and items in turn; the seed sets where the items start."""
        if data.ratings is None or not data.ratings.nnz:
            raise NotReadyError(f"{self.name} needs rated events", remedy="Give events a rating column")
        values = data.ratings.data
        self.mean = float(values.mean(dtype=np.float64))
        self.scale = [float(values.min()), float(values.max())]
        self.spread = spread_of(values)
        ratings = self._standardised(data.ratings)
        rated, rating = np.unique(ratings.indices), np.flatnonzero(row_counts(ratings))
        features = self._features(data.blocks, data.n_items)
        self.axes = principal_axes(features[rated])
        with threadpool_limits(1, "blas"):  # many small matrices; and sums in one order
            known = sparse.csr_array(ratings[rating][:, rated])
            found = self._alternate(known, (features[rated] @ self.axes).astype(np.float64), options.seed)
            told = self._expected(features)
            told.means[rated], told.covariances[rated] = found.means, found.covariances
            self.items, self.item_covariances = told.means.astype(np.float32), told.covariances
            self.users = self._solved(ratings)

    def _standardised(self, ratings: SparseMatrix) -> SparseMatrix:
        return sparse.csr_array(standardised(ratings, self.mean, self.spread), dtype=np.float64)

    def _features(self, blocks: Mapping[str, FeatureBlock], n_items: int) -> FloatMatrix:
        return concatenated(blocks if self.config.content else {}, n_items)

    def _alternate(self, ratings: SparseMatrix, features: Wide, seed: int) -> Rows:
        """Return the items of `ratings` [n_users, n_rated], each of which somebody rated; set all laws."""
        by_item: SparseMatrix = sparse.csr_array(ratings.T)
        d = 1 + self.config.factors
        rng = np.random.default_rng(seed)
        items = Rows.around(
            0.1 * rng.normal(size=(by_item.shape[0], d)) * (np.arange(d) > 0), 0.01 * np.eye(d)
        )
        user_law, item_law = RowLaw(d, np.zeros((ratings.shape[0], 0))), RowLaw(d, features)
        noise = 1.0 / max(float(ratings.data.var()), 1e-6)
        for _ in range(self.config.iterations):
            users, _error = expected_rows(ratings, items, user_law.mean[None], user_law.precision, noise)
            user_law.learn(users)
            items, error = expected_rows(by_item, users, item_law.means(), item_law.precision, noise)
            item_law.learn(items)
            noise = (1 + ratings.nnz / 2) / (1e-3 + error / 2)
        self.user_mean, self.user_precision = user_law.mean, user_law.precision
        self.item_mean, self.item_precision = item_law.mean, item_law.precision
        self.slopes, self.noise_precision = item_law.slopes.astype(np.float32), float(noise)
        return items

    def _expected(self, features: FloatMatrix) -> Rows:
        """Return what unrated items with these features [n, n_columns] are expected to be."""
        means = self.item_mean + (features @ self.axes).astype(np.float64) @ self.slopes
        covariance: Any = np.linalg.inv(self.item_precision)
        return Rows.around(means, covariance)

    def _solved(self, ratings: SparseMatrix) -> FloatMatrix:
        """Return the users [n_users, 1 + factors] with these standardised ratings of the first items."""
        rated = np.unique(ratings.indices)
        items = Rows(self.items[rated].astype(np.float64), self.item_covariances[rated])
        narrow: SparseMatrix = sparse.csr_array(ratings[:, rated])
        prior = self.user_mean[None]
        users, _error = expected_rows(narrow, items, prior, self.user_precision, self.noise_precision)
        return users.means.astype(np.float32)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.items)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the expected rating of every item [n_queries, n_items], within the scale."""
        if queries.ratings is not None:
            with threadpool_limits(1, "blas"):
                users = self._solved(self._standardised(sparse.csr_array(queries.ratings)))
        else:
            known = queries.users >= 0
            users = np.where(known[:, None], self.users[queries.users], self.user_mean.astype(np.float32))
        told = users[:, :1] + self.items[:, 0] + users[:, 1:] @ self.items[:, 1:].T
        scores = np.float32(self.mean) + np.float32(self.spread) * told
        low, high = self.scale
        return np.clip(scores, low, high).astype(np.float32)

    def reads_blocks(self) -> tuple[BlockName, ...] | None:
        """Return None, all blocks, or none where content is not asked."""
        return None if self.config.content else ()

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model in which the new items are what their features tell."""
        n_old = self.n_items
        n_new = n_new_items(blocks, n_old)
        longer = type(self)(self.config).restore(self.state())
        if n_new > 0:
            told = self._expected(self._features(blocks, n_old + n_new)[n_old:])
            for name, new in (("items", told.means), ("item_covariances", told.covariances)):
                setattr(longer, name, np.concatenate([getattr(self, name), new.astype(np.float32)]))
        return longer
