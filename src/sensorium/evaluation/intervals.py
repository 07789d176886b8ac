"""Intervals from the users: how far a mean, or the difference of two, would move with other users."""

from dataclasses import dataclass
from typing import Any

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
    n_users, n_columns = values.shape
    if n_users == 0:
        return [Interval(float("nan"), float("nan"), float("nan"), 0)] * n_columns
    rng = np.random.default_rng(seed)
    means = np.empty((n_resamples, n_columns))
    step = max(1, _CELLS_AT_ONCE // n_users)
    for start in range(0, n_resamples, step):
        n = min(step, n_resamples - start)
        drawn = rng.integers(n_users, size=(n, n_users)) + np.arange(n)[:, None] * n_users
        counts = np.bincount(drawn.ravel(), minlength=n * n_users).reshape(n, n_users)
        means[start : start + n] = counts @ values / n_users
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    centre = values.mean(axis=0)
    return [Interval(float(centre[j]), float(low[j]), float(high[j]), n_users) for j in range(n_columns)]


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
