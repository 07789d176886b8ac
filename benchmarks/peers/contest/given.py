"""What a peer is given: the past of a split folder, who is asked about, and features where there are any."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

BOTH = "train+validation"
WIDEST = 256
"""Columns of features at most for models that learn from them; wider ones would take all the time."""


@dataclass(frozen=True)
class Past:
    """What a model is fitted on."""

    clicks: sparse.csr_matrix
    """[n_users, n_items] float32, 1 where the user chose the item."""
    given: "Given"
    """Where the features are."""


@dataclass(frozen=True)
class Given:
    """A split without its test part. Users and items are numbers from 0."""

    train: sparse.csr_matrix
    """[n_users, n_items] float32, 1 where the user chose the item: to fit on while tuning."""
    validation: sparse.csr_matrix
    """The same of the events to tune on."""
    known: sparse.csr_matrix
    """What is known when the test begins: to fit on in the end, to ask with, and not to rank."""
    asked: NDArray[np.int64]
    """Users whose lists are judged."""
    features: dict[str, NDArray[np.float32]]
    """Name -> [n_items, d], unit rows; zeros where an item has none."""

    @property
    def refits(self) -> bool:
        """Whether the last fit is on more than tuning was."""
        return self.known is not self.train

    @cached_property
    def content(self) -> NDArray[np.float32]:
        """[n_items, <= 256] all features side by side, turned to their largest directions."""
        rows = np.hstack(list(self.features.values())).astype(np.float64)
        if rows.shape[1] <= WIDEST:
            return rows.astype(np.float32)
        values, vectors = np.linalg.eigh(rows @ rows.T)
        largest = slice(len(values) - WIDEST, None)
        return (vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0))).astype(np.float32)


def read_given(folder: Path) -> Given:
    """Return what `folder` holds; the test part is not opened."""
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    shape = (facts["n_users"], facts["n_items"])
    train, validation = (clicks(folder / f"{part}.csv", shape) for part in ("train", "validation"))
    known = train
    if facts["known"] == BOTH:
        known = (train + validation).tocsr()
        known.data[:] = 1
    asked = numbers(folder / "asked.csv", 1)[:, 0]
    features = {path.stem: unit_rows(np.load(path)) for path in sorted(folder.glob("*.npy"))}
    return Given(train, validation, known, asked, features)


def numbers(path: Path, n_columns: int) -> NDArray[np.int64]:
    """Return the first columns of a table [n_rows, n_columns]."""
    return np.loadtxt(path, np.int64, delimiter=",", skiprows=1, usecols=range(n_columns), ndmin=2)


def clicks(path: Path, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return the events of a table [n_users, n_items] as ones; what occurs twice counts once."""
    pairs = numbers(path, 2)
    ones = np.ones(len(pairs), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def unit_rows(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return rows of length 1; rows of zeros stay."""
    values = np.nan_to_num(values.astype(np.float32))
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(norms > 0, norms, 1)
