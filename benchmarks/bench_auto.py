"""What `auto` reaches, how long it takes and how much memory, beside EASE alone and popularity.

    python benchmarks/bench_auto.py [--data tiktok amazon-baby] [--tune half last one slice] [--seconds 120]

Each data set is a train and a validation part; every run is a process of its own. Four ways to tune:

- `half`: on a random half of the users of the validation part, judged on the other half;
- `one`: on one random training event of each user that has three or more, judged on the validation part;
- `last`: on the last training event of each user that has two or more, judged on the validation part; last in
  the order of the numbers of the items, since that is how TikTok's published split holds events back: there
  every event of validation has a higher item number than all that its user has in train. No model reads it;
- `slice`: on a random tenth of the training events, judged on the validation part.

The last three refit on all of train before they are judged. EASE is tuned in the same way, in the same time.
Intervals are of paired differences, by bootstrap over users. Needs the folder of real data.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from real_data import data_folder, write_result
from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.memory import peak_memory_mb
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.fusion.auto import AutoFit
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import FitOptions, QueryBatch, TrainingData, ValidationData
from sensorium.training.fit_model import fit_model, refit

METRICS = ("recall@20", "ndcg@20")
MODELS = ("popularity", "ease", "auto")
FEWEST = {"one": 3, "last": 2}
"""Events that a user needs, of which one is held back."""
TUNES = ("half", "last", "one", "slice")


@dataclass(frozen=True)
class Task:
    """What to learn from, to tune on, to learn from in the end, and to be judged on."""

    past: TrainingData
    tune_on: ValidationData
    train: TrainingData
    judged: SparseMatrix
    """[n_users, n_items]."""


def read(name: str) -> tuple[TrainingData, SparseMatrix]:
    """Return the train part with its features, and the validation part [n_users, n_items]."""
    folder = data_folder(name)
    parts = [pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation")]
    arrays = {path.stem: np.load(path).astype(np.float32) for path in sorted(folder.glob("*.npy"))}
    shape = tuple(
        max(int(part[column].max()) for part in parts) + 1  # type: ignore[arg-type]
        for column in ("user_id", "item_id")
    )
    shape = shape[0], max([shape[1], *(len(array) for array in arrays.values())])
    matrices = [_matrix(part["user_id"].to_numpy(), part["item_id"].to_numpy(), shape) for part in parts]
    blocks = {name: _block(name, array, shape[1]) for name, array in arrays.items()}
    return TrainingData(matrices[0], blocks=blocks), matrices[1]


def _matrix(users: IntVector, items: IntVector, shape: tuple[int, int]) -> SparseMatrix:
    matrix = sparse.csr_array((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _block(name: str, values: np.ndarray, n_items: int) -> FeatureBlock:
    rows = np.zeros((n_items, values.shape[1]), dtype=np.float32)
    rows[: len(values)] = values
    present = np.asarray(np.isfinite(rows).all(axis=1) & rows.any(axis=1))
    rows[~present] = 0
    block = FeatureBlock(name, rows, present, {"source": name})
    return Scaling.fit(block).scaled(block)


def task(name: str, tune: str, seed: int = 0) -> Task:
    """Return the data set `name`, to be tuned as `tune` says."""
    train, found = read(name)
    rng = np.random.default_rng(seed)
    if tune == "half":
        users = np.flatnonzero(np.diff(found.indptr))
        one = np.sort(rng.permutation(users)[: len(users) // 2])
        return Task(train, _asked(train, found, one), train, _only(found, np.setdiff1d(users, one)))
    entries = train.interactions.tocoo()
    if tune == "slice":
        held = rng.random(entries.nnz) < 0.1
    else:
        rank = -entries.col if tune == "last" else rng.random(entries.nnz)
        order = np.lexsort((rank, entries.row))
        first = order[np.flatnonzero(np.diff(entries.row[order], prepend=-1))]
        held = np.zeros(entries.nnz, dtype=bool)
        held[first] = np.diff(train.interactions.indptr)[entries.row[first]] >= FEWEST[tune]
    kept, slice_ = (
        _matrix(entries.row[part], entries.col[part], train.interactions.shape) for part in (~held, held)
    )
    past = replace(train, interactions=kept)
    return Task(past, _asked(past, slice_, np.flatnonzero(np.diff(slice_.indptr))), train, found)


def _asked(train: TrainingData, found: SparseMatrix, users: IntVector) -> ValidationData:
    queries = QueryBatch.of_users(train, users)
    return ValidationData(queries, sparse.csr_array(found[users]), queries.history)


def _only(matrix: SparseMatrix, users: IntVector) -> SparseMatrix:
    kept = np.zeros((matrix.shape[0], 1), dtype=np.float32)
    kept[users] = 1
    return sparse.csr_array(matrix.multiply(kept))


def judged(fusion: LateFusion, task: Task, name: str) -> EvaluationResult:
    """Return how well the fusion finds what is held back."""
    judge = Judge(task.judged, task.train.interactions, ks=(20,), train_interactions=task.train.interactions)
    judge.add_all(lambda rows: fusion.score(QueryBatch.of_users(task.train, rows)), batch_size=500)
    return judge.result(name)


def measure(name: str, tune: str, seconds: float) -> dict[str, object]:
    """Return what every model reached; `auto` is fitted first, so that the peak of memory is its own."""
    todo = task(name, tune)
    found: dict[str, EvaluationResult] = {}
    facts: dict[str, object] = {}
    for model in reversed(MODELS):
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        # On the clock of the processor, so that a busy machine ends no plan.
        fit = fit_model(model, todo.past, todo.tune_on, FitOptions(), seconds, clock=time.process_time)
        seconds_taken, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
        fusion = fit.fusion if todo.train is todo.past else refit(fit.fusion, todo.train, FitOptions())
        if model == "auto":
            facts |= {
                "seconds": round(seconds_taken, 1),
                "cpu_seconds": round(cpu_s, 1),
                "peak_mb": round(peak_memory_mb()),
                "members": _members(fit),
            }
        found[model] = judged(fusion, todo, model)
    facts |= {model: {m: round(found[model].metrics[m], 4) for m in METRICS} for model in MODELS}
    for other in ("ease", "popularity"):
        gains = {m: paired_difference(found["auto"], found[other], m) for m in METRICS}
        facts[f"auto_minus_{other}"] = {
            m: [round(value, 4) for value in (gain.mean, gain.low, gain.high)] for m, gain in gains.items()
        }
    return facts


def _members(fit: AutoFit) -> Mapping[str, object]:
    return {
        choice.name: {
            "settings": dict(choice.settings),
            "ndcg@20 alone": round(choice.ndcg or 0, 4),
            "trials": len(choice.trials),
            "why": choice.why,
            "weight": round(fit.fusion.weights[choice.name], 3),
        }
        for choice in fit.choices
    }


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", default=["tiktok", "amazon-baby"])
    parser.add_argument("--tune", nargs="+", default=list(TUNES), choices=TUNES)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--here", action="store_true", help="in this process; print JSON and keep nothing")
    asked = parser.parse_args()
    if asked.here:
        print(json.dumps(measure(asked.data[0], asked.tune[0], asked.seconds)))
        return
    found: dict[str, object] = {}
    for name in asked.data:
        data_folder(name)
        for tune in asked.tune:
            command = [sys.executable, str(Path(__file__)), "--here", "--data", name, "--tune", tune]
            ran = subprocess.run(
                [*command, "--seconds", str(asked.seconds)], check=True, stdout=subprocess.PIPE, text=True
            )
            facts = json.loads(ran.stdout.splitlines()[-1])
            found[f"{name}, tuned on {tune}"] = facts
            _print(name, tune, facts)
    write_result("auto", found)


def _print(name: str, tune: str, facts: Mapping[str, dict[str, object]]) -> None:
    print(
        f"\n{name}, tuned on {tune}: {facts['seconds']} s, {facts['cpu_seconds']} s of the processor, "
        f"{facts['peak_mb']:,} MB"
    )
    for model in MODELS:
        print(f"  {model:12}" + "".join(f"{facts[model][metric]:9.4f}" for metric in METRICS))
    for other in ("ease", "popularity"):
        mean, low, high = facts[f"auto_minus_{other}"]["ndcg@20"]  # type: ignore[misc]
        print(f"  auto - {other:12} NDCG@20 {mean:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
