"""Ratings that two factors made, for the models that look for them."""

import numpy as np
from scipy import sparse

from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData

N_USERS, N_ITEMS, NOISE = 300, 80, 0.3


def made_ratings():
    """Ratings from two factors, biases and noise; what an item is like shows in its features."""
    rng = np.random.default_rng(11)
    features = rng.normal(size=(N_ITEMS, 4))
    items = features @ rng.normal(size=(4, 3)) * 0.4
    users = np.concatenate([np.ones((N_USERS, 1)), rng.normal(size=(N_USERS, 2))], axis=1)
    truth = 3 + users @ items.T + 0.5 * rng.normal(size=(N_USERS, 1))
    known = rng.random(truth.shape) < 0.4
    known[:, -10:] = False
    noisy = truth + NOISE * rng.normal(size=truth.shape)
    rows, columns = np.nonzero(known)
    ratings = sparse.csr_array((noisy[known].astype(np.float32), (rows, columns)), shape=truth.shape)
    block = FeatureBlock("text:plot", features.astype(np.float32), np.ones(N_ITEMS, np.bool_))
    return truth, known, TrainingData(ratings, None, ratings, {"text:plot": block})
