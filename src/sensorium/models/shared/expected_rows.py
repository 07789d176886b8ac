"""One side of a factorisation given the other: least squares that knows how sure the other side is."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.sparse import with_data
from sensorium.models.shared.row_law import LinearLaw, Wide

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Rows:
    """Rows of a bias and factors, each known as a normal law."""

    means: Wide
    """[n, d]: a bias, then factors."""
    covariances: FloatMatrix
    """[n, d (d + 1) / 2] float32: the upper triangle of each covariance, row by row."""

    @classmethod
    def around(cls, means: Wide, covariance: Wide) -> Self:
        """Return rows [n, d] that all have one covariance [d, d]."""
        triangle = covariance[np.triu_indices(len(covariance))].astype(np.float32)
        return cls(means, np.tile(triangle, (len(means), 1)))

    def inputs(self) -> Wide:
        """Return what multiplies the other side's rows [n, d]: one for their bias, then the factors."""
        return np.concatenate([np.ones((len(self.means), 1)), self.means[:, 1:]], axis=1)

    def products(self) -> FloatMatrix:
        """Return the expected products of the inputs [n, d (d + 1) / 2] float32, upper triangles."""
        first, second = np.triu_indices(self.means.shape[1])
        inputs = self.inputs().astype(np.float32)
        found = inputs[:, first] * inputs[:, second]
        found += self.covariances * (first > 0)
        return found

    def offsets(self) -> Wide:
        """Return the expected products of the inputs with the bias [n, d]."""
        found = self.means[:, :1] * self.inputs()
        found[:, 1:] += self.covariances[:, 1 : found.shape[1]]
        return found


class RowLaw(LinearLaw):
    """What `gibbs.RowPrior` draws, as its expectation under the factorised posterior."""

    def learn(self, rows: Rows) -> None:
        """Set mean, slopes, precision and the ridge to what they are expected to be given the rows."""
        (n, d), n_axes = rows.means.shape, len(self.slopes)
        self.mean = (rows.means - self.features @ self.slopes).sum(axis=0) / (n + 1)
        self.slopes = self.features.T @ (rows.means - self.mean) / (self.lengths + self.ridge)[:, None]
        left = rows.means - self.means()
        unsure = full(rows.covariances.sum(axis=0, dtype=np.float64)[None], d)[0]
        unsure += (1 + n_axes) * np.linalg.inv(self.precision)  # of the mean, and of each axis's slopes
        scatter = left.T @ left + unsure + np.eye(d) + np.outer(self.mean, self.mean)
        scatter += self.ridge * self.slopes.T @ self.slopes
        self.precision = (n + d + 1 + n_axes) * np.linalg.inv(scatter)
        size = (
            np.sum((self.slopes @ self.precision) * self.slopes) + d * (1 / (self.lengths + self.ridge)).sum()
        )
        self.ridge = float((1 + self.slopes.size / 2) / (1 + size / 2))


def full(triangles: FloatMatrix, d: int) -> Wide:
    """Return the symmetric matrices [n, d, d] of upper triangles [n, d (d + 1) / 2]."""
    first, second = np.triu_indices(d)
    found = np.empty((len(triangles), d, d))
    found[:, first, second] = triangles
    found[:, second, first] = triangles
    return found


def expected_rows(
    values: SparseMatrix, others: Rows, prior_means: Wide, precision: Wide, noise_precision: float
) -> tuple[Rows, float]:
    """Return the rows of one side given the other's, and the squared error of all values to be expected.

    Each solves (t A + P) x = t r + P m, A and r the sums over its values of E[w w'] and E[w (value - bias)],
    w the other side's inputs: ridge regression, whose ridge P + t (sum of covariances) grows with the number
    of values, the more so the less is known of the other side.

    Parameters
    ----------
    values
        [n, n_other]: what rows times the others' rows should give, where it is known. A stored zero counts.
    others
        The other side; a row's bias is added to the other's.
    prior_means
        m [n, d], or [1, d] for all alike.
    precision
        P [d, d]: of the prior.
    noise_precision
        t: one over the variance of a value.
    """
    n, d = values.shape[0], others.means.shape[1]
    first, second = np.triu_indices(d)
    inputs, products, offsets = others.inputs(), others.products(), others.offsets()
    means, covariances = np.empty((n, d)), np.empty((n, len(first)), dtype=np.float32)
    fitted = 0.0
    for start in range(0, n, ROWS_AT_ONCE):
        chosen = slice(start, start + ROWS_AT_ONCE)
        part = values[chosen]
        there = with_data(part, np.ones(part.nnz, dtype=np.float32))
        left, right = full(there @ products, d), part @ inputs - there @ offsets
        prior = prior_means if len(prior_means) == 1 else prior_means[chosen]
        covariance: Any = np.linalg.inv(noise_precision * left + precision)
        mean = ((noise_precision * right + prior @ precision)[:, None, :] @ covariance)[:, 0]
        means[chosen], covariances[chosen] = mean, covariance[:, first, second]
        fitted += float(np.vdot(left, covariance) + np.vdot(mean, (mean[:, None] @ left)[:, 0] - 2 * right))
    squared = np.square(others.means[:, 0]) + others.covariances[:, 0]
    biases = others.means[values.indices, 0]
    error = float(values.data @ (values.data - 2 * biases) + squared[values.indices].sum())
    return Rows(means, covariances), error + fitted
