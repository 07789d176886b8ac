"""Rating factors: a rating from biases and factors, averaged over all that the ratings allow."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.config import Config
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import entry_rows, keep_entries, row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, Traits
from sensorium.models.search_space import Between, OneOf, Space
from sensorium.models.shared.block_features import concatenated
from sensorium.models.shared.gibbs import RowPrior, sampled_rows
from sensorium.models.shared.masking import n_new_items
from sensorium.models.shared.rating_units import principal_axes, spread_of, standardised
from sensorium.models.shared.row_law import Wide


class RatingFactorsConfig(Config):
    """How many factors, and how long to sample."""

    factors: NonNegativeInt = 12
    """Length of the vectors of users and items, beside their biases."""
    content: bool = True
    """Whether the features of an item tell where its vector is expected."""
    warm_up: NonNegativeInt = 20
    """Rounds that are thrown away."""
    samples: PositiveInt = 40
    """Rounds that are kept and averaged; the model holds 4 (factors + 1) bytes for each, times items."""
    thinning: PositiveInt = 2
    """One round of so many is kept, since neighbouring ones are alike."""


class RatingFactors(Recommender[RatingFactorsConfig]):
    """Bayesian matrix factorisation of ratings: the mean prediction over draws from the posterior.

    Formula: (r_ui - m) / s = b_u + b_i + u·v_i + noise, m and s the mean and the spread of all ratings;
    (b_u, u) normal around one mean, (b_i, v_i) normal around a mean plus a linear function of the item's
    features; means, precisions, the noise and the ridge on the linear function are drawn too (Gibbs
    sampling), so nothing of it has to be tuned. A user is folded in: for each kept draw of the items the
    expected (b_u, u) given the ratings, in closed form, for known users and new users alike; without ratings
    it is the mean user. Predictions stay within the scale. Cost: ratings d^2 + (users + items) d^3 a round.
    Sources: Salakhutdinov and Mnih 2008, "Bayesian probabilistic
    matrix factorization using Markov chain Monte Carlo"; Simm et al. 2015, "Macau", arXiv 1509.04610;
    biases as in Koren 2008.
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, blocks=True, needs_history=False, needs_ratings=True)
    space: ClassVar[Mapping[str, Space]] = {
        "factors": Between(4, 32, whole=True),
        "content": OneOf((True, False)),
    }

    mean: float
    """The mean of all ratings."""
    spread: float
    """The standard deviation of all ratings: the unit of all that follows but `scale`. So the unit of the
    ratings themselves, stars or cents, plays no part; 1 if all are equal."""
    scale: list[float]
    """The lowest and the highest rating."""
    ratings: SparseMatrix
    """[n_users, n_learnt] float32: what known users rated, less the mean, in spreads."""
    items: FloatMatrix
    """[samples, n_items, 1 + factors] float32: bias and vector of each item."""
    item_means: FloatMatrix
    """[samples, 1 + factors] float32: what an item without features is expected to be."""
    slopes: FloatMatrix
    """[samples, axes, 1 + factors] float32: what features tell of an item."""
    axes: FloatMatrix
    """[d, axes] float32: from the columns of all blocks to their principal axes."""
    user_means: FloatMatrix
    """[samples, 1 + factors] float32: bias and vector of the mean user."""
    user_precisions: FloatMatrix
    """[samples, 1 + factors, 1 + factors] float32: how much users differ from the mean."""
    noise_precisions: NDArray[np.float64]
    """[samples]: one over the variance of a rating."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Draw users, items and their laws in turn; the seed sets the draws."""
        if data.ratings is None or not data.ratings.nnz:
            raise NotReadyError(f"{self.name} needs rated events", remedy="Give events a rating column")
        values = data.ratings.data
        self.mean = float(values.mean(dtype=np.float64))
        self.scale = [float(values.min()), float(values.max())]
        self.spread = spread_of(values)
        self.ratings = standardised(data.ratings, self.mean, self.spread)
        features = self._features(data.blocks, data.n_items)
        self.axes = principal_axes(features)
        with threadpool_limits(1, "blas"):  # many small matrices; and sums in one order
            self._draw((features @ self.axes).astype(np.float64), np.random.default_rng(options.seed))

    def _features(self, blocks: Mapping[str, FeatureBlock], n_items: int) -> FloatMatrix:
        return concatenated(blocks if self.config.content else {}, n_items)

    def _draw(self, features: Wide, rng: np.random.Generator) -> None:
        by_user: SparseMatrix = sparse.csr_array(self.ratings, dtype=np.float64)
        by_item: SparseMatrix = sparse.csr_array(by_user.T)
        d = self.config.factors + 1
        unrated = row_counts(by_item) == 0
        items = 0.1 * rng.normal(size=(by_item.shape[0], d)) * (np.arange(d) > 0)
        user_law, item_law = RowPrior(d, np.zeros((by_user.shape[0], 0))), RowPrior(d, features)
        noise_precision = 1.0 / max(float(by_user.data.var()), 1e-6)
        kept: list[tuple[Wide, ...]] = []
        rounds = self.config.warm_up + self.config.samples * self.config.thinning
        for done in range(1, rounds + 1):
            users = sampled_rows(by_user, items, user_law.means(), user_law.precision, noise_precision, rng)
            items = sampled_rows(by_item, users, item_law.means(), item_law.precision, noise_precision, rng)
            user_law.sample(users, rng)
            item_law.sample(items, rng)
            error = by_user.data - fitted_values(by_user, users, items)
            noise_precision = float(rng.gamma(1 + len(error) / 2) / (1e-3 + np.square(error).sum() / 2))
            if done > self.config.warm_up and (done - self.config.warm_up) % self.config.thinning == 0:
                shown = np.where(unrated[:, None], item_law.means(), items)
                laws = (user_law.mean, user_law.precision, item_law.mean, item_law.slopes)
                kept.append((shown, *laws, np.asarray(noise_precision)))
        stacked = [np.stack(parts).astype(np.float32) for parts in zip(*kept, strict=True)]
        self.items, self.user_means, self.user_precisions, self.item_means, self.slopes, noise = stacked
        self.noise_precisions = noise.astype(np.float64)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return self.items.shape[1]

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the expected rating of every item [n_queries, n_items], within the scale."""
        ratings = self._ratings_of(queries)
        rated = np.unique(ratings.indices)
        narrow = sparse.csr_array(ratings[:, rated])
        n_samples, n_items, d = self.items.shape
        users = np.empty((ratings.shape[0], n_samples, d), dtype=np.float32)
        with threadpool_limits(1, "blas"):
            for sample, items in enumerate(self.items):
                users[:, sample] = sampled_rows(
                    narrow,
                    items[rated].astype(np.float64),
                    self.user_means[sample][None].astype(np.float64),
                    self.user_precisions[sample].astype(np.float64),
                    float(self.noise_precisions[sample]),
                )
        bias = users[:, :, 0].mean(axis=1)[:, None] + self.items[:, :, 0].mean(axis=0)[None, :]
        vectors = users[:, :, 1:].reshape(len(users), n_samples * (d - 1))
        others = self.items[:, :, 1:].transpose(1, 0, 2).reshape(n_items, n_samples * (d - 1))
        told = bias + vectors @ others.T / np.float32(n_samples)
        scores = np.float32(self.mean) + np.float32(self.spread) * told
        low, high = self.scale
        return np.clip(scores, low, high).astype(np.float32)

    def _ratings_of(self, queries: QueryBatch) -> SparseMatrix:
        """Return each query's standardised ratings [n_queries, n_learnt]: its own, or those learnt from."""
        n_learnt = self.ratings.shape[1]
        if queries.ratings is not None:
            own = sparse.csr_array(queries.ratings[:, :n_learnt])
            return standardised(own, self.mean, self.spread)
        known = queries.users >= 0
        chosen = sparse.csr_array(self.ratings[np.where(known, queries.users, 0)])
        return keep_entries(chosen, known[entry_rows(chosen)])

    def reads_blocks(self) -> tuple[BlockName, ...] | None:
        """Return None, all blocks, or none where content is not asked."""
        return None if self.config.content else ()

    def restore(self, state: State) -> Self:
        """Set the learned attributes from `state`, which in older bundles is in units of the ratings."""
        return super().restore(State(state.arrays, {"spread": 1.0, **state.values}))

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model in which the new items are what their features tell."""
        n_old = self.items.shape[1]
        n_new = n_new_items(blocks, n_old)
        longer = type(self)(self.config).restore(self.state())
        if n_new > 0:
            features = self._features(blocks, n_old + n_new)[n_old:] @ self.axes
            told = self.item_means[:, None, :] + np.einsum("na,sad->snd", features, self.slopes)
            longer.items = np.concatenate([self.items, told.astype(np.float32)], axis=1)
        return longer


def fitted_values(ratings: SparseMatrix, users: Wide, items: Wide) -> Wide:
    """Return what `users` and `items` say of each rating [n_ratings]: the sum of both biases and u·v."""
    rows, columns = entry_rows(ratings), ratings.indices
    products = np.einsum("nd,nd->n", users[rows, 1:], items[columns, 1:])
    return users[rows, 0] + items[columns, 0] + products
