"""Does fusing help? `auto` against its own sources and a textbook EASE, on MovieLens-100K and TikTok.

Textbook EASE is ten lines of NumPy (Steck 2019), judged by the same judge in the same run. TikTok: one
training event, drawn at random, is held out for each of 2,500 users with three or more; its own validation
part tunes. MovieLens: the split in time, and 5 folds at random. Needs the folder of real data.
"""

import csv
import random
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from real_data import data_folder, write_result
from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.experiments.evaluate import Evaluation
from sensorium.models.base import QueryBatch
from sensorium.workspace.commands import evaluate_folder
from sensorium.workspace.initialize import initialize_workspace

METRICS = ("recall@20", "ndcg@20")


def textbook_ease(clicks: SparseMatrix, ridge: float) -> FloatMatrix:
    """Return B [n_items, n_items] = I - P diag(1 / diag P), P = (X'X + ridge I)^-1."""
    gram = (clicks.T @ clicks).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def peer(evaluation: Evaluation, ridge: float) -> tuple[EvaluationResult, float]:
    """Return the judgement of textbook EASE and its seconds."""
    split = evaluation.split
    started_s = time.perf_counter()
    weights = textbook_ease(evaluation.train.interactions, ridge)
    seconds = time.perf_counter() - started_s
    judge = Judge(
        split.test.interactions(), evaluation.known, train_interactions=evaluation.train.interactions
    )
    judge.add_all(
        lambda rows: QueryBatch.of_users(evaluation.histories, rows).history @ weights, batch_size=512
    )
    return judge.result("textbook EASE"), seconds


def held_out_tiktok(folder: Path, n_users: int = 2_500) -> None:
    """Write a split folder in which one training event of each of `n_users` users is the test."""
    source = data_folder("tiktok")
    rng = random.Random(1)  # noqa: S311 - a repeatable draw, no secret
    with (source / "train.csv").open() as lines:
        head, *rows = csv.reader(lines)
    of_user = defaultdict(list)
    for row in rows:
        of_user[row[0]].append(row)
    drawn = set(rng.sample([user for user, theirs in of_user.items() if len(theirs) >= 3], n_users))
    test = {user: rng.randrange(len(of_user[user])) for user in sorted(drawn)}
    parts = {
        "test": [of_user[user][place] for user, place in test.items()],
        "train": [r for u, theirs in of_user.items() for i, r in enumerate(theirs) if test.get(u) != i],
    }
    for name, part in parts.items():
        with (folder / f"{name}.csv").open("w", newline="") as lines:
            csv.writer(lines).writerows([head, *part])
    for name in ("validation.csv", "image.npy", "audio.npy"):
        shutil.copy(source / name, folder / name)


def report(name: str, evaluation: Evaluation, *, ridge: float | None = 300.0) -> dict[str, object]:
    """Print and return the numbers of one data set."""
    print(f"\n{name}: {evaluation.result.n_users:,} users, fit {evaluation.fit_seconds:.0f} s, "
          f"{evaluation.peak_memory_mb:,.0f} MB")  # fmt: skip
    rows = [*evaluation.baselines.values(), *evaluation.members.values()]
    facts: dict[str, object] = {"fit_seconds": round(evaluation.fit_seconds, 1)}
    if ridge is not None:
        textbook, seconds = peer(evaluation, ridge)
        rows.append(textbook)
        facts["textbook_ease_seconds"] = round(seconds, 1)
    for row in [*sorted(rows, key=lambda row: row.metrics["ndcg@20"]), evaluation.result]:
        print(f"  {row.model:20}" + "".join(f"{row.metrics[metric]:9.4f}" for metric in METRICS))
        facts[row.model] = {metric: round(row.metrics[metric], 4) for metric in METRICS}
    against = {row.model: paired_difference(evaluation.result, row) for row in rows}
    for other, gain in against.items():
        print(f"  auto - {other:20} {gain.mean:+.4f} [{gain.low:.4f}, {gain.high:.4f}]")
    facts["auto_minus"] = {
        o: [round(g.mean, 4), round(g.low, 4), round(g.high, 4)] for o, g in against.items()
    }
    facts["peak_memory_mb"] = round(evaluation.peak_memory_mb)
    return facts


def main() -> None:
    """Evaluate and print."""
    found: dict[str, object] = {}
    films = data_folder("movielens-100k")
    with tempfile.TemporaryDirectory() as scratch:
        clips = Path(scratch) / "tiktok"
        clips.mkdir()
        held_out_tiktok(clips)
        found["tiktok"] = report("TikTok", evaluate_folder(clips, mask="train").evaluation)
        shop = Path(scratch) / "films"
        started = initialize_workspace(shop, items=films / "items.csv", events=films / "events.csv")
        found["movielens time"] = report("MovieLens, in time", evaluate_folder(shop).evaluation)
        started.file.write_text(started.file.read_text() + '\n[evaluation]\nsplit = "folds"\n')
        found["movielens folds"] = report("MovieLens, 5 folds", evaluate_folder(shop).evaluation, ridge=None)
    write_result("fusion", found)


if __name__ == "__main__":
    main()
