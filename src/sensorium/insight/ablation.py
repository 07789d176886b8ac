"""Ablation: the fusion against the fusion that was trained without one modality."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference


@dataclass(frozen=True)
class Ablation:
    """The effect of leaving one modality out."""

    modality: str
    gain: Interval
    """With it minus without it, paired by user; above zero: accuracy falls without it."""
    without: float
    """The metric's mean without it."""

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
    """Return the effect of each modality, the most valuable first.

    `without` maps a modality to the result of the same fusion learnt without it, judged on the same users.
    """
    found = [
        Ablation(modality, paired_difference(full, result, metric), result.metrics[metric])
        for modality, result in without.items()
    ]
    return sorted(found, key=lambda ablation: -ablation.gain.mean)
