"""Hyperparameters of one model, searched on validation data one setting at a time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.fusion.criterion import mean_ndcg
from sensorium.fusion.suitable import Wanted
from sensorium.models.base import FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import make_model

Clock = Callable[[], float]
"""Seconds, for example `time.monotonic`."""


@dataclass(frozen=True)
class Trial:
    """One setting that was tried."""

    settings: Mapping[str, Any]
    """What differs from the defaults."""
    ndcg: float
    """Mean NDCG@20 on validation, alone."""
    seconds: float
    """Fit and judgement."""


@dataclass(frozen=True)
class Choice:
    """What was chosen for one member, and from what."""

    name: str
    model: str
    settings: Mapping[str, Any]
    """What differs from the defaults."""
    ndcg: float | None
    """Mean NDCG@20 on validation, alone; None without validation."""
    seconds: float
    """Spent on all trials."""
    trials: tuple[Trial, ...]
    why: str
    """In words, for people."""


def search(
    wanted: Wanted,
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    *,
    deadline: float,
    clock: Clock = time.monotonic,
) -> tuple[Recommender[Any], Choice]:
    """Return the best fitted model and how it was found.

    Starts from the defaults with what is `wanted`, then takes the settings of the model's `grid` in turn and
    keeps the best value of each. The first trial always runs; another one starts only if, judging by
    the slowest so far, it ends before `deadline` on `clock`.
    """
    started = clock()
    trials: list[Trial] = []

    def tried(settings: Mapping[str, Any]) -> tuple[Recommender[Any], Trial]:
        begun = clock()
        fitted = make_model(wanted.model, settings).fit(data, options)
        trials.append(Trial(dict(settings), mean_ndcg(fitted, validation), clock() - begun))
        return fitted, trials[-1]

    best, reached = tried(wanted.settings)
    complete = True
    for setting, values in type(best).grid.items():
        for value in values:
            if setting in wanted.settings or value == getattr(best.config, setting):
                continue
            if clock() + max(trial.seconds for trial in trials) > deadline:
                complete = False
                break
            fitted, trial = tried({**reached.settings, setting: value})
            if trial.ndcg > reached.ndcg:
                best, reached = fitted, trial
    why = (
        f"best of {len(trials)} settings" if complete else f"best of {len(trials)} settings, then time was up"
    )
    spent = clock() - started
    choice = Choice(wanted.name, wanted.model, reached.settings, reached.ndcg, spent, tuple(trials), why)
    return best, choice
