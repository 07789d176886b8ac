"""RecBole (recbole.io): its models, trained with Adam as its trainer does; batches are drawn faster here."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contest"))

import numpy as np
import optuna
import torch
from given import Past
from recbole.model.general_recommender import BPR, EASE, ItemKNN, LightGCN
from scipy import sparse
from tuning import Contestant, Settings, compete

from ranking import Score

BATCH = 2048
ROUND = 3
"""Passes over the data between two looks at validation."""
FIELDS = {
    "USER_ID_FIELD": "user",
    "ITEM_ID_FIELD": "item",
    "NEG_PREFIX": "neg_",
    "device": torch.device("cpu"),
    "require_pow": False,
    "knn_method": "item",
}


class Config(dict[str, Any]):
    """What RecBole's models ask their configuration for."""

    @property
    def device(self) -> torch.device:
        """Where models live."""
        return self["device"]


class Clicks:
    """What RecBole's models ask their data set for."""

    def __init__(self, clicks: sparse.csr_matrix) -> None:
        self.clicks = clicks

    def num(self, field: str) -> int:
        """Return how many users or items there are."""
        return self.clicks.shape[0 if field == "user" else 1]

    def inter_matrix(self, form: str = "coo", **_: Any) -> Any:
        """Return the clicks in the layout asked for."""
        return self.clicks.asformat(form)


def closed_form(kind: Any, settings: Settings, clicks: sparse.csr_matrix) -> Iterator[Score]:
    """Yield a model that is done when it is made."""
    model = kind(Config(FIELDS | settings), Clicks(clicks))

    def score(users: np.ndarray) -> np.ndarray:
        found = model.full_sort_predict({"user": torch.from_numpy(users)})
        return np.asarray(found).reshape(len(users), -1)

    yield score


def trained(kind: Any, settings: Settings, clicks: sparse.csr_matrix) -> Iterator[Score]:
    """Yield a model of factors after every few passes."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = kind(Config(FIELDS | settings), Clicks(clicks))
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"])
    while True:
        model.train()
        for _ in range(ROUND):
            for batch in triplets(clicks, rng):
                optimizer.zero_grad()
                model.calculate_loss(batch).backward()
                optimizer.step()
        model.eval()
        with torch.no_grad():
            users, items = (values.detach().numpy().copy() for values in model.forward_all())
        yield dot(users, items)


class WholeBPR(BPR):
    """BPR that tells its factors."""

    def forward_all(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the factors of users and items."""
        return self.user_embedding.weight, self.item_embedding.weight


class WholeLightGCN(LightGCN):
    """LightGCN that tells its propagated factors."""

    def forward_all(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the factors of users and items."""
        return self.forward()


def triplets(clicks: sparse.csr_matrix, rng: np.random.Generator) -> Iterator[dict[str, torch.Tensor]]:
    """Yield batches of users, chosen items, and items that each user did not choose."""
    users, chosen = clicks.nonzero()
    order = rng.permutation(len(users))
    users, chosen = users[order], chosen[order]
    other = rng.integers(clicks.shape[1], size=len(users))
    while (known := np.asarray(clicks[users, other]).ravel() > 0).any():
        other[known] = rng.integers(clicks.shape[1], size=known.sum())
    for start in range(0, len(users), BATCH):
        part = slice(start, start + BATCH)
        columns = {"user": users[part], "item": chosen[part], "neg_item": other[part]}
        yield {name: torch.from_numpy(values.astype(np.int64)) for name, values in columns.items()}


def dot(users: np.ndarray, items: np.ndarray) -> Score:
    """Return the scores of factors."""
    return lambda asked: users[asked] @ items.T


def item_knn(settings: Settings, past: Past) -> Iterator[Score]:
    """Item-to-item neighbours by shrunk cosine."""
    return closed_form(ItemKNN, settings, past.clicks)


def ease(settings: Settings, past: Past) -> Iterator[Score]:
    """EASE (Steck 2019)."""
    return closed_form(EASE, settings, past.clicks)


def bpr(settings: Settings, past: Past) -> Iterator[Score]:
    """BPR matrix factorisation."""
    return trained(WholeBPR, settings, past.clicks)


def light_gcn(settings: Settings, past: Past) -> Iterator[Score]:
    """LightGCN (He et al. 2020)."""
    return trained(WholeLightGCN, settings, past.clicks)


def suggest_neighbours(trial: optuna.Trial) -> Settings:
    """Return how many neighbours count, and the shrinkage."""
    return {
        "k": trial.suggest_int("k", 5, 1000, log=True),
        "shrink": trial.suggest_float("shrink", 0, 100),
    }


def suggest_ease(trial: optuna.Trial) -> Settings:
    """Return the ridge."""
    return {"reg_weight": trial.suggest_float("reg_weight", 1, 5000, log=True)}


def suggest_bpr(trial: optuna.Trial) -> Settings:
    """Return the usual settings; how many rounds is told by validation."""
    return {
        "embedding_size": trial.suggest_int("embedding_size", 16, 256, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 0.1, log=True),
    }


def suggest_light_gcn(trial: optuna.Trial) -> Settings:
    """Return the same, layers and decay."""
    return suggest_bpr(trial) | {
        "n_layers": trial.suggest_int("n_layers", 1, 4),
        "reg_weight": trial.suggest_float("reg_weight", 1e-6, 1e-1, log=True),
    }


CONTESTANTS = {
    "item-knn": Contestant({"k": 100, "shrink": 0.0}, suggest_neighbours, item_knn),
    "ease": Contestant({"reg_weight": 250.0}, suggest_ease, ease),
    "bpr": Contestant({"embedding_size": 64, "learning_rate": 0.005}, suggest_bpr, bpr),
    "lightgcn": Contestant(
        {"embedding_size": 64, "learning_rate": 0.005, "n_layers": 3, "reg_weight": 1e-4},
        suggest_light_gcn,
        light_gcn,
    ),
}

if __name__ == "__main__":
    compete(CONTESTANTS)
