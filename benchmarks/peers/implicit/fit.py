"""implicit (github.com/benfred/implicit): neighbours, alternating least squares, BPR."""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contest"))

import numpy as np
import optuna
from given import Past
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from tuning import Contestant, Settings, compete

from ranking import Score

ALS_ROUND, BPR_ROUND = 3, 10
"""Passes over the data between two looks at validation."""


def neighbours(settings: Settings, past: Past) -> Iterator[Score]:
    """Item-to-item neighbours by cosine, TF-IDF or BM25."""
    kind, k = settings["weighting"], settings["K"]
    if kind == "bm25":
        model = BM25Recommender(K=k, K1=settings["K1"], B=settings["B"])
    else:
        model = {"cosine": CosineRecommender, "tfidf": TFIDFRecommender}[kind](K=k)
    model.fit(past.clicks, show_progress=False)
    likeness = model.similarity.tocsr().astype(np.float32)
    yield lambda users: (past.clicks[users] @ likeness).toarray()


def least_squares(settings: Settings, past: Past) -> Iterator[Score]:
    """Weighted alternating least squares (Hu, Koren, Volinsky 2008)."""
    model = AlternatingLeastSquares(**settings, iterations=ALS_ROUND, random_state=0)
    while True:
        model.fit(past.clicks, show_progress=False)
        yield dot(model.user_factors, model.item_factors)


def personalized_ranking(settings: Settings, past: Past) -> Iterator[Score]:
    """BPR matrix factorisation (Rendle et al. 2009)."""
    model = BayesianPersonalizedRanking(**settings, iterations=BPR_ROUND, random_state=0)
    while True:
        model.fit(past.clicks, show_progress=False)
        yield dot(model.user_factors, model.item_factors)


def dot(users: np.ndarray, items: np.ndarray) -> Score:
    """Return the scores of factors as they are now."""
    users, items = users.copy(), items.copy()
    return lambda asked: users[asked] @ items.T


def suggest_neighbours(trial: optuna.Trial) -> Settings:
    """Return which likeness, and how many neighbours count."""
    kind = trial.suggest_categorical("weighting", ["cosine", "tfidf", "bm25"])
    settings = {"weighting": kind, "K": trial.suggest_int("K", 5, 1000, log=True)}
    if kind == "bm25":
        settings |= {"K1": trial.suggest_float("K1", 0.1, 100, log=True), "B": trial.suggest_float("B", 0, 1)}
    return settings


def suggest_least_squares(trial: optuna.Trial) -> Settings:
    """Return the usual settings; how many rounds is told by validation."""
    return {
        "factors": trial.suggest_int("factors", 16, 512, log=True),
        "regularization": trial.suggest_float("regularization", 1e-3, 300, log=True),
        "alpha": trial.suggest_float("alpha", 0.3, 100, log=True),
    }


def suggest_ranking(trial: optuna.Trial) -> Settings:
    """Return the usual settings; how many rounds is told by validation."""
    return {
        "factors": trial.suggest_int("factors", 16, 256, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.3, log=True),
        "regularization": trial.suggest_float("regularization", 1e-4, 0.3, log=True),
    }


CONTESTANTS = {
    "item-knn": Contestant({"weighting": "cosine", "K": 20}, suggest_neighbours, neighbours),
    "ials": Contestant(
        {"factors": 64, "regularization": 0.01, "alpha": 1.0}, suggest_least_squares, least_squares
    ),
    "bpr": Contestant(
        {"factors": 100, "learning_rate": 0.01, "regularization": 0.01}, suggest_ranking, personalized_ranking
    ),
}

if __name__ == "__main__":
    compete(CONTESTANTS)
