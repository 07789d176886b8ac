"""Cross-validation: one evaluation for each fold, and all of them as one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sensorium.core.arrays import SparseMatrix
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.pooling import pooled
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluate import Evaluation, evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.features.block import FeatureBlock


def cross_validate(
    splits: Sequence[Split],
    blocks: Mapping[str, FeatureBlock],
    options: EvaluationOptions,
    *,
    kinds: Mapping[str, SparseMatrix] | None = None,
    progress: Progress = SILENT,
    foretells: bool = True,
) -> Evaluation:
    """Return the folds' evaluations as one; weights and examples are those of the first fold.

    Users are pooled: each counts once, with the mean of the folds. Seconds are added up. What all folds will
    take is said beforehand if it `foretells`.
    """
    done: list[Evaluation] = []
    for number, split in enumerate(splits):
        progress.say(f"fold {number + 1} of {len(splits)}")
        n_foretold = len(splits) if foretells and not number else 0
        done.append(
            evaluate_split(split, blocks, options, kinds=kinds, progress=progress, n_foretold=n_foretold)
        )
    first = done[0]
    return replace(
        first,
        result=pooled([fold.result for fold in done], seed=options.seed),
        baselines=pooled_results([fold.baselines for fold in done], options.seed),
        members=pooled_results([fold.members for fold in done], options.seed),
        without=pooled_results([fold.without for fold in done], options.seed),
        without_columns=pooled_results([fold.without_columns for fold in done], options.seed),
        ratings=mean_ratings([fold.ratings for fold in done]),
        fit_seconds=sum(fold.fit_seconds for fold in done),
        judge_seconds=sum(fold.judge_seconds for fold in done),
        peak_memory_mb=max(fold.peak_memory_mb for fold in done),
    )


def mean_ratings(folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over the folds of what all of them have."""
    return {name: float(np.mean([fold[name] for fold in folds])) for name in _shared(folds)}


def pooled_results(folds: Sequence[Mapping[str, EvaluationResult]], seed: int) -> dict[str, EvaluationResult]:
    """Return the pooled result of every model that all folds have."""
    return {name: pooled([fold[name] for fold in folds], seed=seed) for name in _shared(folds)}


def _shared(folds: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the names that all folds have, in the order of the first."""
    return [name for name in folds[0] if all(name in fold for fold in folds)]
