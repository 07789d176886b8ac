"""Intervals from the users: how far a mean, or the difference of two, would move with other users."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
"""Bootstrap resamples; the ends of a 95% interval then move by about 2% of its width with the seed."""
FLIPS = 2_000
"""Random sign patterns of the permutation test; the smallest p-value is one in so many."""
CONFIDENCE = 0.95
_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Interval:
    """A mean over users and its 95% bootstrap interval."""

    mean: float
    low: float
    high: float
    n_users: int
    p_value: float | None = None
    """For differences: probability of one at least as large if the two models were exchangeable."""

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside: the one rule by which a difference is called significant."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> dict[str, Any]:
        """Return the interval as JSON."""
        numbers: dict[str, Any] = {"mean": self.mean, "low": self.low, "high": self.high}
        return (
            numbers | {"n_users": self.n_users} | ({} if self.p_value is None else {"p_value": self.p_value})
        )


def bootstrap(values: NDArray[Any], *, seed: int = 0, n_resamples: int = RESAMPLES) -> list[Interval]:
    """Return the percentile bootstrap interval of each column's mean; users are drawn with replacement.

    `values` is [n_users, n_columns]; every column is resampled with the same draws (Efron 1979).
    """
    return bootstrap_each([values], seed=seed, n_resamples=n_resamples)[0]


def bootstrap_each(
    tables: Sequence[NDArray[Any]], *, seed: int = 0, n_resamples: int = RESAMPLES
) -> list[list[Interval]]:
    """Return what `bootstrap` gives for each of `tables` [n_users, n_columns], which are drawn from once."""
    n_users = len(tables[0]) if tables else 0
    if n_users == 0:
        nothing = Interval(float("nan"), float("nan"), float("nan"), 0)
        return [[nothing] * table.shape[1] for table in tables]
    rng = np.random.default_rng(seed)
    means = [np.empty((n_resamples, table.shape[1])) for table in tables]
    counted = [_Counted.of(table) for table in tables]
    step = max(1, _CELLS_AT_ONCE // n_users)
    for start in range(0, n_resamples, step):
        n = min(step, n_resamples - start)
        drawn = rng.integers(n_users, size=(n, n_users)) + np.arange(n)[:, None] * n_users
        counts = np.bincount(drawn.ravel(), minlength=n * n_users).reshape(n, n_users).astype(np.float64)
        for found, table in zip(means, counted, strict=True):
            found[start : start + n] = table.sums(counts) / n_users
    return [_percentiles(table, found) for table, found in zip(tables, means, strict=True)]


@dataclass(frozen=True)
class _Counted:
    """Values of which many weighted sums are wanted."""

    users: NDArray[np.int64] | None
    """Who has any value but zero; None: about everybody, and nobody is left out."""
    values: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        users = np.flatnonzero(values.any(axis=1))
        return cls(users, values[users]) if 2 * len(users) < len(values) else cls(None, values)

    def sums(self, counts: NDArray[np.float64]) -> NDArray[Any]:
        """Return [n, n_columns]: the sum over the users, each counted `counts` [n, n_users] times."""
        return (counts if self.users is None else np.take(counts, self.users, axis=1)) @ self.values


def _percentiles(values: NDArray[Any], means: NDArray[Any]) -> list[Interval]:
    """Return the interval of each column, of the `means` [n_resamples, n_columns] of its resamples."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    centre = values.mean(axis=0)
    return [
        Interval(float(centre[j]), float(low[j]), float(high[j]), len(values)) for j in range(values.shape[1])
    ]


def sign_flip_p_value(differences: NDArray[Any], *, seed: int = 0, n_flips: int = FLIPS) -> float:
    """Return the two-sided p-value of a paired permutation test on `differences` [n_users].

    Under the null hypothesis each user's two values could be swapped: the sign of each difference is random.
    """
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    rng = np.random.default_rng(seed)
    observed = abs(moved.sum()) * (1 - 1e-12)  # an equal sum must not be missed by rounding
    as_large = 0
    step = max(1, _CELLS_AT_ONCE // len(moved))
    for start in range(0, n_flips, step):
        n = min(step, n_flips - start)
        signs = rng.integers(2, size=(n, len(moved)), dtype=np.int8) * 2.0 - 1.0
        as_large += int(np.sum(np.abs(signs @ moved) >= observed))
    return (as_large + 1) / (n_flips + 1)
