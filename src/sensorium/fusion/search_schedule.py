"""Whose settings are tried next, on which core, and when the search ends."""

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sensorium.core.progress import LOG, Stage
from sensorium.core.side_by_side import n_cores, workers
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, HyperparameterSearch, Trial
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import Effort
from sensorium.fusion.race import Track
from sensorium.models.base import FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import block_model, make_model

LEAST_PROMISE = 0.3
"""The least promise of a member: what is weak alone, such as content, may still add to others."""
MOST_PASSED_OVER = 5
"""Settings of a member that there is no time for, until it has its turn no more."""
Found = tuple[Recommender[Any], ChosenSettings]
OUT_OF_TIME = "no time for more"
BY_HAND = "stopped by hand"
AS_PLANNED = "as planned"
"""Why no more settings were tried."""


@dataclass(frozen=True)
class Load:
    """A member that is fitted after the search, with the settings of its leader."""

    leader: str
    estimate: Callable[[Sequence[Trial]], tuple[float, float]]
    """Takes the leader's trials; returns the seconds on one core for all that is tried of the member, and for
    the one that is taken, fitted again."""


@dataclass(frozen=True)
class Afterwards:
    """What follows a search within the same time, so that the search must end before."""

    seconds: float = 0.0
    """Of all that is known beforehand."""
    queries: int = 0
    """How many queries all members are then asked, for weights to be learnt."""
    loads: Sequence[Load] = ()


NOTHING_FOLLOWS = Afterwards()


def search_model(
    wanted: MemberSpec,
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    *,
    effort: Effort,
    clock: Clock = time.monotonic,
) -> Found:
    """Return the best fitted model of one kind and how it was found."""
    (found,) = search_all([wanted], data, [validation], options, effort=effort, clock=clock).values()
    return found


def search_all(
    wanted: Sequence[MemberSpec],
    data: TrainingData,
    validations: Sequence[ValidationData],
    options: FitOptions,
    *,
    effort: Effort,
    afterwards: Afterwards = NOTHING_FOLLOWS,
    clock: Clock = time.monotonic,
) -> dict[str, Found]:
    """Return, by name, the best fitted model of each member, and how it was found.

    The first trial of every member always runs. Then the next trial goes to the member that had the least
    for its promise, which is its NDCG@20 beside the best; a trial counts by the root of its time, half way
    between equal times and equal numbers of trials. Trials of several members run side by side. What they
    take is measured, and so is what follows: the search ends when the rest of the seconds is needed for that.
    Members that read several blocks weigh them by what those say alone, so they come after them.
    With a plan, just what it holds is tried, whatever the time.

    Ctrl-C ends the search where the effort says so: what is best so far is taken, without the members that
    were not tried yet.
    """
    schedule = Schedule(options, effort, afterwards, clock)
    with options.progress.stage("tune", 100, unit="%") as stage, workers(len(wanted)) as pool:
        schedule.work(pool, stage, wanted, data, validations)
        return _finals([one for one in schedule.searches if one.trials], pool)


def _finals(searches: Sequence[HyperparameterSearch], pool: ThreadPoolExecutor) -> dict[str, Found]:
    """Return what each search has chosen; large matrices are made one after another."""

    def chosen(some: Sequence[HyperparameterSearch]) -> dict[str, Found]:
        return {one.wanted.name: one.chosen() for one in some}

    large = [one for one in searches if one.is_large]
    jobs = [large, *([one] for one in searches if not one.is_large)]
    found: dict[str, Found] = {}
    for future in [pool.submit(chosen, job) for job in jobs]:
        found |= future.result()
    return {one.wanted.name: found[one.wanted.name] for one in searches}


