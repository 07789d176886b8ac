"""What all models of one evaluation share: the splits, the features, the options."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sensorium.catalog.events import Events
from sensorium.core.arrays import SparseMatrix
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split
from sensorium.experiments.cross_validation import cross_validate, mean_ratings, pooled_results
from sensorium.experiments.evaluate import Evaluation, evaluate_split, fit_floors
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_choice import AskedForOthers, fit_as_made
from sensorium.experiments.model_comparison import ModelComparison
from sensorium.experiments.rating_errors import rating_errors
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, Recommender, Scorer, TrainingData
from sensorium.models.shared.imputation import impute_missing
from sensorium.serving.fitted_model import FittedModel
from sensorium.training.training_data import training_data


@dataclass(frozen=True)
class JudgedAsMade:
    """How models did that nothing was tuned of, and the baselines beside them."""

    results: Mapping[str, EvaluationResult]
    """By label; the baselines by their names."""
    fit_seconds: Mapping[str, float]
    """Label -> seconds; not of what was fitted before."""


@dataclass(frozen=True)
class ModelBench:
    """What all models of one evaluation share."""

    splits: Sequence[Split]
    """One, or folds that are pooled."""
    blocks: Mapping[str, FeatureBlock]
    kinds: Mapping[str, SparseMatrix]
    """See `category_kinds`."""
    options: EvaluationOptions
    progress: Progress = field(default=SILENT, repr=False)

    def ratings(self) -> dict[str, float]:
        """Return the errors of predicted ratings, see `rating_errors`; empty without ratings."""
        options = FitOptions(self.options.seed, self.progress)
        return mean_ratings([rating_errors(self._train(split), split, options) for split in self.splits])

    def tuned(self, label: str, name: str) -> Evaluation:
        """Return the evaluation of the model `name`, tuned on validation, but for ratings."""
        options = replace(self.options, model=name, ratings=False)
        if len(self.splits) == 1:
            found = evaluate_split(
                self.splits[0], self.blocks, options, kinds=self.kinds, progress=self.progress
            )
        else:
            found = cross_validate(
                self.splits, self.blocks, options, kinds=self.kinds, progress=self.progress
            )
        return replace(found, result=replace(found.result, model=label))

    def as_made(self, models: Mapping[str, Recommender[Any] | FittedModel]) -> JudgedAsMade:
        """Return how models did that are fitted with their own settings, or were fitted before."""
        seconds: dict[str, float] = {}
        folds: list[dict[str, EvaluationResult]] = []
        for split in self.splits:
            train, options = self._train(split), FitOptions(self.options.seed, self.progress)
            scorers: dict[str, Scorer] = dict(fit_floors(train, options))
            for label, model in models.items():
                if isinstance(model, FittedModel):
                    scorers[label] = AskedForOthers(model, split.train.users)
                    continue
                started_s = time.perf_counter()
                scorers[label] = fit_as_made(model, train, options)
                seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - started_s
            comparison = ModelComparison.of(
                split, train, self.options, blocks=self.blocks, kinds=self.kinds, progress=self.progress
            )
            folds.append(comparison.results(scorers))
        results = folds[0] if len(folds) == 1 else pooled_results(folds, self.options.seed)
        return JudgedAsMade(results, seconds)

    def _train(self, split: Split) -> TrainingData:
        """Return what models learn from."""
        past = Events.concat(split.train, split.validation) if self.options.refit else split.train
        return impute_missing(training_data(past, self.blocks, self.options.seen), self.options.impute)
