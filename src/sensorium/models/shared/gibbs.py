"""Gibbs sampling of one side of a factorisation: its rows, and the normal law that they follow."""

from typing import Any

import numpy as np

from sensorium.core.arrays import SparseMatrix
from sensorium.core.sparse import with_data
from sensorium.models.shared.row_law import LinearLaw, Wide

ROWS_AT_ONCE = 4096


class RowPrior(LinearLaw):
    """The law of rows as it is drawn, together with how strong the ridge on the slopes is.

    Sources: Salakhutdinov and Mnih 2008, "Bayesian
    probabilistic matrix factorization"; Simm et al. 2015, "Macau", arXiv 1509.04610.
    """

    def sample(self, rows: Wide, rng: np.random.Generator) -> None:
        """Draw mean, slopes, their ridge and the precision, given the rows [n, d]."""
        n, d = rows.shape
        spread: Any = np.linalg.cholesky(np.linalg.inv(self.precision))  # spread spread' = covariance
        rest = rows - self.features @ self.slopes
        self.mean = rest.sum(axis=0) / (n + 1) + spread @ rng.normal(size=d) / np.sqrt(n + 1)
        if len(self.slopes):
            self._sample_slopes(rows - self.mean, spread, rng)
        left = rows - self.means()
        scatter = left.T @ left + np.eye(d) + np.outer(self.mean, self.mean)
        scatter += self.ridge * self.slopes.T @ self.slopes
        self.precision = _wishart(scatter, n + d + 1 + len(self.slopes), rng)

    def _sample_slopes(self, rows: Wide, spread: Wide, rng: np.random.Generator) -> None:
        noisy = rows + rng.normal(size=rows.shape) @ spread.T
        pulled = np.sqrt(self.ridge) * rng.normal(size=self.slopes.shape) @ spread.T
        self.slopes = (self.features.T @ noisy + pulled) / (self.lengths + self.ridge)[:, None]
        size = np.sum((self.slopes @ self.precision) * self.slopes)
        self.ridge = float(rng.gamma(1 + self.slopes.size / 2) / (1 + size / 2))


def _wishart(scatter: Wide, freedom: int, rng: np.random.Generator) -> Wide:
    """Return a draw [d, d] of the Wishart law of scale `scatter`^-1, by Bartlett's decomposition."""
    d = len(scatter)
    lower = np.tril(rng.normal(size=(d, d)), -1)
    lower[np.diag_indices(d)] = np.sqrt(rng.chisquare(freedom - np.arange(d)))
    root: Any = np.linalg.cholesky(np.linalg.inv(scatter)) @ lower
    return root @ root.T


def sampled_rows(
    values: SparseMatrix,
    others: Wide,
    prior_means: Wide,
    precision: Wide,
    noise_precision: float,
    rng: np.random.Generator | None = None,
) -> Wide:
    """Return the rows of one side given the other's: draws with `rng`, their means without.

    Parameters
    ----------
    values
        [n, n_other]: what rows times the others' rows should give, where it is known. A stored zero counts.
    others
        [n_other, d]: a bias, then factors; a row's bias is added to the other's.
    prior_means
        [n, d], or [1, d] for all alike.
    precision
        [d, d]: of the prior.
    noise_precision
        One over the variance of a value.
    """
    inputs = np.concatenate([np.ones((len(others), 1)), others[:, 1:]], axis=1)
    d = inputs.shape[1]
    products = (inputs[:, :, None] * inputs[:, None, :]).reshape(len(inputs), d * d)
    offsets = others[:, :1] * inputs
    rows = np.empty((values.shape[0], d))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = values[start : start + ROWS_AT_ONCE]
        there = with_data(part, np.ones(part.nnz))
        left = noise_precision * (there @ products).reshape(part.shape[0], d, d) + precision
        means = prior_means if len(prior_means) == 1 else prior_means[start : start + ROWS_AT_ONCE]
        right = noise_precision * (part @ inputs - there @ offsets) + means @ precision
        rows[start : start + ROWS_AT_ONCE] = _drawn(left, right, rng)
    return rows


def _drawn(left: Wide, right: Wide, rng: np.random.Generator | None) -> Wide:
    """Return draws of the normal laws with precisions `left` [n, d, d] and means left^-1 right [n, d]."""
    if rng is None:
        means: Any = np.linalg.solve(left, right[:, :, None])
        return means[:, :, 0]
    root: Any = np.linalg.cholesky(left)
    halfway: Any = np.linalg.solve(root, right[:, :, None]) + rng.normal(size=(*right.shape, 1))
    drawn: Any = np.linalg.solve(root.transpose(0, 2, 1), halfway)
    return drawn[:, :, 0]
