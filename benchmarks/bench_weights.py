"""What each way to learn the weights of a fusion reaches on queries that it has not seen.

    python benchmarks/bench_weights.py [--datasets tiktok baby] [--seconds 40]

On each split of the peers' contest `auto` tunes the members on the validation part. Then weights are learnt
on that part and judged on the test part, and the other way round, by every method, and by the method that
`learn_weights` takes. Mean NDCG@20 over both, from cached scores of the items that any member ranks high.
Needs the folder of real data.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from real_data import DATA, write_result

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

from splits import DATASETS, make_split

from sensorium.evaluation.splits import TuningView
from sensorium.experiments.split_folder import read_split_folder
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.fusion.validation_scores import ValidationScores, validation_scores
from sensorium.fusion.weights import LEARNERS, averaged_weights, learn_weights, searched_weights
from sensorium.training.training_data import training_data, validation_data

MAX_QUERIES = 3_000
TAKEN = "taken"
"""What `learn_weights` chooses."""

Learner = Callable[[ValidationScores], NDArray[np.float64]]


def taken(data: ValidationScores) -> NDArray[np.float64]:
    """Return the weights by the method that does best on held-out folds."""
    found = learn_weights(data)
    return np.asarray([found.weights[name] for name in data.names])


METHODS: dict[str, Learner] = {
    **LEARNERS,
    "searched, averaged": lambda data: averaged_weights(data, searched_weights),
    TAKEN: taken,
}


def halves(dataset: str, data: Path, seconds: float) -> tuple[ValidationScores, ValidationScores]:
    """Return the cached scores of the queries of validation and of the test."""
    with tempfile.TemporaryDirectory() as scratch:
        make_split(dataset, data, Path(scratch) / dataset)
        brought = read_split_folder(Path(scratch) / dataset)
    split = brought.split
    train = training_data(split.train, brought.item_features.blocks)
    tune_on = validation_data(train, split.tuning)
    judge_on = validation_data(train, TuningView(split.train, split.test))
    tuning = fit_auto(train, tune_on, config=AutoConfig(seconds=seconds)).tuning
    assert tuning is not None
    one, other = (
        validation_scores(tuning.members, part.with_history().sample(MAX_QUERIES, 0)).warm()
        for part in (tune_on, judge_on)
    )
    return one, other


def judged(learner: Learner, one: ValidationScores, other: ValidationScores) -> float:
    """Return the mean NDCG@20 of what is learnt on each half and judged on the other."""
    pairs = ((one, other), (other, one))
    return float(np.mean([test.ndcg(test.fused(learner(train))).mean() for train, test in pairs]))


def main() -> None:
    """Print and keep the mean NDCG@20 of every method on every data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=DATASETS)
    parser.add_argument("--seconds", type=float, default=40, help="to tune the members")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"skipped: no real data at {DATA}; set SENSORIUM_DATA")
    results: dict[str, object] = {}
    for dataset in options.datasets:
        one, other = halves(dataset, DATA, options.seconds)
        reached = {name: judged(learner, one, other) for name, learner in METHODS.items()}
        results[dataset] = {"n_queries": [len(one), len(other)], "ndcg@20": reached}
        if not options.json:
            cells = "  ".join(f"{name} {value:.4f}" for name, value in reached.items())
            print(f"{dataset:10} {cells}", flush=True)
    write_result("weights", results)
    if options.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
