"""Judges every peer's lists alike, with Sensorium's own judge: one masking, one metric, one bootstrap."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from splits import BOTH

from sensorium.core.arrays import FloatMatrix, IntVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.evaluation.intervals import bootstrap
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.result import EvaluationResult, paired_difference

K = 20
METRICS = ("recall@20", "ndcg@20")
OURS, BEFORE = "sensorium-auto", "before"
AHEAD = "ours minus this"


def judge_of(split: Path) -> Judge:
    """Return the judge of a split folder: the test is asked for, what was known before is not ranked."""
    facts = json.loads((split / "facts.json").read_text(encoding="utf-8"))
    shape = (facts["n_users"], facts["n_items"])
    train, validation, test = (
        clicks(split / f"{part}.csv", shape) for part in ("train", "validation", "test")
    )
    known = sparse.csr_array(train + validation) if facts["known"] == BOTH else train
    return Judge(test, known, ks=(K,))


def clicks(path: Path, shape: tuple[int, int]) -> SparseMatrix:
    """Return the events of a table as ones [n_users, n_items]."""
    table = pl.read_csv(path)
    places = (table["user_id"].to_numpy(), table["item_id"].to_numpy())
    matrix = sparse.csr_array((np.ones(len(table), dtype=np.float32), places), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def judged(judge: Judge, name: str, lists: Path) -> EvaluationResult:
    """Return what the lists in an .npz (`users` [n], `items` [n, 20], -1 where a list ends) are worth.

    Raises
    ------
    DataError
        If a list names an item twice or one that the user knew, or a user to be judged has no list.
    """
    with np.load(lists) as found:
        users, items = found["users"], found["items"]
    judge = judge.fresh()
    row_of = np.full(judge.relevant.shape[0], -1)
    row_of[users] = np.arange(len(users))
    if (row_of[judge.rows] < 0).any():
        raise DataError("a user has no list", where=str(lists))
    judge.add_all(lambda rows: scores_of(items[row_of[rows]], rows, judge, str(lists)))
    return judge.result(name)


def scores_of(items: IntVector, users: IntVector, judge: Judge, where: str) -> FloatMatrix:
    """Return scores [n, n_items] that rank as the lists do: NaN for what they do not name."""
    rows, positions = np.nonzero(items >= 0)
    named = items[rows, positions]
    scores = np.full((len(items), judge.relevant.shape[1]), np.nan, dtype=np.float32)
    scores[rows, named] = items.shape[1] - positions
    if len(named) != np.isfinite(scores).sum():
        raise DataError("a list names an item twice", where=where)
    if judge.masked is not None and np.isfinite(scores[judge.masked[users].nonzero()]).any():
        raise DataError("a list names an item that its user knew", where=where)
    return scores


def table_of(*parts: tuple[Path, Path]) -> list[dict[str, Any]]:
    """Return one row for each run, ours last, then those that could not run.

    `parts` are folders of a split and of its runs; of several, which judge different users, a run is a row if
    it is in all, and its users are those of all. A run of another split is left out.
    """
    found = [results_of(split, runs) for split, runs in parts]
    facts = found[-1][0]
    ran = [name for name in facts if all(name in results for _, results in found)]
    results = {name: pooled([results[name] for _, results in found]) for name in ran}
    rows = [row(name, facts[name], results) for name in sorted(ran, key=lambda name: (name == OURS, name))]
    return rows + [{"name": name, "error": fact["error"]} for name, fact in facts.items() if "error" in fact]


def results_of(split: Path, runs: Path) -> tuple[dict[str, Any], dict[str, EvaluationResult]]:
    """Return what the runs of a split said of themselves, and what the lists of those that ran are worth."""
    fingerprint = json.loads((split / "facts.json").read_text(encoding="utf-8"))["fingerprint"]
    facts = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(runs.glob("*.json"))}
    facts = {name: fact for name, fact in facts.items() if fact.get("fingerprint") == fingerprint}
    judge = judge_of(split)
    ran = [name for name in facts if "error" not in facts[name]]
    return facts, {name: judged(judge, name, runs / f"{name}.npz") for name in ran}


def pooled(results: Sequence[EvaluationResult]) -> EvaluationResult:
    """Return the results of one model on different users as one; it has `METRICS` alone."""
    if len(results) == 1:
        return results[0]
    values = {metric: np.fmax.reduce([one.per_user[metric] for one in results], axis=0) for metric in METRICS}
    found = {metric: bootstrap(each[~np.isnan(each), None])[0] for metric, each in values.items()}
    return replace(
        results[0],
        per_user=values,
        metrics={metric: interval.mean for metric, interval in found.items()},
        intervals=found,
        n_users=sum(one.n_users for one in results),
    )


def row(name: str, facts: Mapping[str, Any], results: Mapping[str, EvaluationResult]) -> dict[str, Any]:
    """Return the numbers of one run, and how much better ours is, paired by user."""
    result = results[name]
    found: dict[str, Any] = {"name": name, "users": result.n_users}
    for metric in METRICS:
        found[metric] = result.metrics[metric]
        found[f"{metric} interval"] = [result.intervals[metric].low, result.intervals[metric].high]
    if OURS in results and name != OURS:
        found[AHEAD] = {
            metric: paired_difference(results[OURS], result, metric).to_json() for metric in METRICS
        }
    return found | {key: value for key, value in facts.items() if key != "fingerprint"}