class Schedule:
    """The searches of several members, and whose turn it is."""

    def __init__(
        self,
        options: FitOptions,
        effort: Effort,
        afterwards: Afterwards,
        clock: Clock,
    ) -> None:
        self.searches: list[HyperparameterSearch] = []
        self._options, self._effort, self._afterwards = options, effort, afterwards
        self._clock = clock
        self._started_s = clock()
        self._is_stopped = False
        self._shown = 0

    def work(
        self,
        pool: ThreadPoolExecutor,
        stage: Stage,
        wanted: Sequence[MemberSpec],
        data: TrainingData,
        validations: Sequence[ValidationData],
    ) -> None:
        """Try settings until the time is needed for what follows, or as many as are planned."""
        tracks = {id(one): Track(one, self._options.seed) for one in validations}
        todo = list(zip(wanted, validations, strict=True))
        for mixing in (False, True):
            for member, validation in todo:
                if mixes_blocks(member) == mixing:
                    track, weighed = tracks[id(validation)], reading(member, self.searches)
                    self.searches.append(
                        HyperparameterSearch(weighed, data, track, self._options, self._clock, self._effort)
                    )
            self._run(pool, stage, self._given)
        if self._effort.plan is None:
            self._run(pool, stage, self._next)
        for one in self.searches:
            one.ended = self._why_no_more(one)
        stage.advance(100 - self._shown)
        order = [member.name for member in wanted]
        self.searches.sort(key=lambda one: order.index(one.wanted.name))

    def _why_no_more(self, one: HyperparameterSearch) -> str:
        if self._effort.plan is not None:
            return AS_PLANNED
        return one.ended or (BY_HAND if self._is_stopped else OUT_OF_TIME)

    def _run(
        self,
        pool: ThreadPoolExecutor,
        stage: Stage,
        pick: Callable[[Collection[HyperparameterSearch]], HyperparameterSearch | None],
    ) -> None:
        """Let those that `pick` returns try a setting each, as many at once as there are cores."""
        running: dict[Future[None], HyperparameterSearch] = {}
        try:
            while True:
                while len(running) < n_cores():
                    one = None if self._is_stopped else pick(running.values())
                    if one is None:
                        break
                    running[pool.submit(one.step)] = one
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    future.result()
                self._show(stage)
        except KeyboardInterrupt:
            is_kept = self._effort.is_kept_by_hand and any(one.trials for one in self.searches)
            if self._is_stopped or not is_kept:
                raise
            self._is_stopped = True
            LOG.warning("stopped: going on with the best settings so far; Ctrl-C again gives up")
            wait(running)

    def _next(self, busy: Collection[HyperparameterSearch]) -> HyperparameterSearch | None:
        """Return whose turn it is; None if nobody's next trial fits into what is left."""
        left = self._left(busy)
        best = max(one.ndcg for one in self.searches) or 1.0
        able = [
            one
            for one in self.searches
            if not one.ended and one not in busy and not _two_dense(one, busy) and self._fits(one, left)
        ]

        def had(one: HyperparameterSearch) -> float:
            promise = max(one.ndcg / best, LEAST_PROMISE)
            return (len(one.trials) + 1) * np.sqrt(one.trial_s) / promise

        return min(able, key=had, default=None)

    def _fits(self, one: HyperparameterSearch, left: float) -> bool:
        """Return whether a next trial fits into the seconds `left`, and what follows if it is the best.

        Settings that take too long are passed over, if others do not.
        """
        if left <= 0:
            return False
        for _ in range(MOST_PASSED_OVER):
            hoped = one.hoped()
            if hoped is None or hoped.seconds + self._more_after(one, hoped) <= left:
                return True
            one.pass_over()
        return False

    def _more_after(self, one: HyperparameterSearch, hoped: Trial) -> float:
        """Return by how much longer it takes what follows the search if `hoped` is the best of its member."""
        more = sum(
            max(self._load_s(load, [*one.trials, hoped]) - self._load_s(load, one.trials), 0.0)
            for load in self._afterwards.loads
            if load.leader == one.wanted.name
        )
        return more / min(n_cores(), len(self.searches))

    def _load_s(self, load: Load, trials: Sequence[Trial]) -> float:
        """Return the seconds on one core of a member that follows the one that was tried so."""
        all_s, again_s = load.estimate(trials)
        return all_s + self._effort.refits * again_s

    def _given(self, busy: Collection[HyperparameterSearch]) -> HyperparameterSearch | None:
        """Return who is to try more whatever the time: once, or all that is planned; None if nobody."""
        able = (one for one in self.searches if one.is_given_more and one not in busy)
        return next((one for one in able if not _two_dense(one, busy)), None)

    def _left(self, busy: Collection[HyperparameterSearch]) -> float:
        """Return the seconds in which trials may still begin and end."""
        after, at_once = self._afterwards, min(n_cores(), len(self.searches))
        each = sum(
            self._effort.refits * one.whole_fit_s + after.queries * one.query_s for one in self.searches
        )
        tried = {one.wanted.name: one.trials for one in self.searches if one.trials}
        each += sum(self._load_s(load, tried[load.leader]) for load in after.loads if load.leader in tried)
        gone = self._clock() - self._started_s
        running = sum(one.running_s for one in busy) / 2
        last = after.seconds + (each + running) / at_once + self._finals_s(at_once)
        return self._effort.seconds - gone - last

    def _finals_s(self, at_once: int) -> float:
        """Return the seconds of choosing among the best: of the longest job, or of all side by side."""
        large = sum(one.finals_s for one in self.searches if one.is_large)
        jobs = [large, *(one.finals_s for one in self.searches if not one.is_large)]
        return max(max(jobs), sum(jobs) / at_once)

    def _show(self, stage: Stage) -> None:
        tried = [one for one in self.searches if one.trials]
        left = max(self._left(()), 0.0)
        gone = self._clock() - self._started_s
        done = int(100 * gone / (gone + left)) if gone + left > 0 else 0
        stage.advance(max(done - self._shown, 0), note=standing(tried) if tried else None)
        self._shown = max(done, self._shown)


def _two_dense(one: HyperparameterSearch, busy: Collection[HyperparameterSearch]) -> bool:
    """Return whether `one` would need the memory of large matrices while somebody at work does."""
    return one.is_large and any(other.is_large for other in busy)


def mixes_blocks(member: MemberSpec) -> bool:
    """Return whether a member reads several blocks and is not told how much each counts."""
    model = make_model(member.model, member.settings)
    return model.traits.weighs_blocks and model.reads_blocks() is None


def reading(member: MemberSpec, before: Sequence[HyperparameterSearch]) -> MemberSpec:
    """Return a member that mixes blocks with weights for them: the squared NDCG@20 of each block alone."""
    if not mixes_blocks(member):
        return member
    alone = {
        one.wanted.name: one.trials[0].ndcg ** 2
        for one in before
        if one.trials and one.wanted.model == block_model().name
    }
    best = max(alone.values(), default=0.0)
    weights = {name: round(worth / best, 2) for name, worth in alone.items() if worth > 0.005 * best}
    if not weights:
        return member
    model = make_model(member.model, member.settings)
    chosen = model.with_blocks(weights).config.model_dump(mode="json", exclude_defaults=True)
    return replace(member, settings={**member.settings, **chosen})


def standing(searches: Sequence[HyperparameterSearch]) -> str:
    """Return the best score so far in words."""
    best = max(searches, key=lambda one: one.ndcg)
    n_trials = sum(len(one.trials) for one in searches)
    return f"best NDCG@20 {best.ndcg:.4f} by {best.wanted.name}; {n_trials} trials"
