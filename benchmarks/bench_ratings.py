"""How far predicted ratings are off: MovieLens-100K, five random folds, beside what everybody writes first.

`sensorium evaluate` chooses `rating-bias` or `rating-factors` (with content or without) on one fold,
learns from four and is judged on the fifth. `textbook SVD` is the biased matrix factorisation of the books
(Funk 2006; Koren 2009): stochastic gradient, 100 factors, 20 passes, learning rate .005, ridge .02, the
defaults of scikit-surprise; it learns from the same four folds. Needs the folder of real data.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from real_data import data_folder, write_result
from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatVector
from sensorium.evaluation import splits
from sensorium.metrics.ratings import mae, rmse
from sensorium.models.rating_factors import RatingFactors, RatingFactorsConfig
from sensorium.training.rating_prediction import predictions
from sensorium.training.training_data import training_data
from sensorium.workspace.commands import evaluate_folder
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

FACTORS, PASSES, STEP, RIDGE = 100, 20, 0.005, 0.02


def textbook_svd(known: Events, asked: Events) -> FloatVector:
    """Return the predicted rating of each event of `asked` [n_asked]."""
    rng = np.random.default_rng(0)
    mean, low, high = known.value.mean(), known.value.min(), known.value.max()
    user_bias, item_bias = np.zeros(len(known.users)), np.zeros(len(known.items))
    users = rng.normal(0, 0.1, (len(known.users), FACTORS))
    items = rng.normal(0, 0.1, (len(known.items), FACTORS))
    for _ in range(PASSES):
        for user, item, value in zip(known.user, known.item, known.value, strict=True):
            p, q = users[user], items[item]
            error = value - mean - user_bias[user] - item_bias[item] - p @ q
            user_bias[user] += STEP * (error - RIDGE * user_bias[user])
            item_bias[item] += STEP * (error - RIDGE * item_bias[item])
            users[user], items[item] = p + STEP * (error * q - RIDGE * p), q + STEP * (error * p - RIDGE * q)
    told = np.einsum("nd,nd->n", users[asked.user], items[asked.item])
    return np.clip(mean + user_bias[asked.user] + item_bias[asked.item] + told, low, high)


def compared(events: Events) -> dict[str, dict[str, float]]:
    """Return the mean errors and seconds of a fold, of the peer and of `rating-factors` without content."""
    rows: dict[str, list[tuple[float, float, float]]] = {"textbook SVD": [], "rating-factors, no content": []}
    for split in splits.folds(events, 5):
        known = Events.concat(split.train, split.validation)
        started_s = time.perf_counter()
        told = textbook_svd(known, split.test)
        seconds = time.perf_counter() - started_s
        rows["textbook SVD"].append((rmse(told, split.test.value), mae(told, split.test.value), seconds))
        started_s = time.perf_counter()
        train = training_data(known, {})
        model = RatingFactors(RatingFactorsConfig(content=False)).fit(train)
        seconds = time.perf_counter() - started_s
        told, real = predictions(model, train, split.test)
        rows["rating-factors, no content"].append((rmse(told, real), mae(told, real), seconds))
    means = {name: np.mean(found, axis=0) for name, found in rows.items()}
    return {
        name: dict(zip(("rmse", "mae", "fit_s"), map(float, row), strict=True)) for name, row in means.items()
    }


def main() -> None:
    """Print a table and write the results file."""
    films = data_folder("movielens-100k")
    with tempfile.TemporaryDirectory() as scratch:
        started = initialize_workspace(Path(scratch), items=films / "items.csv", events=films / "events.csv")
        started.file.write_text(started.file.read_text() + '\n[evaluation]\nsplit = "folds"\n')
        _, events = training_tables(Workspace.open(Path(scratch)))
        rows = compared(events)
        found = evaluate_folder(Path(scratch), model="popularity", refit=True).evaluation.ratings
    rows["rating-bias"] = {"rmse": found["rmse_floor"], "mae": found["mae_floor"]}
    rows["sensorium evaluate"] = {"rmse": found["rmse"], "mae": found["mae"]}
    for name, row in rows.items():
        print(f"{name:30}" + "".join(f"  {measure} {value:.4f}" for measure, value in row.items()))
    write_result("ratings", {"data": "MovieLens-100K, 5 random folds", "errors": rows})


if __name__ == "__main__":
    main()
