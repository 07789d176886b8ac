"""What an evaluation found: metrics, their intervals, and the values of each user behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import IntVector
from sensorium.core.errors import DataError
from sensorium.core.json_values import without_nan
from sensorium.evaluation.intervals import Interval, bootstrap, sign_flip_p_value


@dataclass(frozen=True)
class SliceResult:
    """The metrics of a part: of some relevant items, or of some users."""

    n_users: int
    """Users with test interactions in this part."""
    n_relevant: int
    """Test interactions: user-item pairs."""
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    """`name@k` -> mean over these users; empty if there are none."""
    intervals: Mapping[str, Interval] = field(default_factory=dict[str, Interval])
    per_user: Mapping[str, NDArray[np.float64]] = field(
        default_factory=dict[str, NDArray[np.float64]], repr=False, compare=False
    )
    """Of parts of the items: `name@k` -> [n_users] value of each user, NaN for users without such items."""

    def to_json(self) -> dict[str, Any]:
        """Return the slice as JSON: counts, metrics, intervals."""
        intervals = {name: [interval.low, interval.high] for name, interval in self.intervals.items()}
        return {
            "n_users": self.n_users,
            "n_relevant": self.n_relevant,
            **self.metrics,
            "intervals": intervals,
        }


@dataclass(frozen=True)
class EvaluationResult:
    """How one model ranked the held-back items, and under which protocol."""

    model: str
    protocol: Mapping[str, Any]
    """JSON: how the data were split and judged, with its fingerprint."""
    metrics: Mapping[str, float]
    """`name@k` -> mean over users; also what `beyond` measured over all lists."""
    intervals: Mapping[str, Interval]
    """`name@k` -> 95% user-bootstrap interval of the mean."""
    slices: Mapping[str, SliceResult]
    """`warm`, `cold`: by item; `warm_users`, `cold_users`, `history:1-5` ...: by user."""
    per_user: Mapping[str, NDArray[np.float64]]
    """`name@k` -> [n_users] value of each user, NaN for users without test interactions."""
    beyond: Mapping[str, float] = field(default_factory=dict[str, float])
    """Coverage, diversity, novelty, concentration and popularity of the lists; see `metrics`."""
    exposure: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[n_items] in how many users' lists, of the largest k, each item stands."""
    n_users: int = 0
    """Users judged: those with at least one test interaction."""
    n_relevant: int = 0
    """Test interactions: user-item pairs."""

    def to_json(
        self,
        *,
        baselines: Mapping[str, "EvaluationResult"] | None = None,
        fit_seconds: float | None = None,
        peak_memory_mb: float | None = None,
    ) -> dict[str, Any]:
        """Return what `sensorium evaluate --json` prints; numbers that do not exist are null."""
        others = {name: dict(result.metrics) for name, result in (baselines or {}).items()}
        return without_nan(
            {
                "model": self.model,
                "protocol": dict(self.protocol),
                "n_users": self.n_users,
                "n_relevant": self.n_relevant,
                "metrics": {**self.metrics, **self.beyond},
                "intervals": {
                    name: [interval.low, interval.high] for name, interval in self.intervals.items()
                },
                "baselines": others,
                "slices": {name: part.to_json() for name, part in self.slices.items()},
                "fit_seconds": fit_seconds,
                "peak_memory_mb": peak_memory_mb,
            }
        )


def paired_difference(
    a: EvaluationResult, b: EvaluationResult, metric: str = "ndcg@20", *, seed: int = 0
) -> Interval:
    """Return the mean of `a` minus `b` over the users, with its bootstrap interval and p-value.

    Pairing by user removes what makes users differ, so small differences can be shown.

    Raises
    ------
    DataError
        If the two were not judged on the same users, or do not hold the metric.
    """
    for result in (a, b):
        if metric not in result.per_user:
            known = ", ".join(result.per_user)
            raise DataError(f"no metric {metric!r}", where=result.model, remedy=f"Measured were: {known}")
    first, second = a.per_user[metric], b.per_user[metric]
    judged = ~np.isnan(first)
    if first.shape != second.shape or not np.array_equal(judged, ~np.isnan(second)):
        raise DataError(
            f"{a.model!r} and {b.model!r} were judged on different users",
            remedy="Judge both with the same relevant and masked items",
        )
    difference = (first - second)[judged]
    interval = bootstrap(difference[:, None], seed=seed)[0]
    p_value = sign_flip_p_value(difference, seed=seed)
    return Interval(interval.mean, interval.low, interval.high, interval.n_users, p_value)
