"""Ablation: the fusion against the fusion that was trained without one modality or column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference


@dataclass(frozen=True)
class Ablation:
    """The effect of leaving one modality, or one column, out."""

    modality: str
    gain: Interval
    """With it minus without it, paired by user; above zero: accuracy falls without it."""
    without: float
    """The metric's mean without it."""
    cold: Interval | None = None
    """The gain among items without training events; None where nobody looked for any."""

    @property
    def matters(self) -> bool:
        """Whether accuracy falls significantly without it."""
        return self.gain.excludes_zero and self.gain.mean > 0

    @property
    def harms(self) -> bool:
        """Whether accuracy rises significantly without it."""
        return self.gain.excludes_zero and self.gain.mean < 0


def leave_one_out(
    full: EvaluationResult, without: Mapping[str, EvaluationResult], metric: str = "ndcg@20"
) -> list[Ablation]:
    """Return the effect of each modality or column, the most valuable first.

    `without` maps its name to the result of the same fusion learnt without it, judged on the same users.
    """
    found = [
        Ablation(
            name,
            paired_difference(full, result, metric),
            result.metrics[metric],
            _cold_difference(full, result, metric),
        )
        for name, result in without.items()
    ]
    return sorted(found, key=lambda ablation: -ablation.gain.mean)


def _cold_difference(full: EvaluationResult, other: EvaluationResult, metric: str) -> Interval | None:
    """Return the paired difference among items without training events; None where nobody looked for any."""
    parts = [result.slices.get("cold") for result in (full, other)]
    values = [part.per_user.get(metric) for part in parts if part is not None and part.n_users]
    if len(values) < len(parts) or any(value is None for value in values):
        return None
    with_it, without_it = (
        replace(result, per_user={metric: value})
        for result, value in zip((full, other), values, strict=True)
        if value is not None
    )
    return paired_difference(with_it, without_it, metric)
