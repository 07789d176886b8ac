"""LensKit (lenskit.org): neighbours, EASE, implicit alternating least squares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contest"))

import numpy as np
import optuna
import pandas as pd
from given import Past
from lenskit.als import ImplicitMFScorer
from lenskit.data import Dataset, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer
from lenskit.training import TrainingOptions
from scipy import sparse
from tuning import Contestant, Settings, compete

from ranking import Score

ALS_ROUND = 3
"""Passes over the data between two looks at validation."""


def dataset(clicks: sparse.csr_matrix) -> Dataset:
    """Return the clicks as LensKit takes them, with our numbers of users and items."""
    users, items = clicks.nonzero()
    frame = pd.DataFrame({"user_id": users, "item_id": items})
    n_users, n_items = clicks.shape
    return from_interactions_df(frame, users=np.arange(n_users), items=np.arange(n_items))


def numbered(values: np.ndarray, vocabulary: Any, n: int) -> np.ndarray:
    """Return rows [n, d] in the order of our numbers; zeros where the library has none."""
    rows = np.zeros((n, values.shape[1]), dtype=np.float32)
    rows[np.asarray(vocabulary.ids(), dtype=np.int64)] = values
    return rows


def neighbours(settings: Settings, past: Past) -> Iterator[Score]:
    """Item-to-item neighbours by cosine; the best `save_nbrs` of each item count."""
    model = ItemKNNScorer(feedback="implicit", max_nbrs=settings["save_nbrs"], **settings)
    model.train(dataset(past.clicks))
    likeness = model.sim_matrix.to_scipy().tocsr().astype(np.float32)
    ids = np.asarray(model.items.ids(), dtype=np.int64)
    columns = sparse.csr_matrix(past.clicks[:, ids])
    place = np.argsort(ids)
    yield lambda users: (columns[users] @ likeness).toarray()[:, place]


def ease(settings: Settings, past: Past) -> Iterator[Score]:
    """EASE (Steck 2019)."""
    model = EASEScorer(**settings)
    model.train(dataset(past.clicks))
    ids = np.asarray(model.items.ids(), dtype=np.int64)
    columns, place = sparse.csr_matrix(past.clicks[:, ids]), np.argsort(ids)
    weights = model.weights
    yield lambda users: (columns[users] @ weights)[:, place]


def least_squares(settings: Settings, past: Past) -> Iterator[Score]:
    """Implicit matrix factorisation (Hu, Koren, Volinsky 2008)."""
    model = ImplicitMFScorer(**settings)
    trainer = model.create_trainer(dataset(past.clicks), TrainingOptions(rng=0))
    n_users, n_items = past.clicks.shape
    while True:
        for _ in range(ALS_ROUND):
            trainer.train_epoch()
        users = numbered(model.user_embeddings, model.users, n_users)
        items = numbered(model.item_embeddings, model.items, n_items)
        yield dot(users, items)


def dot(users: np.ndarray, items: np.ndarray) -> Score:
    """Return the scores of factors."""
    return lambda asked: users[asked] @ items.T


def suggest_neighbours(trial: optuna.Trial) -> Settings:
    """Return how many neighbours are kept, and how near they have to be."""
    return {
        "save_nbrs": trial.suggest_int("save_nbrs", 5, 1000, log=True),
        "min_sim": trial.suggest_float("min_sim", 1e-6, 0.1, log=True),
    }


def suggest_ease(trial: optuna.Trial) -> Settings:
    """Return the ridge."""
    return {"regularization": trial.suggest_float("regularization", 1, 5000, log=True)}


def suggest_least_squares(trial: optuna.Trial) -> Settings:
    """Return the usual settings; how many rounds is told by validation."""
    return {
        "embedding_size": trial.suggest_int("embedding_size", 16, 512, log=True),
        "regularization": trial.suggest_float("regularization", 1e-3, 300, log=True),
        "weight": trial.suggest_float("weight", 0.3, 200, log=True),
    }


CONTESTANTS = {
    "item-knn": Contestant({"save_nbrs": 20, "min_sim": 1e-6}, suggest_neighbours, neighbours),
    "ease": Contestant({"regularization": 250.0}, suggest_ease, ease),
    "ials": Contestant(
        {"embedding_size": 64, "regularization": 0.1, "weight": 40.0}, suggest_least_squares, least_squares
    ),
}

if __name__ == "__main__":
    compete(CONTESTANTS)
