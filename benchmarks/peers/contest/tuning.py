"""Tuning within a budget of seconds: Optuna's TPE on validation, the same for every peer."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from given import Given, Past, read_given

from ranking import Score, ndcg, top_items

SEED = 0
JUDGED_AT_MOST = 3_000
"""Users of validation that tuning looks at; drawn once if there are more."""
PATIENCE = 4
"""Rounds without a better value after which training stops."""

Settings = dict[str, Any]
Fit = Callable[[Settings, Past], Iterator[Score]]
"""Trains, and yields a snapshot after each round; what has a closed form yields once."""


@dataclass(frozen=True)
class Contestant:
    """A model of a peer."""

    start: Settings
    """The first settings tried: the library's defaults or its authors' advice."""
    suggest: Callable[[optuna.Trial], Settings]
    """What is searched."""
    fit: Fit


@dataclass
class Best:
    """The best snapshot so far."""

    value: float = -1.0
    settings: Settings | None = None
    rounds: int = 0
    score: Score | None = None
    fit_seconds: float = 0.0
    """Training alone, up to that round."""


class OutOfTimeError(Exception):
    """The budget is spent, and there is something to show."""


class Tuning:
    """Searches one contestant's settings until the budget is spent."""

    def __init__(self, contestant: Contestant, given: Given, seconds: float) -> None:
        self.contestant, self.given, self.seconds = contestant, given, seconds
        self.started_s = time.perf_counter()
        self.best, self.n_trials = Best(), 0
        relevant = given.validation - given.validation.multiply(given.train)
        relevant.eliminate_zeros()
        users = np.flatnonzero(np.diff(relevant.tocsr().indptr))
        if len(users) > JUDGED_AT_MOST:
            users = np.sort(np.random.default_rng(SEED).choice(users, JUDGED_AT_MOST, replace=False))
        self.users, self.relevant = users, relevant.tocsr()[users]

    @property
    def spent_s(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.started_s

    def search(self) -> Best:
        """Return the best of what could be tried in time; the first settings always get one round."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=SEED, n_startup_trials=8)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.enqueue_trial(self.contestant.start)
        while not self.n_trials or self._worth_another():
            trial = study.ask()
            settings = self.contestant.suggest(trial)
            try:
                study.tell(trial, self._tried(settings))
            except OutOfTimeError:
                break
            self.n_trials += 1
        return self.best

    def _worth_another(self) -> bool:
        return self.spent_s * (1 + 0.5 / self.n_trials) < self.seconds

    def _tried(self, settings: Settings) -> float:
        rounds, value, since, fit_s = 0, -1.0, 0, 0.0
        training = self.contestant.fit(settings, Past(self.given.train, self.given))
        while True:
            began_s = time.perf_counter()
            score = next(training, None)
            fit_s += time.perf_counter() - began_s
            if score is None or since >= PATIENCE:
                return value
            rounds, since = rounds + 1, since + 1
            found = float(ndcg(top_items(score, self.users, self.given.train), self.relevant).mean())
            if found > value:
                value, since = found, 0
            if found > self.best.value:
                self.best = Best(found, settings, rounds, score, fit_s)
            if self.spent_s > self.seconds:
                raise OutOfTimeError

    def last_fit(self) -> Best:
        """Return the best settings, fitted on all that is known where that is more than train."""
        if not self.given.refits:
            return self.best
        began_s, score = time.perf_counter(), None
        past = Past(self.given.known, self.given)
        training = self.contestant.fit(self.best.settings or {}, past)
        for _ in range(self.best.rounds):
            score = next(training)
        best = self.best
        return Best(best.value, best.settings, best.rounds, score, time.perf_counter() - began_s)


def write_lists(path: Path, users: np.ndarray, lists: np.ndarray, facts: Mapping[str, Any]) -> None:
    """Write the lists to PATH.npz and what is to be said of them to PATH.json."""
    np.savez_compressed(path.with_suffix(".npz"), users=users, items=lists)
    path.with_suffix(".json").write_text(json.dumps(dict(facts)) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Return what the command line of every fit.py says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("split", type=Path)
    parser.add_argument("out", type=Path, help="lists go to OUT.npz, facts to OUT.json")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=120)
    return parser.parse_args()


def compete(contestants: Mapping[str, Contestant]) -> None:
    """Tune and fit the model that the command line names, and write its lists."""
    options = arguments()
    given = read_given(options.split)
    contestant = contestants[options.model]
    tuning = Tuning(contestant, given, options.seconds)
    tuning.search()
    tune_s = tuning.spent_s
    best = tuning.last_fit()
    if best.score is None:
        raise RuntimeError("nothing was fitted")
    lists = top_items(best.score, given.asked, given.known)
    facts = {
        "settings": best.settings,
        "rounds": best.rounds,
        "trials": tuning.n_trials,
        "validation_ndcg": best.value,
        "tune_seconds": tune_s,
        "fit_seconds": best.fit_seconds,
    }
    write_lists(options.out, given.asked, lists, facts)
