"""Which settings of a model do well on many data sets: a short portfolio, judged by leaving one data set out.

    python benchmarks/learn_portfolios.py [--models ease rp3] [--trials 30] [--keep 5]

For each model and data set, `--trials` settings are drawn as a search draws them; the best four of each data
set are then tried on all others. From the settings that all have tried, those are taken one after another,
beside the defaults, that most raise the mean, over data sets, of the best NDCG@20 beside the best known.
Leaving a data set out means that neither its numbers nor the settings that are best on it alone are known. It
takes hours; what was tried is kept in `results/portfolio-trials.jsonl`, so that a run goes on where the last
one stopped.

Needs the folder of real data. The portfolios stand in the models as `portfolio`.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from real_data import RESULTS, data_folder
from sensorium.fusion.hyperparameter_sampler import HyperparameterSampler
from sensorium.fusion.hyperparameter_search import POPULAR_ITEMS
from sensorium.fusion.popular_items_sample import popular_items_sample
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, QueryBatch, TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types

SETS = ("movielens-100k", "tiktok", "amazon-baby", "ml-1m", "amazon-clothing", "gowalla")
MODELS = ("ease", "graph-filter", "rp3", "item-knn", "pure-svd", "ials", "user-knn")
TRIALS = RESULTS / "portfolio-trials.jsonl"
QUERIES = 1_000
BEST = 4
DEFAULTS = "{}"

Table = Mapping[str, Mapping[str, float]]
"""Settings as JSON -> data set -> NDCG@20."""


@cache
def task(name: str, *, popular: bool = False) -> tuple[TrainingData, ValidationData]:
    """Return train and some queries of validation; with `popular`, of the popular items alone."""
    if popular:
        return popular_items_sample(*task(name), POPULAR_ITEMS)
    train, found = _films() if name == "movielens-100k" else _parts(name)
    data = TrainingData(train)
    users = np.flatnonzero((np.diff(found.indptr) > 0) & (np.diff(train.indptr) > 0))
    queries = QueryBatch.of_users(data, users)
    return data, ValidationData(queries, sparse.csr_array(found[users]), queries.history).sample(QUERIES, 0)


def _parts(name: str) -> list[sparse.csr_array]:
    folder = data_folder(name)
    return _matrices([pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation")])


def _films() -> list[sparse.csr_array]:
    """Return films that were liked, the last tenth of all ratings apart."""
    log = pl.read_csv(data_folder("movielens-100k") / "events.csv").sort("timestamp")
    log = log.with_columns(pl.col("user_id", "item_id").rank("dense") - 1)
    n = int(0.9 * len(log))
    return _matrices([part.filter(pl.col("rating") >= 4) for part in (log[:n], log[n:])])


def _matrices(parts: Sequence[pl.DataFrame]) -> list[sparse.csr_array]:
    columns = [(part["user_id"].to_numpy(), part["item_id"].to_numpy()) for part in parts]
    shape = tuple(max(int(column[axis].max()) for column in columns) + 1 for axis in (0, 1))
    found = [sparse.csr_array((np.ones(len(c[0]), np.float32), c), shape=shape) for c in columns]
    for matrix in found:
        matrix.sum_duplicates()
        matrix.data[:] = 1
    return found


class Trials:
    """What was tried, in memory and in the file."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
        self.order: dict[tuple[str, str], list[float]] = defaultdict(list)
        lines = TRIALS.read_text(encoding="utf-8").splitlines() if TRIALS.exists() else []
        for line in map(json.loads, lines):
            self._keep(line["model"], line["set"], line["settings"], line["ndcg"])

    def _keep(self, model: str, name: str, settings: Mapping[str, Any], ndcg: float) -> None:
        self.known[model][json.dumps(settings, sort_keys=True)][name] = ndcg
        self.order[model, name].append(ndcg)

    def reached(self, model: str, name: str, settings: Mapping[str, Any]) -> float:
        """Return the NDCG@20 of `settings` on the data set `name`, as known or tried now."""
        known = self.known[model][json.dumps(settings, sort_keys=True)]
        if name not in known:
            dense = model_types()[model].traits.dense_items
            data, queries = task(name, popular=dense and task(name)[0].n_items > POPULAR_ITEMS)
            ndcg = mean_ndcg(make_model(model, settings).fit(data, FitOptions()), queries)
            self._keep(model, name, settings, ndcg)
            line = {"model": model, "set": name, "settings": dict(settings), "ndcg": ndcg}
            with TRIALS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        return known[name]


def try_all(trials: Trials, model: str, n_trials: int) -> None:
    """Draw settings for each data set, and try the best of each on all others."""
    pool: dict[str, dict[str, Any]] = {}
    for name in SETS:
        useless = [key for key, space in model_types()[model].space.items() if space.needs_times]
        sampler = HyperparameterSampler(model_types()[model], {}, seed=1, useless=useless)
        found: list[tuple[float, dict[str, Any]]] = []
        while len(found) < n_trials and (settings := sampler.next()) is not None:
            found.append((trials.reached(model, name, settings), settings))
            sampler.tell(found[-1][0])
        best = sorted(found, key=lambda one: -one[0])[:BEST]
        pool |= {json.dumps(settings, sort_keys=True): settings for _, settings in best}
    for settings in [{}, *pool.values()]:
        for name in SETS:
            trials.reached(model, name, settings)


def portfolio(table: Table, sets: Iterable[str], best: Mapping[str, float], n: int) -> list[str]:
    """Return the defaults and `n` settings that go with them, the most useful first."""
    sets, chosen = list(sets), [DEFAULTS]
    for _ in range(n):

        def with_it(one: str) -> float:
            return float(np.mean([max(table[c][s] for c in (*chosen, one)) / best[s] for s in sets]))

        chosen.append(max((one for one in table if one not in chosen), key=with_it))
    return chosen


def report(trials: Trials, model: str, keep: int) -> None:
    """Print the portfolio of `model`, and how it does where a data set is left out."""
    table = {key: row for key, row in trials.known[model].items() if all(name in row for name in SETS)}
    best = {name: max(row.get(name, 0.0) for row in trials.known[model].values()) for name in SETS}
    print(f"{model}: {len(table)} settings; best NDCG@20 " + ", ".join(f"{s} {best[s]:.4f}" for s in SETS))
    only = {key: _best_on(table, key) for key in table}
    for n in range(1, keep + 1):
        left_out = []
        for name in SETS:
            others = {key: row for key, row in table.items() if key == DEFAULTS or only[key] != {name}}
            chosen = portfolio(others, [other for other in SETS if other != name], best, n)
            left_out.append(max(table[key][name] for key in chosen) / best[name])
        drawn = [max(trials.order[model, name][: n + 1]) / best[name] for name in SETS]
        print(f"  defaults and {n}: left out {np.mean(left_out):.3f}, drawn instead {np.mean(drawn):.3f}")
    for key in portfolio(table, SETS, best, keep):
        print(f"  {key}: " + ", ".join(f"{table[key][name] / best[name]:.3f}" for name in SETS))


def _best_on(table: Table, key: str) -> set[str]:
    """Return the data sets on which the settings `key` are among the best."""
    ranked = {name: sorted(table, key=lambda one: -table[one][name])[:BEST] for name in SETS}
    return {name for name in SETS if key in ranked[name]}


def main() -> None:
    """Try what was not tried yet, and print the portfolios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--keep", type=int, default=5)
    asked = parser.parse_args()
    trials = Trials()
    for model in asked.models:
        try_all(trials, model, asked.trials)
        report(trials, model, asked.keep)


if __name__ == "__main__":
    main()
