"""Hyperparameters of one model, searched on validation data."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.fusion.hyperparameter_sampler import HyperparameterSampler
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import Effort
from sensorium.fusion.popular_items_sample import popular_items_sample
from sensorium.fusion.race import Race, Track
from sensorium.fusion.trial_cost import as_searched, expected_s, pace_of, trial_seconds
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.fusion.weights import SURENESS, lead
from sensorium.models.base import FitOptions, Recommender, Size, TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types

Clock = Callable[[], float]
"""Seconds, for example `time.monotonic`."""

UNBOUNDED = Effort(math.inf)
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
"""The best few that are judged on all items where the search looks at the popular ones."""
LEAST_QUERIES = 300
POPULAR_ITEMS = 3_000
"""Where there are `MANY` times more, trials of dense models look at the most popular ones alone."""
MANY = 1.5
DEAR_S = 20.0
"""Where one fit and its judgement take longer, only the best setting is fitted on all there is."""
KEPT_BYTES = 500_000_000
"""A dense model larger than this is fitted again rather than kept."""


@dataclass(frozen=True)
class Trial:
    """One setting that was tried."""

    settings: Mapping[str, Any]
    """What differs from the defaults."""
    ndcg: float
    """Mean NDCG@20 alone; estimated where it was not asked all queries."""
    seconds: float
    """Fit and judgement."""
    queries: int = 0
    """How many queries it was asked: fewer than all where it fell behind."""
    ended_s: float = 0.0
    """Seconds from the beginning of the search to its end."""


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

    A setting that falls behind the best is asked a part of the queries only. Where a dense fit costs most,
    trials look at the most popular items; `chosen` then judges the best few on all. It keeps the defaults
    unless another setting is surely better.
    """

    def __init__(
        self,
        wanted: MemberSpec,
        data: TrainingData,
        track: Track,
        options: FitOptions,
        clock: Clock = time.monotonic,
        effort: Effort = UNBOUNDED,
    ) -> None:
        """Begin to search; with a plan, just what it holds is tried."""
        self.wanted = wanted
        self._data, self._track, self._options, self._clock = data, track, options, clock
        self._model = model_types()[wanted.model]
        given = () if effort.plan is None else effort.plan.trials.get(wanted.name, ())
        self._given = [{**one.settings, **wanted.settings} for one in given]
        timeless = data.times is None
        useless = [name for name, space in self._model.space.items() if timeless and space.needs_times]
        self._settings = HyperparameterSampler(
            self._model,
            wanted.settings,
            effort.start.get(wanted.name),
            seed=options.seed,
            useless=useless,
            events_per_user=data.events_per_user,
        )
        self._tried_on, self._share, self._race = data, 1.0, Race(track)
        self._look_at_popular_items()
        self._best: Recommender[Any] | None = None
        self._is_hasty = not effort.seconds
        self._default: tuple[Trial, NDArray[np.float64]] | None = None
        self._since_gain, self._goal = 0, 0.0
        self._fits_s: list[float] = []
        self._begun_s = clock()
        self._hoped: Trial | None = None
        self.trials: list[Trial] = []
        self.ended = ""
        """Why there are no more trials; empty while there may be."""

    def _look_at_popular_items(self) -> None:
        """Let trials of dense models look at the popular items where there are many more."""
        data, validation = self._data, self._track.validation
        if self._model.traits.dense_items and data.n_items > MANY * POPULAR_ITEMS:
            part, judge = popular_items_sample(data, validation, POPULAR_ITEMS)
            if len(judge) >= LEAST_QUERIES:
                self._tried_on, self._race = part, Race(Track(judge, self._options.seed))
                self._share = len(judge) / len(validation)  # who asks for the other items finds nothing

    @property
    def _looks_at_all(self) -> bool:
        return self._tried_on is self._data

    @cached_property
    def is_large(self) -> bool:
        """Whether a model takes the memory of a large dense matrix."""
        model = as_searched(self.wanted.model, self.wanted.settings)
        return 4 * model.n_dense(Size.of(self._data)) ** 2 > KEPT_BYTES

    @property
    def trial_s(self) -> float:
        """What the next trial is expected to take, by those before it."""
        spent = [trial.seconds for trial in self.trials]
        return float(np.mean(spent[1:] or spent)) if spent else 0.0

    def hoped(self) -> Trial | None:
        """Return the next trial, as if it took what it is expected to, and were the best.

        None before the first, and if there is no other. Settings differ by far in what they take: so does
        what is expected, by what those before took.
        """
        settings = self._next() if self.trials and self._hoped is None else None
        if settings is not None:
            name, size = self.wanted.model, Size.of(self._tried_on, self._race.validation)
            later = self.trials[1:] or self.trials
            asked = round(sum(trial.queries for trial in later) / len(later))
            takes = pace_of(name, later, size) * expected_s(name, settings, asked, size)
            self._hoped = Trial(settings, math.inf, takes, asked)
        return self._hoped

    @property
    def running_s(self) -> float:
        """What the trial at work is expected to take; 0: nobody knows."""
        return 0.0 if self._hoped is None else self._hoped.seconds

    def pass_over(self) -> None:
        """Let the settings that would come next be: others come in their place."""
        self._hoped = None

    @property
    def whole_fit_s(self) -> float:
        """What a fit of the best settings on all there is is expected to take."""
        if not self.trials:
            return 0.0
        fit_s = self._fits_s[int(np.argmax([trial.ndcg for trial in self.trials]))]
        return fit_s if self._looks_at_all else fit_s * self._times_larger

    @property
    def query_s(self) -> float:
        """What a query is expected to take to be scored and judged."""
        asked = sum(trial.queries for trial in self.trials)
        spent = sum(trial.seconds for trial in self.trials) - sum(self._fits_s)
        return max(spent, 0.0) / max(asked, 1) * self._data.n_items / max(self._tried_on.n_items, 1)

    @property
    def finals_s(self) -> float:
        """What judging the best few on all there is is expected to take."""
        if self._looks_at_all:
            return self.whole_fit_s if self.is_large else 0.0
        return self._n_finalists * (self.whole_fit_s + self.query_s * len(self._track))

    @cached_property
    def _times_larger(self) -> float:
        """How many times as long a fit takes on all there is as on what trials look at."""
        model = as_searched(self.wanted.model, self.wanted.settings)
        whole_s, tried_s = (model.fit_cost(Size.of(d), again=True) for d in (self._data, self._tried_on))
        return whole_s / max(tried_s, 1e-9)

    @cached_property
    def _n_finalists(self) -> int:
        """How many are judged on all there is: one, where that is very dear. Not by the clock."""
        dearest = as_searched(self.wanted.model, self.wanted.settings)
        whole_s = trial_seconds(dearest, Size.of(self._data, self._track.validation))
        return FINALISTS if whole_s < DEAR_S else 1

    @property
    def ndcg(self) -> float:
        """The best mean NDCG@20 so far."""
        return max((trial.ndcg for trial in self.trials), default=0.0)

    @property
    def is_given_more(self) -> bool:
        """Whether not all settings that were given have been tried; the defaults always are."""
        return len(self.trials) < max(len(self._given), 1)

    def step(self) -> None:
        """Try one setting; set `ended` where another is not worth it. Without any time, the defaults."""
        settings = self._next() if self._hoped is None else dict(self._hoped.settings)
        if settings is None:
            self.ended = "there is no other"
            return
        begun = self._clock()
        fitted = make_model(self.wanted.model, settings).fit(self._tried_on, self._options)
        self._fits_s.append(self._clock() - begun)
        finish = self._race.run(fitted)
        mean = finish.mean * self._share
        if finish is self._race.best:
            self._best = None if self.is_large else fitted
        self._settings.tell(mean)
        now = self._clock()
        trial = Trial(settings, mean, now - begun, len(finish.reached), now - self._begun_s)
        self.trials.append(trial)
        self._hoped = None
        if settings == self.wanted.settings:
            self._default = trial, finish.reached
        self._consider(mean)

    def _next(self) -> dict[str, Any] | None:
        n = len(self.trials)
        if self._given:
            return self._given[n] if n < len(self._given) else None
        return self._settings.defaults() if self._is_hasty and not n else self._settings.next()

    def _consider(self, mean: float) -> None:
        self._since_gain += 1
        if mean > self._goal:
            self._since_gain, self._goal = 0, mean * (1 + GAIN)
        if not self._settings.space:
            self.ended = "it has no settings to tune"
        elif self._since_gain > PATIENCE + PATIENCE_EACH * len(self._settings.space):
            self.ended = "more brought no gain"
        elif len(self.trials) >= most_trials(len(self._track)):
            self.ended = f"{len(self._track):,} validation queries are too few to try more"

    def chosen(self) -> tuple[Recommender[Any], ChosenSettings]:
        """Return the fitted model to take, and how it came to that."""
        if not self._looks_at_all:
            return self._chosen_of_few()
        best = max(self.trials, key=lambda trial: trial.ndcg)
        if self._default is not None and best is not self._default[0]:
            default, floor = self._default
            if not surely_better(self._race.best.reached[: len(floor)], floor):
                best, self._best = default, None
        return self._best or self._fit(best), self._choice(best, best.ndcg)

    def _chosen_of_few(self) -> tuple[Recommender[Any], ChosenSettings]:
        """Return what is best on all there is among the few best of those tried."""
        taken, *others = sorted(self.trials, key=lambda trial: -trial.ndcg)[: self._n_finalists]
        model, reached = self._judged(taken)
        for trial in others:
            other, judged = self._judged(trial)
            if judged > reached:
                model, taken, reached = other, trial, judged
        return model, self._choice(taken, reached)

    def _judged(self, trial: Trial) -> tuple[Recommender[Any], float]:
        """Return the settings of a trial fitted on all there is, and the NDCG@20 of that."""
        model = self._fit(trial)
        return model, float(ndcg_of_queries(model, self._track.validation).mean())

    def _fit(self, trial: Trial) -> Recommender[Any]:
        return make_model(self.wanted.model, trial.settings).fit(self._data, self._options)

    def _choice(self, taken: Trial, reached: float) -> ChosenSettings:
        """Return what was chosen."""
        seconds = sum(trial.seconds for trial in self.trials)
        name, model = self.wanted.name, self.wanted.model
        return ChosenSettings(
            name, model, taken.settings, reached, seconds, tuple(self.trials), self._why(taken)
        )

    def _why(self, taken: Trial) -> str:
        """Return in words why `taken` was taken, and why no more was tried."""
        n, default = len(self.trials), None if self._default is None else self._default[0]
        if default is None:
            return f"best of {n} settings that do well on other data; {self.ended}"
        if taken is not default:
            return f"best of {n} settings, {taken.ndcg - default.ndcg:+.4f} over the defaults; {self.ended}"
        if n > 1:
            return f"none of {n - 1} other settings is surely better; {self.ended}"
        return f"by default; {self.ended}"


def most_trials(n_queries: int) -> int:
    """Return how many settings of one model are tried at most: few queries tell few apart."""
    return min(MAX_TRIALS, max(n_queries // QUERIES_EACH, FEWEST_TRIALS))


def surely_better(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether settings that reached `one` are taken rather than defaults that reached `other`."""
    return lead(one, other) > SURENESS


def sampled(validation: ValidationData, max_scores: int, seed: int) -> ValidationData:
    """Return a random sample of the queries so large that they have `max_scores` scores, or all."""
    n = max(max_scores // max(validation.relevant.shape[1], 1), LEAST_QUERIES)
    return validation.sample(n, seed)
