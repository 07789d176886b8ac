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
from sensorium.experiments.forecast import Evaluated, total
from sensorium.experiments.model_choice import AskedForOthers, fit_as_made
from sensorium.experiments.model_comparison import ModelComparison
from sensorium.experiments.rating_errors import rating_errors
from sensorium.features.block import FeatureBlock
from sensorium.models.base import FitOptions, Recommender, Scorer, TrainingData
from sensorium.models.shared.imputation import impute_missing
from sensorium.serving.fitted_model import FittedModel
from sensorium.training.training_data import training_data, validation_data


def _recommender(model: Recommender[Any] | FittedModel) -> Recommender[Any]:
    return model.fusion if isinstance(model, FittedModel) else model


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

    def foretell(self, models: Mapping[str, str | Recommender[Any] | FittedModel]) -> None:
        """Say beforehand what evaluating all of `models` will take."""
        split = self.splits[0]
        train = self._train(split)
        tuned_on = training_data(split.train, self.blocks, self.options.seen)
        validation = validation_data(tuned_on, split.tuning, self.options.seen)
        asked = Evaluated.of(split, train, validation, self.options)
        forecasts = [asked.of_tuned(name) for name in models.values() if isinstance(name, str)]
        made = {label: model for label, model in models.items() if not isinstance(model, str)}
        if made:
            known = {label: _recommender(model) for label, model in made.items()}
            ready = [label for label, model in made.items() if isinstance(model, FittedModel)]
            forecasts.append(asked.of_made(known, fitted=ready))
        total(forecasts).repeated(len(self.splits)).announced(self.progress)

    def tuned(self, label: str, name: str, *, is_foretold: bool = True) -> Evaluation:
        """Return the evaluation of the model `name`, tuned on validation, but for ratings.

        What it will take is said beforehand unless it `is_foretold` already.
        """
        options = replace(self.options, model=name, ratings=False)
        if len(self.splits) == 1:
            found = evaluate_split(
                self.splits[0],
                self.blocks,
                options,
                kinds=self.kinds,
                progress=self.progress,
                n_foretold=int(not is_foretold),
            )
        else:
            found = cross_validate(
                self.splits,
                self.blocks,
                options,
                kinds=self.kinds,
                progress=self.progress,
                foretells=not is_foretold,
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
