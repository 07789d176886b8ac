"""How far predicted ratings are off: MovieLens-100K, five random folds, beside what everybody writes first.

`sensorium evaluate` chooses between `rating-bias`, `rating-als` with content or without, and `rating-factors`
on one fold, learns from four and is judged on the fifth; all others learn from the same four folds.
`textbook SVD` is the biased matrix factorisation of the books (Funk 2006; Koren 2009): stochastic gradient,
100 factors, 20 passes, learning rate .005, ridge .02, the defaults of scikit-surprise. `ALS-WR` is that of
Zhou et al. 2008 with biases: 8 factors and a ridge of .12 for each rating, the best on held-back ratings, 20
rounds. Seconds are of the processor. Needs the folder of real data.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from real_data import data_folder, write_result
from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatVector
from sensorium.evaluation import splits
from sensorium.features.block import FeatureBlock
from sensorium.metrics.ratings import mae, rmse
from sensorium.models.rating_als import RatingALS, RatingALSConfig
from sensorium.models.rating_bias import RatingBias
from sensorium.models.rating_factors import RatingFactors, RatingFactorsConfig
from sensorium.serving.item_features import ItemFeatures
from sensorium.training.rating_prediction import predictions
from sensorium.training.training_data import training_data
from sensorium.workspace.commands import encode_workspace, evaluate_folder
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

FACTORS, PASSES, STEP, RIDGE = 100, 20, 0.005, 0.02
ALS_FACTORS, ALS_ROUNDS, ALS_RIDGE = 8, 20, 0.12


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


def als_wr(known: Events, asked: Events) -> FloatVector:
    """Return the predicted rating of each event of `asked` [n_asked]: the ridge grows with the ratings."""
    rng, d = np.random.default_rng(0), 1 + ALS_FACTORS
    mean, spread = known.value.mean(), known.value.std()
    items = 0.1 * rng.normal(size=(len(known.items), d)) * (np.arange(d) > 0)
    users = np.zeros((len(known.users), d))
    sides = ((users, items, known.user, known.item), (items, users, known.item, known.user))
    for _ in range(ALS_ROUNDS):
        for own, other, rows, columns in sides:
            order = np.argsort(rows, kind="stable")
            for chosen in np.split(order, np.flatnonzero(np.diff(rows[order])) + 1):
                met = other[columns[chosen]]
                inputs = np.concatenate([np.ones((len(chosen), 1)), met[:, 1:]], axis=1)
                left = inputs.T @ inputs + ALS_RIDGE * len(chosen) * np.eye(d)
                value = (known.value[chosen] - mean) / spread - met[:, 0]
                own[rows[chosen[0]]] = np.linalg.solve(left, inputs.T @ value)
    told = users[asked.user, 0] + items[asked.item, 0]
    told += np.einsum("nd,nd->n", users[asked.user, 1:], items[asked.item, 1:])
    return np.clip(mean + spread * told, known.value.min(), known.value.max())


def compared(events: Events, blocks: Mapping[str, FeatureBlock]) -> dict[str, dict[str, float]]:
    """Return the mean errors and seconds of a fold, of the peers and of each model that predicts ratings."""
    peers = {"textbook SVD": textbook_svd, "ALS-WR": als_wr}
    models = {
        "rating-bias": RatingBias(),
        "rating-als, no content": RatingALS(RatingALSConfig(content=False)),
        "rating-als": RatingALS(),
        "rating-factors, no content": RatingFactors(RatingFactorsConfig(content=False)),
        "rating-factors": RatingFactors(),
    }
    rows: dict[str, list[list[float]]] = {name: [] for name in (*peers, *models)}
    for split in splits.folds(events, 5):
        known = Events.concat(split.train, split.validation)
        for name, peer in peers.items():
            started_s = time.process_time()
            told = peer(known, split.test)
            errors = [rmse(told, split.test.value), mae(told, split.test.value)]
            rows[name].append([*errors, time.process_time() - started_s, 0.0])
        train = training_data(known, blocks)
        for name, model in models.items():
            started_s = time.process_time()
            model.fit(train)
            fitted_s = time.process_time()
            told, real = predictions(model, train, split.test)
            errors = [rmse(told, real), mae(told, real)]
            rows[name].append([*errors, fitted_s - started_s, time.process_time() - fitted_s])
    names = ("rmse", "mae", "fit_s", "answer_s")
    means = {name: np.mean(found, axis=0).tolist() for name, found in rows.items()}
    return {name: dict(zip(names, row, strict=True)) for name, row in means.items()}


def main() -> None:
    """Print a table and write the results file."""
    films = data_folder("movielens-100k")
    with tempfile.TemporaryDirectory() as scratch:
        started = initialize_workspace(Path(scratch), items=films / "items.csv", events=films / "events.csv")
        started.file.write_text(started.file.read_text() + '\n[evaluation]\nsplit = "folds"\n')
        workspace = Workspace.open(Path(scratch))
        _, events = training_tables(workspace)
        rows = compared(events, ItemFeatures.of(encode_workspace(workspace)).blocks)
        found = evaluate_folder(Path(scratch), model="popularity", refit=True).evaluation.ratings
    rows["sensorium evaluate"] = {"rmse": found["rmse"], "mae": found["mae"]}
    for name, row in rows.items():
        print(f"{name:30}" + "".join(f"  {measure} {value:.4f}" for measure, value in row.items()))
    write_result("ratings", {"data": "MovieLens-100K, 5 random folds", "errors": rows})


if __name__ == "__main__":
    main()
