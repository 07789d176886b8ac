"""What guides a search for settings: steps from the best so far, as in `auto`, chance, or Optuna's TPE.

    python benchmarks/bench_sampler.py [--datasets ml-random tiktok] [--trials 30] [--seeds 3]

On splits of the peers' contest each model of `auto` is tuned by each sampler with as many trials, which all
begin with the model's portfolio and its defaults, on a part of the validation queries. What is best there is
judged on the other part. Mean NDCG@20 of the best after 10, 20 and all trials, in shares of the best known.
Needs the folder of real data; TPE is left out where Optuna is not installed.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from real_data import DATA, write_result

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

from splits import DATASETS, make_split

from sensorium.evaluation.splits import TuningView
from sensorium.experiments.split_folder import read_split_folder
from sensorium.fusion.hyperparameter_sampler import HyperparameterSampler
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.models.base import TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types
from sensorium.models.search_space import LogBetween, OneOf
from sensorium.training.training_data import training_data, validation_data

MODELS = ("ease", "item-knn", "rp3", "graph-filter", "pure-svd", "user-knn", "ials")
MOST_QUERIES = 1_500
Parts = tuple[TrainingData, ValidationData, ValidationData]
"""What is learnt from, tuned on and judged on."""
LOOKS = (10, 20)
"""After so many trials the best is looked at, and at the end."""


class Chance(HyperparameterSampler):
    """Settings of the whole space at random."""

    def drawn(self) -> dict[str, Any]:
        """Return a setting."""
        return self.anywhere()


class TPE(HyperparameterSampler):
    """Optuna's tree-structured Parzen estimator."""

    study: Any = None
    n_known = 0

    def drawn(self) -> dict[str, Any]:
        """Return a setting, after telling the study what is known since."""
        import optuna

        spaces = {name: spelt(space) for name, space in self.space.items()}
        if self.study is None:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            at_random = max(6, 2 * len(spaces))
            sampler = optuna.samplers.TPESampler(
                seed=int(self._rng.integers(1000)), n_startup_trials=at_random, multivariate=True
            )
            self.study = optuna.create_study(direction="maximize", sampler=sampler)
        told = list(self._told.values())
        for settings, reached in told[self.n_known :]:
            drawn = {name: numbered(self.space[name], settings[name]) for name in spaces}
            known = optuna.trial.create_trial(params=drawn, distributions=spaces, value=reached)
            self.study.add_trial(known)
        self.n_known = len(told)
        trial = self.study.ask(spaces)
        params = dict(trial.params)
        self.study.tell(trial, state=optuna.trial.TrialState.FAIL)  # it is added once its value is known
        return {
            name: space.values[params[name]] if isinstance(space, OneOf) else in_digits(space, params[name])
            for name, space in self.space.items()
        }


def spelt(space: Any) -> Any:
    """Return a space as Optuna spells it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(space, OneOf):
        return CategoricalDistribution(range(len(space.values)))
    log = isinstance(space, LogBetween)
    if space.whole:
        return IntDistribution(int(space.low), int(space.high), log=log)
    return FloatDistribution(space.low, space.high, log=log)


def numbered(space: Any, value: Any) -> Any:
    """Return a value as Optuna knows it; a default may lie outside of the space."""
    return space.values.index(value) if isinstance(space, OneOf) else min(max(value, space.low), space.high)


def in_digits(space: Any, value: Any) -> Any:
    """Return a number with three significant digits."""
    return min(max(type(value)(f"{value:.3g}") if not space.whole else value, space.low), space.high)


GUIDES = {"steps": HyperparameterSampler, "chance": Chance, "TPE": TPE}


def parts_of(dataset: str, data: Path) -> Parts:
    """Return what is learnt from, tuned on and judged on."""
    with tempfile.TemporaryDirectory() as scratch:
        make_split(dataset, data, Path(scratch) / "split")
        view: TuningView = read_split_folder(Path(scratch) / "split").split.tuning
    train = training_data(view.train, {})
    queries = validation_data(train, view).with_history().sample(2 * MOST_QUERIES, 0)
    chosen = np.random.default_rng(0).permutation(len(queries))
    half = len(queries) // 2
    return train, queries.rows(np.sort(chosen[:half])), queries.rows(np.sort(chosen[half:]))


def course(
    model: str,
    guide: str,
    seed: int,
    n_trials: int,
    parts: tuple[TrainingData, ValidationData, ValidationData],
) -> list[tuple[float, float]]:
    """Return, trial by trial, what it reaches on the queries that are tuned on, and on the others."""
    train, tuned, judged = parts
    sampler = GUIDES[guide](model_types()[model], {}, seed=seed, events_per_user=train.events_per_user)
    found: list[tuple[float, float]] = []
    while len(found) < n_trials and (settings := sampler.next()) is not None:
        fitted = make_model(model, settings).fit(train)
        reached = float(ndcg_of_queries(fitted, tuned).mean())
        sampler.tell(reached)
        found.append((reached, float(ndcg_of_queries(fitted, judged).mean())))
    return found


def best_after(found: list[tuple[float, float]], n: int) -> tuple[float, float]:
    """Return what the best of the first `n` trials reaches on either part."""
    return max(found[:n], key=lambda one: one[0])


def main() -> None:
    """Run, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--datasets", nargs="+", default=["ml-random", "tiktok"], choices=DATASETS)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    looks = (*LOOKS, asked.trials)
    guides = [guide for guide in GUIDES if guide != "TPE" or find_spec("optuna")]
    table: dict[str, dict[str, Any]] = {}
    for dataset in asked.datasets:
        parts = parts_of(dataset, asked.data)
        for model in asked.models:
            begun_s = time.process_time()
            with threadpool_limits(1):
                runs = {
                    guide: [course(model, guide, seed, asked.trials, parts) for seed in range(asked.seeds)]
                    for guide in guides
                }
            top = np.max([best_after(one, asked.trials) for some in runs.values() for one in some], axis=0)
            row = {
                guide: [np.mean([best_after(one, n) for one in some], axis=0) / top for n in looks]
                for guide, some in runs.items()
            }
            table[f"{dataset} {model}"] = {
                guide: [[round(float(part), 4) for part in each] for each in found]
                for guide, found in row.items()
            }
            said = "; ".join(
                f"{guide} " + ", ".join(f"{tuned:.3f}/{judged:.3f}" for tuned, judged in found)
                for guide, found in row.items()
            )
            print(f"{dataset:10} {model:13} {said} ({time.process_time() - begun_s:.0f} s)", flush=True)
    means = defaultdict(list)
    for row in table.values():
        for guide, found in row.items():
            means[guide].append(found)
    for guide, found in means.items():
        print(guide, np.round(np.mean(found, axis=0), 4).tolist())
    write_result("sampler", {"after": looks, "tuned and judged": table})


if __name__ == "__main__":
    main()
