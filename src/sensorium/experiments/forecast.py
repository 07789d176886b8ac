"""What an evaluation will take: foretold before anything is fitted, in seconds of this machine."""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

import numpy as np

from sensorium.catalog.events import Events
from sensorium.core.progress import Progress, announce
from sensorium.core.side_by_side import n_cores, workers
from sensorium.core.sparse import row_counts
from sensorium.evaluation.slices import without
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.fusion.auto import DEFAULT_AUTO, limits_of
from sensorium.fusion.followers import leader_of
from sensorium.fusion.hyperparameter_search import most_trials
from sensorium.fusion.member_selection import MemberSpec, select_members
from sensorium.fusion.trial_cost import as_searched, trial_seconds
from sensorium.fusion.zscore import zscores
from sensorium.metrics.ranked_lists import best_of_rows
from sensorium.models.base import Recommender, Size, TrainingData, ValidationData
from sensorium.models.cost import PRODUCT
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.models.registry import make_model
from sensorium.ranking.seen_items import left_out_items
from sensorium.training.fit_model import AUTO, wanted_model

STANDARDISING = 4.6e-9
"""Seconds for a score of a source to become a z-score."""
JUDGING = 6.2e-9
"""Seconds for a score of a model to be put together from z-scores, masked and ranked."""
ADDING = 0.75e-9
"""Seconds for a z-score to be weighed and added."""
PREPARING = 1e-6
"""Seconds for an event to be put into histories and masks."""
COUNTING = 1e-5
"""Seconds for the metrics of a user, their intervals and slices, for each model and length of list."""
COMPARING = 3e-8
"""Seconds for the features of a user's list to be compared, for each column of a block."""
ABLATING = 6e-4
"""Seconds for the weights of a fusion to be learnt anew, for each query and source."""
RANKING = 6e-8
"""Seconds for a score to be ranked among those of its query."""
JOINING = 2e-4
"""Seconds for an item or a query of a joint block to be fitted or tried."""
LIKELY_TRIALS = 40
"""Settings of a model after which a search has mostly found that more bring no gain."""
REFERENCE = 5.4e-9
"""Seconds of a score that is standardised and ranked, on the machine that all these were measured on."""
TRIED_SCORES, TRIED_PIECES = 500_000, 10
WORTH_SAYING_S = 10.0
"""A shorter time of judging is not said once more when it begins."""


@dataclass(frozen=True)
class Forecast:
    """What an evaluation will take."""

    fitting_s: float
    """Tuning, weights, ablations, fits."""
    judging_s: float
    n_models: int
    """What is judged: models, their sources alone, ablations and baselines."""
    n_users: int
    is_tuned: bool = True

    @property
    def seconds(self) -> float:
        """All together."""
        return self.fitting_s + self.judging_s

    @property
    def line(self) -> str:
        """The forecast in words, for people."""
        fitted, judged = in_time(self.fitting_s), in_time(self.judging_s)
        what = _what(self.n_models, self.n_users)
        if self.is_tuned:
            return f"About {in_time(self.seconds)}: {fitted} of tuning, {judged} of judging {what}"
        return f"About {in_time(self.seconds)}: {fitted} of fitting, {judged} of judging {what}"

    def __add__(self, other: "Forecast") -> "Forecast":
        return Forecast(
            self.fitting_s + other.fitting_s,
            self.judging_s + other.judging_s,
            self.n_models + other.n_models,
            max(self.n_users, other.n_users),
            self.is_tuned or other.is_tuned,
        )

    def repeated(self, n: int) -> Self:
        """Return the forecast of `n` such evaluations, one for each fold."""
        return replace(self, fitting_s=n * self.fitting_s, judging_s=n * self.judging_s)

    def announced(self, progress: Progress) -> None:
        """Show the line."""
        announce(progress, self.line)


