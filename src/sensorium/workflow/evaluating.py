"""The numbers: fit on train, tune on validation, judge once on test, beside baselines, sources and ablations."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sensorium.core.arrays import FloatMatrix, IntVector
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.protocol import stamped
from sensorium.evaluation.ratings import mae, rmse
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split, known_items
from sensorium.features.block import FeatureBlock
from sensorium.fusion.auto import Auto, fit_auto, fit_single
from sensorium.fusion.late import LateFusion
from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.models.rating_bias import RatingBias
from sensorium.workflow.memory import peak_memory_mb
from sensorium.workflow.preparing import joined, training_data, validation_data

Mask = Literal["train", "train+validation"]
BATCH_CELLS = 8_000_000
"""Scores held at once for each source: 32 MB."""


@dataclass(frozen=True)
class EvaluationOptions:
    """How to judge."""

    model: str = "auto"
    seconds: float = 120
    seed: int = 0
    mask: Mask = "train+validation"
    """What users knew before the test moment and is not ranked; `train` is the published protocols' way."""
    refit: bool = False
    """Fold validation into training after tuning, before the test."""
    k: int = 20
    """Length of the judged lists."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and the model it was measured on."""

    result: EvaluationResult
    baselines: Mapping[str, EvaluationResult]
    members: Mapping[str, EvaluationResult]
    """Each source of the fusion alone."""
    without: Mapping[str, EvaluationResult]
    """Modality -> the fusion learnt without it."""
    auto: Auto
    """The judged model and how it was chosen."""
    train: TrainingData
    """What it was fitted on."""
    split: Split = field(repr=False)
    ratings: Mapping[str, float]
    """`rmse` and `mae` of predicted ratings; empty without ratings."""
    fit_seconds: float
    peak_memory_mb: float

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium evaluate --json` prints."""
        found = self.result.to_json(
            baselines=self.baselines, fit_seconds=self.fit_seconds, peak_memory_mb=self.peak_memory_mb
        )
        found["sources"] = {name: dict(result.metrics) for name, result in self.members.items()}
        found["without"] = {name: dict(result.metrics) for name, result in self.without.items()}
        found["weights"] = dict(self.auto.fusion.weights)
        found["metrics"] |= self.ratings
        return found


def evaluate(
    split: Split,
    blocks: Mapping[str, FeatureBlock],
    options: EvaluationOptions = EvaluationOptions(),  # noqa: B008 - frozen
    *,
    progress: Progress = SILENT,
) -> Evaluation:
    """Return how well a model fitted and tuned on `split` ranks the held-back items of its test part.

    Tuning sees `split.tuning` alone. Every model is judged on the same users with the same masks.

    Raises
    ------
    DataError
        If nobody has anything liked in test that was not known before.
    """
    started_s = time.perf_counter()
    train = training_data(split.train, blocks)
    fit_options = FitOptions(seed=options.seed, progress=progress)
    validation = validation_data(train, split.tuning)
    if options.model == "auto":
        auto = fit_auto(train, validation, fit_options, seconds=options.seconds)
    else:
        auto = fit_single(options.model, train, validation, fit_options)
    learnt_from = split.train
    if options.refit:
        learnt_from = joined(split.train, split.validation)
        train = training_data(learnt_from, blocks)
        auto = auto.refitted(train, fit_options)
    fit_seconds = time.perf_counter() - started_s
    fusions = _contestants(auto, train, fit_options)
    results = _judged(fusions, split, train, blocks, options, progress)
    protocol = stamped({**split.protocol, "mask": options.mask, "refit": options.refit, "seed": options.seed})
    found = {name: judge.result(name, protocol, seed=options.seed) for name, judge in results.items()}
    return Evaluation(
        result=found[options.model],
        baselines={name: found[name] for name in _BASELINES if name in found},
        members={n: found[n] for n in auto.fusion.members if n in found and n not in _BASELINES},
        without={n.removeprefix(_WITHOUT): r for n, r in found.items() if n.startswith(_WITHOUT)},
        auto=auto,
        train=train,
        split=split,
        ratings=_rating_errors(train, split, fit_options),
        fit_seconds=fit_seconds,
        peak_memory_mb=peak_memory_mb(),
    )
