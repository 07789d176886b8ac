"""cornac (cornac.preferred.ai): EASE, BPR, and with features VBPR and AMR."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contest"))

import numpy as np
import optuna
from cornac.data import Dataset, ImageModality
from cornac.models import AMR, BPR, EASE, VBPR
from given import Past
from scipy import sparse
from tuning import Contestant, Settings, compete

from ranking import Score

BPR_ROUND, FEATURE_ROUND = 10, 5
"""Passes over the data between two looks at validation; Adam begins anew with each round of the latter."""
BATCH = 1024


class Triplets(Dataset):
    """Cornac's data set, drawing the items not chosen for a whole pass at once: more passes in the time."""

    def uij_iter(
        self, batch_size: int = 1, shuffle: bool = True, neg_sampling: str = "uniform"
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield batches of users, chosen items, and as many that each user did not choose."""
        if not shuffle or neg_sampling != "uniform":
            raise NotImplementedError("every model here shuffles, and draws evenly")
        order = self.rng.permutation(len(self.uir_tuple[0]))
        users, chosen = self.uir_tuple[0][order], self.uir_tuple[1][order]
        other = self.rng.randint(self.num_items, size=len(users))
        while (known := np.asarray(self.csr_matrix[users, other]).ravel() > 0).any():
            other[known] = self.rng.randint(self.num_items, size=known.sum())
        for start in range(0, len(users), batch_size):
            part = slice(start, start + batch_size)
            yield users[part], chosen[part], other[part]


def dataset(clicks: sparse.csr_matrix) -> Triplets:
    """Return the clicks as cornac takes them, with our numbers of users and items."""
    n_users, n_items = clicks.shape
    users, items = clicks.nonzero()
    return Triplets(
        num_users=n_users,
        num_items=n_items,
        uid_map={n: n for n in range(n_users)},
        iid_map={n: n for n in range(n_items)},
        uir_tuple=(users.astype("int"), items.astype("int"), np.ones(len(users))),
        seed=0,
    )


def ease(settings: Settings, past: Past) -> Iterator[Score]:
    """EASE (Steck 2019)."""
    weights = EASE(**settings, verbose=False).fit(dataset(past.clicks)).B.astype(np.float32)
    yield lambda users: past.clicks[users] @ weights


def personalized_ranking(settings: Settings, past: Past) -> Iterator[Score]:
    """BPR matrix factorisation with item biases."""
    data, factors = dataset(past.clicks), {}
    while True:
        model = BPR(**settings, max_iter=BPR_ROUND, init_params=factors, seed=None, num_threads=0).fit(data)
        factors = {"U": model.u_factors, "V": model.i_factors, "Bi": model.i_biases}
        yield dot(model.u_factors.copy(), model.i_factors.copy(), model.i_biases.copy())


def with_features(kind: Callable[..., Any], settings: Settings, past: Past) -> Iterator[Score]:
    """VBPR (He and McAuley 2016) or AMR (Tang et al. 2020) on all features side by side."""
    data = dataset(past.clicks)
    rows = past.given.content
    features = ImageModality(features=rows, ids=list(range(len(rows))))
    features.build(id_map=data.iid_map)
    data.add_modalities(item_image=features)
    learnt: dict[str, np.ndarray] = {}
    while True:
        fixed = {"n_epochs": FEATURE_ROUND, "batch_size": BATCH, "verbose": False, "seed": 0}
        model = kind(**settings, **fixed, init_params=learnt).fit(data)
        learnt = {"Gu": model.gamma_user, "Gi": model.gamma_item, "E": model.emb_matrix}
        if kind is VBPR:
            learnt |= {"Tu": model.theta_user, "Bi": model.beta_item, "Bp": model.beta_prime}
            users = np.hstack([model.gamma_user, model.theta_user])
            items = np.hstack([model.gamma_item, model.theta_item])
            yield dot(users, items, model.beta_item + model.visual_bias)
        else:
            yield dot(model.gamma_user.copy(), model.gamma_item + model.theta_item, np.zeros(len(rows)))


def visual_ranking(settings: Settings, past: Past) -> Iterator[Score]:
    """VBPR."""
    return with_features(VBPR, settings, past)


def adversarial_ranking(settings: Settings, past: Past) -> Iterator[Score]:
    """AMR."""
    return with_features(AMR, settings, past)


def dot(users: np.ndarray, items: np.ndarray, biases: np.ndarray) -> Score:
    """Return the scores of factors and biases."""
    return lambda asked: users[asked] @ items.T + biases


def suggest_ease(trial: optuna.Trial) -> Settings:
    """Return the ridge, and whether negative weights stay."""
    return {
        "lamb": trial.suggest_float("lamb", 1, 5000, log=True),
        "posB": trial.suggest_categorical("posB", [True, False]),
    }


def suggest_ranking(trial: optuna.Trial) -> Settings:
    """Return the usual settings; how many rounds is told by validation."""
    return {
        "k": trial.suggest_int("k", 16, 256, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.3, log=True),
        "lambda_reg": trial.suggest_float("lambda_reg", 1e-4, 0.3, log=True),
    }


def suggest_adversarial(trial: optuna.Trial) -> Settings:
    """Return the usual settings of models with features."""
    return {
        "k": trial.suggest_int("k", 16, 128, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.1, log=True),
        "lambda_w": trial.suggest_float("lambda_w", 1e-5, 1, log=True),
        "lambda_e": trial.suggest_float("lambda_e", 1e-5, 1, log=True),
    }


def suggest_visual(trial: optuna.Trial) -> Settings:
    """Return the same, and the factors of the features."""
    return suggest_adversarial(trial) | {"k2": trial.suggest_int("k2", 16, 128, log=True)}


FACTORS = {"k": 64, "learning_rate": 0.005, "lambda_w": 0.01, "lambda_e": 0.001}
CONTESTANTS = {
    "ease": Contestant({"lamb": 500.0, "posB": True}, suggest_ease, ease),
    "bpr": Contestant(
        {"k": 64, "learning_rate": 0.05, "lambda_reg": 0.01}, suggest_ranking, personalized_ranking
    ),
    "vbpr": Contestant(FACTORS | {"k2": 64}, suggest_visual, visual_ranking),
    "amr": Contestant(FACTORS, suggest_adversarial, adversarial_ranking),
}

if __name__ == "__main__":
    compete(CONTESTANTS)