class JudgingClock:
    """Says what judging will take once it is known from the first users."""

    def __init__(self, progress: Progress, n_users: int, n_models: int, n_ks: int) -> None:
        self._progress, self._n_users, self._n_models, self._n_ks = progress, n_users, n_models, n_ks
        self._started_s, self._is_said = time.perf_counter(), False

    def judged(self, n: int) -> None:
        """Hear that `n` more users were judged; the first time, what all take is said, where that is long."""
        if self._is_said:
            return
        self._is_said = True
        each = (time.perf_counter() - self._started_s) / n
        seconds = self._n_users * (each + machine_pace() * COUNTING * self._n_ks * self._n_models)
        if n < self._n_users and seconds >= WORTH_SAYING_S:
            what = _what(self._n_models, self._n_users)
            announce(self._progress, f"Judging {what} takes about {in_time(seconds)}")


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation is of, as far as its cost depends on it."""

    train: TrainingData
    validation: ValidationData | None
    test: Size
    """Of the training data, and of the users who are judged."""
    options: EvaluationOptions

    @classmethod
    def of(
        cls, split: Split, train: TrainingData, validation: ValidationData | None, options: EvaluationOptions
    ) -> Self:
        """Return what is known of an evaluation on `split` before it begins."""
        known = split.train if options.mask == "train" else Events.concat(split.train, split.validation)
        asked = without(split.test.relevant(), left_out_items(known, options.seen))
        users = np.flatnonzero(row_counts(asked))
        histories = row_counts(known.interactions())[users]
        test = replace(Size.of(train), n_queries=len(users), n_asked=int(histories.sum()))
        return cls(train, validation, test, options)

    def of_tuned(self, model: str, *, is_ablated: bool = True) -> Forecast:
        """Return the forecast of a model that is tuned: `auto`, a name or a block."""
        seconds = float(self.options.seconds)
        if model == AUTO:
            members = self._members_of_auto()
            n_ablations = _n_ablations(self.train) if is_ablated else 0
        else:
            members, n_ablations = [wanted_model(model, self.train)], 0
        models = {member.name: make_model(member.model, member.settings) for member in members}
        tuning = sum(self._search(member) for member in members if not leader_of(member)) / n_cores()
        ablating = ABLATING * n_ablations * len(models) * self._tuned_on.n_queries
        refitting = sum(self._fit(one) for one in models.values()) if self.options.refit else 0.0
        pace = machine_pace()
        most_s = seconds if self.options.plan is None else math.inf
        fitting = min(most_s, pace * (tuning + refitting)) + pace * ablating
        return self._judged(models, 1 + n_ablations, fitting, is_tuned=True)

    def of_levels(self, n_spaces: int, n_ranked: int, n_others: int) -> Forecast:
        """Return the forecast of a comparison of all levels of fusion over the members of `auto`.

        `n_spaces` are the joint blocks, each alone and beside behaviour; `n_ranked` the fusions of ranks;
        `n_others` all other fusions.
        """
        members = self._members_of_auto()
        whole = replace(self, options=replace(self.options, refit=False)).of_tuned(AUTO, is_ablated=False)
        n_fusions, n_users = 2 * n_spaces + n_ranked + n_others, self.test.n_queries
        cells, n_ks = self.test.n_scores, len({10, self.options.k})
        ranking = RANKING * len(members) + ADDING * n_ranked * len(members)
        fusing = n_spaces * (STANDARDISING + PRODUCT * self.test.n_columns(None)) + JUDGING * n_fusions
        adding = ADDING * len(members) * (n_fusions - n_ranked - n_spaces)
        more = judging_pace() * cells * (fusing + adding + ranking)
        listing = n_fusions * n_users * n_ks * COUNTING
        n_queries = self._tuned_on.n_queries
        joining = JOINING * n_spaces * (self.test.n_items + n_queries) + ABLATING * len(members) * n_queries
        pace = machine_pace()
        return replace(
            whole,
            fitting_s=whole.fitting_s + pace * joining,
            judging_s=whole.judging_s + more + pace * listing,
            n_models=len(members) + n_fusions,
        )

    def of_made(self, models: Mapping[str, Recommender[Any]], fitted: Collection[str] = ()) -> Forecast:
        """Return the forecast of models that are fitted with their own settings, or were `fitted` before."""
        fitting = sum(self._fit(model) for name, model in models.items() if name not in fitted)
        return self._judged(models, 0, machine_pace() * fitting, is_tuned=False)

    def _judged(
        self, models: Mapping[str, Recommender[Any]], n_fusions: int, fitting_s: float, *, is_tuned: bool
    ) -> Forecast:
        """Return the forecast of judging `models` alone, fusions of all of them, and the baselines."""
        floors = [Popularity(), *([RecentPopularity()] if self.train.times is not None else [])]
        alone = {**{floor.name: floor for floor in floors}, **models}
        n_models = len(alone) + (n_fusions if len(models) > 1 else 0)
        cells, n_users = self.test.n_scores, self.test.n_queries
        scoring = sum(model.score_cost(self.test) for model in alone.values())
        fusing = STANDARDISING * len(alone) + JUDGING * n_models + ADDING * n_fusions * len(models)
        n_ks = len({10, self.options.k, *self.options.more_ks})
        listing = n_models * n_users * n_ks * (COUNTING + COMPARING * sum(self.test.columns.values()))
        preparing = PREPARING * self.test.n_events
        side_by_side = judging_pace() * (scoring + cells * fusing)
        judging = side_by_side + machine_pace() * (listing + preparing)
        return Forecast(fitting_s, judging, n_models, n_users, is_tuned)

    def _members_of_auto(self) -> list[MemberSpec]:
        return select_members(self.train, limits_of(DEFAULT_AUTO, float(self.options.seconds)))[0]

    def _fit(self, model: Recommender[Any]) -> float:
        return model.fit_cost(self.test)

    def _search(self, member: MemberSpec) -> float:
        """Return what a search for the settings of one member probably takes, given all the time."""
        model = as_searched(member.model, member.settings)
        free = [name for name in model.space if name not in member.settings]
        n_trials = min(LIKELY_TRIALS, most_trials(self._tuned_on.n_queries)) if free else 1
        if self.options.plan is not None:
            n_trials = max(len(self.options.plan.trials.get(member.name, ())), 1)
        return trial_seconds(model, self._tuned_on) * n_trials

    @property
    def _tuned_on(self) -> Size:
        """The size of the training data, and of the validation queries that a search looks at."""
        size = Size.of(self.train, self.validation)
        share = min(1.0, DEFAULT_AUTO.max_queries / max(size.n_queries, 1))
        return replace(size, n_queries=int(share * size.n_queries), n_asked=int(share * size.n_asked))


def _n_ablations(train: TrainingData) -> int:
    """Return how many modalities a fusion is judged without, at least."""
    return len({block.modality for block in train.blocks.values() if block.present.any()})


@cache
def machine_pace() -> float:
    """Return how many times as long a piece of judging takes here as where it was measured, by the clock."""
    return _pace(1)


@cache
def judging_pace() -> float:
    """Return the same where pieces are judged side by side on all cores: less, as more is done at once."""
    return _pace(n_cores())


def _pace(n_lanes: int) -> float:
    """Return the time of a piece of judging, `n_lanes` at once, in shares of where it was measured."""
    scores = np.random.default_rng(0).normal(size=(100, TRIED_SCORES // 100)).astype(np.float32)

    def piece(_: int) -> None:
        best_of_rows(zscores(scores).values, 20)

    n_pieces = TRIED_PIECES * n_lanes
    with workers(n_lanes) as pool:
        list(pool.map(piece, range(2 * n_lanes)))
        started_s = time.perf_counter()
        list(pool.map(piece, range(n_pieces)))
        taken_s = time.perf_counter() - started_s
    return taken_s / n_pieces / (REFERENCE * TRIED_SCORES)


def _what(n_models: int, n_users: int) -> str:
    """Return what is judged in words."""
    models = "1 model" if n_models == 1 else f"{n_models} models"
    return f"{models} on {n_users:,} user{'s' if n_users != 1 else ''}"


def in_time(seconds: float) -> str:
    """Return a time in words that is no more exact than a forecast: `35 s`, `2.5 min`, `3 h`."""
    if seconds < 10:
        return f"{max(round(seconds), 1)} s"
    if seconds < 95:
        return f"{5 * round(seconds / 5)} s"
    minutes = seconds / 60
    if minutes < 95:
        return f"{minutes:.1f} min".replace(".0 ", " ") if minutes < 9.95 else f"{round(minutes)} min"
    return f"{minutes / 60:.1f} h".replace(".0 ", " ")


def total(forecasts: Sequence[Forecast]) -> Forecast:
    """Return what one evaluation after another takes."""
    found = forecasts[0]
    for one in forecasts[1:]:
        found = found + one
    return found
