"""What a fit, its scores and their judgement are expected to take, beside what they take.

    python benchmarks/bench_costs.py [--datasets tiktok baby ml-1m]

`auto` plans by expected seconds, so that two runs try the same (`models/cost.py`). Here each model of events
is fitted by default on train and judged on at most 3,000 users of validation: expected seconds and processor
seconds of the second fit, of all scores, and of the judgement. Needs the folder of real data.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from real_data import data_folder, write_result
from sensorium.fusion.hyperparameter_search import sampled
from sensorium.fusion.trial_cost import JUDGING, as_searched
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.models.base import QueryBatch, Size, TrainingData, ValidationData
from sensorium.models.registry import make_model

FOLDERS = {"tiktok": "tiktok", "baby": "amazon-baby", "ml-1m": "ml-1m"}
MODELS = (
    "popularity", "user-knn", "item-knn", "rp3", "graph-filter", "ease", "ials", "ials-ensemble", "pure-svd",
)  # fmt: skip
MAX_QUERIES = 3_000
BATCH = 256


def read(folder: Path) -> tuple[TrainingData, ValidationData]:
    """Return what is learnt from, and the queries of validation."""
    parts = [pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation")]
    n_users, n_items = (1 + max(int(part[name].max()) for part in parts) for name in ("user_id", "item_id"))  # type: ignore[arg-type]
    train, relevant = (
        sparse.csr_array(
            (
                np.ones(len(part), dtype=np.float32),
                (part["user_id"].to_numpy(), part["item_id"].to_numpy()),
            ),
            shape=(n_users, n_items),
        )
        for part in parts
    )
    train.data[:] = 1
    data, asking = TrainingData(train), np.flatnonzero(np.diff(relevant.indptr))
    validation = ValidationData(
        QueryBatch.of_users(data, asking), sparse.csr_array(relevant[asking]), sparse.csr_array(train[asking])
    )
    return data, sampled(validation, MAX_QUERIES * n_items, seed=0)


def processor_s(work: Callable[[], object]) -> float:
    """Return the processor seconds of `work`."""
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


def costs(name: str, data: TrainingData, validation: ValidationData) -> dict[str, float]:
    """Return expected and taken seconds of one model."""
    size, dearest = Size.of(data, validation), as_searched(name, {})
    model = make_model(name).fit(data)
    fit_s = processor_s(lambda: make_model(name).fit(data))

    def score() -> None:
        for start in range(0, len(validation), BATCH):
            model.score(validation.queries.rows(start, start + BATCH))

    score_s = processor_s(score)
    whole_s = processor_s(lambda: ndcg_of_queries(model, validation))
    found = {
        "fit_expected_s": dearest.fit_cost(size, again=True),
        "fit_s": fit_s,
        "score_expected_s": dearest.score_cost(size),
        "score_s": score_s,
        "judge_expected_s": JUDGING * size.n_scores,
        "judge_s": max(whole_s - score_s, 0.0),
    }
    return {key: round(value, 3) for key, value in found.items()}


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", nargs="+", choices=list(FOLDERS), default=list(FOLDERS))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for dataset in parser.parse_args().datasets:
        data, validation = read(data_folder(FOLDERS[dataset]))
        for name in MODELS:
            found.setdefault(dataset, {})[name] = costs(name, data, validation)
            print(f"{dataset:7s} {name:14s} {found[dataset][name]}", flush=True)
    write_result("costs", dict(found))


if __name__ == "__main__":
    main()
