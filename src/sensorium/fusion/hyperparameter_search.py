"""Hyperparameters of one model, searched on validation data."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.fusion.hyperparameter_sampler import HyperparameterSampler
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import Effort, seconds_of, trials_of
from sensorium.fusion.popular_items_sample import popular_items_sample
from sensorium.fusion.trial_cost import as_searched, trial_seconds
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.fusion.weights import SURENESS, lead
from sensorium.models.base import FitOptions, Recommender, Size, TrainingData, ValidationData
from sensorium.models.registry import block_model, make_model, model_types

Clock = Callable[[], float]
"""Seconds, for example `time.monotonic`."""

MAX_TRIALS = 80
"""Settings tried of one model; no more than one for every `QUERIES_EACH` queries: few tell few apart."""
QUERIES_EACH = 10
FEWEST_TRIALS = 4
PATIENCE = 8
"""Trials without a gain after which a search ends, and `PATIENCE_EACH` more for each setting."""
PATIENCE_EACH = 4
GAIN = 0.002
"""A better score by less than this share is no gain."""
FINALISTS = 3
"""The best few that are judged on all queries where the search looks at a part of them."""
MAX_TRIAL_SCORES = 10_000_000
"""Scores of a trial that looks at a sample: about a quarter of a second."""
LEAST_QUERIES = 300
POPULAR_ITEMS = 3_000
"""Where there are more, trials of dense models look at the most popular ones alone."""
DEAR_S = 20.0
"""Where one fit and its judgement take longer, only the best setting is fitted on all there is."""
KEPT_BYTES = 500_000_000
"""A dense model larger than this is fitted again rather than kept."""
LEAST_PROMISE = 0.3
"""The least promise of a member: what is weak alone, such as content, may still add to others."""
LENIENCE = 2.0
"""How many times its seconds a plan may take on a busy machine, so that two runs try the same settings."""
OUT_OF_TIME = "no time for more"


@dataclass(frozen=True)
class Trial:
    """One setting that was tried."""

    settings: Mapping[str, Any]
    """What differs from the defaults."""
    ndcg: float
    """Mean NDCG@20 alone, on the queries that the search looks at."""
    seconds: float
    """Fit and judgement."""


@dataclass(frozen=True)
class ChosenSettings:
    """What was chosen for one member, and from what."""

    name: str
    model: str
    settings: Mapping[str, Any]
    """What differs from the defaults."""
    ndcg: float | None
    """Mean NDCG@20 alone, on the validation queries that have a history, on all if none has; None without
    validation."""
    seconds: float
    """Spent on all trials."""
    trials: tuple[Trial, ...]
    why: str
    """In words, for people."""


class HyperparameterSearch:
    """The search for the settings of one member, a trial at a time.

    Where judging costs more than fitting and scores are many, trials look at a sample of the queries; where
    a dense fit costs most, at the most popular items. `chosen` then judges the best few on all. It keeps the
    defaults unless another setting is surely better.
    """

    def __init__(
        self,
        wanted: MemberSpec,
        data: TrainingData,
        validation: ValidationData,
        options: FitOptions,
        clock: Clock = time.monotonic,
    ) -> None:
        self.wanted = wanted
        self._data, self._validation, self._options, self._clock = data, validation, options, clock
        self._model = model_types()[wanted.model]
        self._dearest = as_searched(wanted.model, wanted.settings)
        timeless = data.times is None
        useless = [name for name, space in self._model.space.items() if timeless and space.needs_times]
        self._settings = HyperparameterSampler(
            self._model, wanted.settings, seed=options.seed, useless=useless
        )
        self._tried_on, self._sample, self.cost_s = data, validation, self._cost(data, validation)
        self._share = 1.0
        self._whole_s = self.cost_s
        self._look_at_less()
        self._best: Recommender[Any] | None = None
        self._floor, self._reached = np.zeros(0), np.zeros(0)
        self._since_gain, self._goal = 0, 0.0
        self.trials: list[Trial] = []
        self.ended = ""
        """Why there are no more trials; empty while there may be."""

    def _cost(self, data: TrainingData, validation: ValidationData) -> float:
        """Return what a trial is expected to take on a slow machine."""
        return trial_seconds(self._dearest, Size.of(data, validation))

    def _look_at_less(self) -> None:
        """Set what trials look at, if not at all there is, and what one is then expected to take."""
        data, validation = self._data, self._validation
        if self._model.traits.dense_items and data.n_items > POPULAR_ITEMS:
            part, judge = popular_items_sample(data, validation, POPULAR_ITEMS)
            if len(judge) >= LEAST_QUERIES:
                self._tried_on, self._sample = part, judge
                self._share = len(judge) / len(validation)  # who asks for the other items finds nothing
        else:
            if self.cost_s >= 2 * self._dearest.fit_cost(Size.of(data, validation)):
                self._sample = sampled(validation, MAX_TRIAL_SCORES, self._options.seed)
        if self._sample is not validation:
            self.cost_s = self._cost(self._tried_on, self._sample)

    @property
    def finals_s(self) -> float:
        """What judging the best few on all there is is expected to take, `cost_s` not included."""
        return 0.0 if self._sample is self._validation else self._n_finalists * self._whole_s

    @property
    def _n_finalists(self) -> int:
        """How many are judged on all there is: one, where that is very dear."""
        return FINALISTS if self._whole_s < DEAR_S else 1

    @property
    def ndcg(self) -> float:
        """The best mean NDCG@20 so far."""
        return max((trial.ndcg for trial in self.trials), default=0.0)

    def step(self) -> None:
        """Try one setting, the defaults first; set `ended` where another is not worth it."""
        settings = self._settings.next() if self.trials else self._settings.first()
        if settings is None:
            self.ended = "there is no other"
            return
        begun = self._clock()
        fitted = make_model(self.wanted.model, settings).fit(self._tried_on, self._options)
        reached = ndcg_of_queries(fitted, self._sample)
        mean = float(reached.mean()) * self._share
        if not self.trials:
            self._floor = reached
        if not self.trials or mean > self.ndcg:
            self._reached = reached
            self._best = None if self._is_large() else fitted
        self._settings.tell(mean)
        self.trials.append(Trial(settings, mean, self._clock() - begun))
        self._consider(mean)

    def _is_large(self) -> bool:
        """Return whether one model is too large to be kept while others are tried."""
        return self._model.traits.dense_items and Size.of(self._data).dense_bytes > KEPT_BYTES

    def _consider(self, mean: float) -> None:
        self._since_gain += 1
        if mean > self._goal:
            self._since_gain, self._goal = 0, mean * (1 + GAIN)
        if not self._settings.space:
            self.ended = "it has no settings to tune"
        elif self._since_gain > PATIENCE + PATIENCE_EACH * len(self._settings.space):
            self.ended = "more brought no gain"
        elif len(self.trials) >= min(MAX_TRIALS, max(len(self._validation) // QUERIES_EACH, FEWEST_TRIALS)):
            self.ended = f"{len(self._validation):,} validation queries are too few to try more"

    def chosen(self) -> tuple[Recommender[Any], ChosenSettings]:
        """Return the fitted model to take, and how it came to that."""
        if self._sample is not self._validation:
            return self._chosen_of_few()
        default, best = self.trials[0], max(self.trials, key=lambda trial: trial.ndcg)
        if best is not default and not surely_better(self._reached, self._floor):
            best = default
            self._best = None
        fitted = self._best or self._fit(best)
        return fitted, self._choice(best, best.ndcg, best.ndcg - default.ndcg)

    def _chosen_of_few(self) -> tuple[Recommender[Any], ChosenSettings]:
        """Return what is best on all there is among the defaults and the few best of those tried.

        Where only one can be judged, it is the best of those tried.
        """
        ranked = sorted(self.trials, key=lambda trial: -trial.ndcg)
        if self._n_finalists == 1:
            model = self._fit(ranked[0])
            reached = float(ndcg_of_queries(model, self._validation).mean())
            return model, self._choice(ranked[0], reached, ranked[0].ndcg - self.trials[0].ndcg)
        taken = self.trials[0]
        model = self._fit(taken)
        floor = reached = ndcg_of_queries(model, self._validation)
        for trial in [trial for trial in ranked if trial is not taken][: FINALISTS - 1]:
            other = self._fit(trial)
            judged = ndcg_of_queries(other, self._validation)
            if judged.mean() > reached.mean() and surely_better(judged, floor):
                model, taken, reached = other, trial, judged
        return model, self._choice(taken, float(reached.mean()), float((reached - floor).mean()))

    def _fit(self, trial: Trial) -> Recommender[Any]:
        return make_model(self.wanted.model, trial.settings).fit(self._data, self._options)

    def _choice(self, taken: Trial, reached: float, gain: float) -> ChosenSettings:
        """Return what was chosen; `gain` over the defaults is that on one set of queries."""
        seconds = sum(trial.seconds for trial in self.trials)
        why = self._why(taken, gain)
        name, model = self.wanted.name, self.wanted.model
        return ChosenSettings(name, model, taken.settings, reached, seconds, tuple(self.trials), why)

    def _why(self, taken: Trial, gain: float) -> str:
        """Return in words why `taken` was taken, and why no more was tried."""
        n = len(self.trials)
        if taken is not self.trials[0]:
            return f"best of {n} settings, {gain:+.4f} over the defaults; {self.ended or OUT_OF_TIME}"
        if n > 1:
            return f"none of {n - 1} other settings is surely better; {self.ended or OUT_OF_TIME}"
        return f"by default; {self.ended or OUT_OF_TIME}"


def search_model(
    wanted: MemberSpec,
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    *,
    seconds: Effort,
    clock: Clock = time.monotonic,
) -> tuple[Recommender[Any], ChosenSettings]:
    """Return the best fitted model of one kind and how it was found, in about `seconds` on a slow machine.

    Where `seconds` is a plan, as many settings are tried as it says.
    """
    time_s, trials = seconds_of(seconds), trials_of(seconds)
    (found,) = search_all([wanted], data, [validation], options, seconds=time_s, trials=trials, clock=clock)
    return found


def search_all(
    wanted: Sequence[MemberSpec],
    data: TrainingData,
    validations: Sequence[ValidationData],
    options: FitOptions,
    *,
    seconds: float,
    trials: Mapping[str, int] | None = None,
    clock: Clock = time.monotonic,
) -> list[tuple[Recommender[Any], ChosenSettings]]:
    """Return the best fitted model of each member, and how it was found.

    The first trial of every member always runs. What is left of `seconds` is planned by expected costs,
    not by the clock: the next trial goes to the member that had the least for its promise, which is its
    NDCG@20 beside the best; a trial counts by the root of its cost, half way between equal times and equal
    numbers of trials. `clock` only ends a plan that takes `LENIENCE` times as long as expected.
    Members that read several blocks weigh them by what those say alone, so they come after them.
    With `trials`, member -> how many, that many settings are tried instead, whatever the time.
    """
    searches: list[HyperparameterSearch] = []
    deadline, left = clock() + LENIENCE * seconds, seconds
    with options.progress.stage("tune", 100, unit="%") as stage:
        shown = 0
        for member, validation in zip(wanted, validations, strict=True):
            searches.append(HyperparameterSearch(reading(member, searches), data, validation, options, clock))
            searches[-1].step()
            left -= searches[-1].cost_s + searches[-1].finals_s
            stage.advance(0, note=standing(searches))
        while (one := _next(searches, left) if trials is None else _planned(searches, trials)) is not None:
            if trials is None and clock() > deadline:
                _stop(searches)
                break
            one.step()
            left -= one.cost_s
            done = int(100 * (1 - max(left, 0) / seconds)) if seconds else 0
            stage.advance(done - shown, note=standing(searches))
            shown = done
        stage.advance(100 - shown)
    return [one.chosen() for one in searches]


def reading(member: MemberSpec, before: Sequence[HyperparameterSearch]) -> MemberSpec:
    """Return a member that mixes blocks with weights for them: the squared NDCG@20 of each block alone."""
    model = make_model(member.model, member.settings)
    if not model.traits.weighs_blocks or model.reads_blocks() is not None:
        return member
    alone = {one.wanted.name: one.ndcg**2 for one in before if one.wanted.model == block_model().name}
    best = max(alone.values(), default=0.0)
    weights = {name: round(worth / best, 2) for name, worth in alone.items() if worth > 0.005 * best}
    if not weights:
        return member
    chosen = model.with_blocks(weights).config.model_dump(mode="json", exclude_defaults=True)
    return replace(member, settings={**member.settings, **chosen})


def standing(searches: Sequence[HyperparameterSearch]) -> str:
    """Return the best score so far in words."""
    best = max(searches, key=lambda one: one.ndcg)
    n_trials = sum(len(one.trials) for one in searches)
    return f"best NDCG@20 {best.ndcg:.4f} by {best.wanted.name}; {n_trials} trials"


def _next(searches: Sequence[HyperparameterSearch], left: float) -> HyperparameterSearch | None:
    """Return whose turn it is; None if nobody's next trial fits into the seconds `left`."""
    best = max(one.ndcg for one in searches) or 1.0
    able = [one for one in searches if not one.ended and one.cost_s <= left]

    def had(one: HyperparameterSearch) -> float:
        promise = max(one.ndcg / best, LEAST_PROMISE)
        return (len(one.trials) + 1) * np.sqrt(one.cost_s) / promise

    return min(able, key=had, default=None)


def _planned(
    searches: Sequence[HyperparameterSearch], trials: Mapping[str, int]
) -> HyperparameterSearch | None:
    """Return the first whose settings have been tried less often than planned; None if all are done."""
    able = (one for one in searches if not one.ended and len(one.trials) < trials.get(one.wanted.name, 1))
    return next(able, None)


def _stop(searches: Sequence[HyperparameterSearch]) -> None:
    for one in searches:
        one.ended = one.ended or "time budget used up before all were tried"


def surely_better(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether settings that reached `one` are taken rather than defaults that reached `other`."""
    return lead(one, other) > SURENESS


def sampled(validation: ValidationData, max_scores: int, seed: int) -> ValidationData:
    """Return a random sample of the queries so large that they have `max_scores` scores, or all."""
    n = max(max_scores // max(validation.relevant.shape[1], 1), LEAST_QUERIES)
    return validation.sample(n, seed)
