"""What people who come back to what they know gain when repeats may be recommended.

    python benchmarks/bench_repeats.py [--seconds 40] [--users 300] [--model auto]

On a generated music library (`music_world`), divided in time, three answers are judged for the same users,
for whatever they went on to play: `auto` fitted with `seen=[]`; the same model, with what users had played
taken off its lists; and `auto` fitted and answering with `seen="all"`. NDCG@10 with 95% intervals, and how
many times as much the first reaches as each of the others, with that of a bootstrap over users.
"""

import argparse
import json
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import sensorium as sn
from music_world import music_world
from real_data import write_result
from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.sparse import entry_rows
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.slices import without
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_comparison import ModelComparison
from sensorium.models.base import Declaration, QueryBatch, Scorer
from sensorium.ranking.seen_items import known_items

METRIC = "ndcg@10"
N_RESAMPLES = 2_000


class Hiding:
    """A model that never shows what users know."""

    def __init__(self, model: Scorer, known: SparseMatrix) -> None:
        self._model, self._known = model, known

    @property
    def declaration(self) -> Declaration:
        """What the model is."""
        return self._model.declaration

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the model's scores; NaN for what is known."""
        scores = self._model.score(queries).copy()
        known = self._known[queries.users]
        scores[entry_rows(known), known.indices] = np.nan
        return scores


def ratio(
    one: EvaluationResult, other: EvaluationResult, *, seed: int = 0
) -> tuple[float, NDArray[np.float64]]:
    """Return how many times `one` reaches what `other` does, and the ends of its 95% bootstrap interval."""
    judged = ~np.isnan(one.per_user[METRIC])
    first, second = one.per_user[METRIC][judged], other.per_user[METRIC][judged]
    drawn = np.random.default_rng(seed).integers(len(first), size=(N_RESAMPLES, len(first)))
    ratios = first[drawn].mean(axis=1) / second[drawn].mean(axis=1)
    return float(first.mean() / second.mean()), np.percentile(ratios, [2.5, 97.5])


class Judged(NamedTuple):
    """How the answers did."""

    results: dict[str, EvaluationResult]
    """By answer; the first is that with repeats, then come those without, then each source of the first."""
    weights: dict[str, float]
    share_of_repeats: float
    """Of what users went on to play."""


def judged(model: str, seconds: float, n_users: int, seed: int) -> Judged:
    """Return how the answers do on a generated library."""
    world = music_world(n_users, seed=seed)
    catalog = sn.Catalog.from_frame(world.songs, id="song", category=["artist", "genre"])
    events = sn.Events.from_frame(world.plays, items=catalog.items, item="song", time="played_at")
    split = sn.splits.time(events)
    known = known_items(split.train, split.validation)
    again = EvaluationOptions(model=model, seconds=seconds, seed=seed, k=10, ratings=False, seen=())
    shown = evaluate_split(split, {}, again)
    hidden = evaluate_split(split, {}, replace(again, seen="all"))
    asking = ModelComparison.of(split, shown.train, again)
    fusion = shown.fitted.fusion
    results = asking.results(
        {
            "repeats allowed": fusion,
            "the same model, repeats hidden": Hiding(fusion, known),
            "fitted and answering without repeats": Hiding(hidden.fitted.fusion, known),
            **fusion.members,
        }
    )
    share = 1 - without(asking.judge.relevant, known).nnz / asking.judge.relevant.nnz
    return Judged(results, dict(fusion.weights), share)


def main() -> None:
    """Print and keep the numbers."""
    parser = argparse.ArgumentParser(description="What repeats bring where people come back.")
    parser.add_argument("--seconds", type=float, default=40, help="to tune each model")
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found, weights, share = judged(asked.model, asked.seconds, asked.users, asked.seed)
    allowed, *others = list(found.values())[:3]
    times = {one.model: ratio(allowed, one) for one in others}
    result: dict[str, object] = {
        "metric": METRIC,
        "n_users": allowed.n_users,
        "share_of_repeats": share,
        "ndcg": {name: one.intervals[METRIC].to_json() for name, one in found.items()},
        "weights": weights,
        "ratio": {name: [mean, *ends.tolist()] for name, (mean, ends) in times.items()},
        "difference": {one.model: paired_difference(allowed, one, METRIC).to_json() for one in others},
        "slices": {name: part.metrics[METRIC] for name, part in allowed.slices.items() if part.metrics},
    }
    write_result("repeats", result)
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{allowed.n_users} users; {share:.0%} of what they went on to play they had played before")
    for name, one in found.items():
        interval = one.intervals[METRIC]
        print(f"{name:40} {METRIC} {interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]")
    for name, (mean, ends) in times.items():
        print(f"{mean:.2f} [{ends[0]:.2f}, {ends[1]:.2f}] times as much as: {name}")


if __name__ == "__main__":
    main()
