"""The model that a contract is about, and the world that it is fitted on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from sensorium.core.arrays import SparseMatrix
from sensorium.models.base import Recommender, TrainingData
from sensorium.testing.two_colour import BLOCKS, TwoColour, two_colour

N_COLD = 6
"""Items of the world whose events are taken away: three of each colour."""


def world(seed: int = 0) -> TwoColour:
    """Return the two-colour catalogue without the events of its last `N_COLD` items."""
    whole = two_colour(seed=seed)
    warm = np.arange(whole.data.n_items) < whole.data.n_items - N_COLD
    data = whole.data
    return replace(
        whole,
        data=TrainingData(
            _restricted(data.interactions, warm),
            None if data.times is None else _restricted(data.times, warm),
            None if data.ratings is None else _restricted(data.ratings, warm),
            data.blocks,
        ),
    )


def told_about(known: TwoColour, about: str) -> SparseMatrix:
    """Return what there is to know `about` users who tell their colour: whom they follow, else attributes.

    `follows` is [n_users, n_users]: each follows the next two of the same colour. `searches` is
    [n_users, n_items]: each found two items of the own colour. Anything else is [n_users, 3]: a column for
    each colour, and one that all have.
    """
    n_users, taste = known.data.n_users, known.taste_of_user
    if about == "follows":
        users = np.arange(n_users)
        nearby = np.stack([(users + 2) % n_users, (users + 4) % n_users])
        ones = np.ones(2 * n_users, dtype=np.float32)
        return sparse.csr_array((ones, (np.tile(users, 2), nearby.ravel())), shape=(n_users, n_users))
    if about == "searches":
        users, first = np.arange(n_users), 4 * (np.arange(n_users) % 5) + taste
        ones = np.ones(2 * n_users, dtype=np.float32)
        found = np.concatenate([first, first + 2])
        return sparse.csr_array((ones, (np.tile(users, 2), found)), shape=(n_users, known.data.n_items))
    table = np.ones((n_users, 3), dtype=np.float32)
    table[:, :2] = np.eye(2, dtype=np.float32)[taste]
    return sparse.csr_array(table)


def _restricted(matrix: SparseMatrix, columns: "np.ndarray[Any, Any]") -> SparseMatrix:
    kept = columns[matrix.indices]
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
    return sparse.csr_array((matrix.data[kept], (rows, matrix.indices[kept])), shape=matrix.shape)


class ModelUnderContract:
    """What the parts of a contract share: which model, under which settings."""

    model: ClassVar[type[Recommender[Any]]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings that differ from the defaults; a model of a block gets one by itself."""

    def new(self) -> Recommender[Any]:
        """Return an unfitted model."""
        block = {"block": next(iter(BLOCKS))} if self.model.traits.block else {}
        where = f"the contract of {self.model.name}"
        return self.model(self.model.config_type.parse({**block, **self.settings}, where=where))

    def world(self, seed: int = 0) -> TwoColour:
        """Return the world of the contract, with what the model reads about users."""
        known = world(seed)
        if not self.model.traits.about:
            return known
        about = {self.model.traits.about: told_about(known, self.model.traits.about)}
        told = replace(known.data, about=about)
        if "circumstances" in about:
            chosen = about["circumstances"].T @ known.data.interactions
            told = replace(told, circumstances=sparse.csr_array(chosen), conditions=("red", "blue", "all"))
        return replace(known, data=told)

    def fitted(self, seed: int = 0) -> tuple[Recommender[Any], TwoColour]:
        """Return a model and the world that it was fitted on."""
        known = self.world(seed)
        return self.new().fit(known.data), known
