"""Qualities of recommendation lists beyond accuracy: coverage, diversity, novelty, concentration, popularity.

All are means over the filled positions of the lists, or properties of all lists together; none
looks at what was relevant.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.sparse import are_stored, column_counts, row_counts
from sensorium.features.block import FeatureBlock
from sensorium.metrics.ranked_lists import NOBODY

_LISTS_AT_ONCE = 4096


def exposure(lists: NDArray[np.int64], n_items: int) -> IntVector:
    """Return [n_items]: in how many of the `lists` [n_users, k] each item stands."""
    return np.bincount(lists[lists != NOBODY], minlength=n_items).astype(np.int64)


def coverage(exposures: IntVector) -> float:
    """Return the share of the catalogue that stands in at least one list."""
    return float(np.mean(exposures > 0))


def gini(exposures: IntVector) -> float:
    """Return the Gini coefficient of the items' exposures x, sorted: sum((2 i - n - 1) x_i) / (n sum(x)).

    0: every item is shown equally often; towards 1: one item gets everything.
    """
    total, n = exposures.sum(), len(exposures)
    if total == 0:
        return float("nan")
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float(ranks @ np.sort(exposures) / (n * total))


def intra_list_diversity(lists: NDArray[np.int64], block: FeatureBlock) -> float:
    """Return the mean cosine distance, 1 - cos, of all pairs in a list, averaged over lists.

    Items without this medium are left out, and so are lists with fewer than two items that have it.
    The sum over pairs comes from the norm of the sum of unit rows, so no pair is visited.
    """
    norms = np.sqrt(np.einsum("ij,ij->i", block.values, block.values))
    usable = block.present & (norms > 0)
    distances: list[NDArray[np.float64]] = []
    for start in range(0, len(lists), _LISTS_AT_ONCE):
        part = lists[start : start + _LISTS_AT_ONCE]
        rows, positions = np.nonzero((part != NOBODY) & usable[part])
        items = part[rows, positions]
        shape = (len(part), len(block))
        picked: SparseMatrix = sparse.csr_array((1 / norms[items], (rows, items)), shape=shape)
        n = np.bincount(rows, minlength=len(part))
        similar = ((picked @ block.values).astype(np.float64) ** 2).sum(axis=1) - n
        some = n > 1
        distances.append(1 - similar[some] / (n * (n - 1))[some])
    values = np.concatenate(distances) if distances else np.zeros(0)
    return float(values.mean()) if len(values) else float("nan")


def category_diversity(lists: NDArray[np.int64], kinds: SparseMatrix) -> float:
    """Return the mean over lists of log2(number of kinds in the list), in bits; 0: all of one kind.

    `kinds` [n_items, n_kinds] holds an entry where an item is of a kind. Lists without any are left out.
    """
    rows, positions = np.nonzero(lists != NOBODY)
    shape = (len(lists), kinds.shape[0])
    ones = np.ones(len(rows), dtype=np.float32)
    picked: SparseMatrix = sparse.csr_array((ones, (rows, lists[rows, positions])), shape=shape)
    n_kinds = row_counts(sparse.csr_array(picked @ kinds))
    some = n_kinds[n_kinds > 0]
    return float(np.log2(some).mean()) if len(some) else float("nan")


def unseen_share(lists: NDArray[np.int64], histories: SparseMatrix) -> float:
    """Return the mean over lists, empty ones left out, of the share of items not in the user's history.

    `histories` [n_users, n_items] has the rows of `lists`.
    """
    listed = lists != NOBODY
    rows, positions = np.nonzero(listed)
    met = are_stored(histories, rows, lists[rows, positions])
    n_items = listed.sum(axis=1)
    shares = 1 - np.bincount(rows, weights=met, minlength=len(lists)) / np.maximum(n_items, 1)
    return float(shares[n_items > 0].mean()) if n_items.any() else float("nan")


def disliked_share(lists: NDArray[np.int64], disliked: SparseMatrix) -> float:
    """Return the share of the items in all lists that their user is stored with in `disliked`.

    `disliked` [n_users, n_items] has the rows of `lists`; NaN without any item in a list.
    """
    rows, positions = np.nonzero(lists != NOBODY)
    if not len(rows):
        return float("nan")
    return float(are_stored(disliked, rows, lists[rows, positions]).mean())


def known_shares(train: SparseMatrix) -> NDArray[np.float64]:
    """Return [n_items]: the share of active users (with a history) who used each item in training."""
    active = max(int(np.sum(row_counts(train) > 0)), 1)
    return column_counts(train) / active


def self_information(train: SparseMatrix) -> NDArray[np.float64]:
    """Return [n_items] -log2 of the known share, in bits; an item nobody used counts as used by one."""
    active = max(int(np.sum(row_counts(train) > 0)), 1)
    return -np.log2(np.maximum(known_shares(train), 1 / active))


class ListFacts:
    """Measures the lists [n_users, k] of all users; `NOBODY` fills short ones.

    `histories` [n_users, n_items], and what users went on to be against, `disliked`, have the rows of the
    lists; `kinds`, by column, are [n_items, n_kinds].
    """

    def __init__(
        self,
        lists: NDArray[np.int64],
        n_items: int,
        train: SparseMatrix | None = None,
        blocks: Mapping[str, FeatureBlock] | None = None,
        *,
        histories: SparseMatrix | None = None,
        kinds: Mapping[str, SparseMatrix] | None = None,
        disliked: SparseMatrix | None = None,
    ) -> None:
        self.disliked = disliked
        self.lists, self.n_items, self.train, self.blocks = lists, n_items, train, dict(blocks or {})
        self.histories, self.kinds = histories, dict(kinds or {})

    def exposure(self, k: int) -> IntVector:
        """Return [n_items]: in how many users' first k each item stands."""
        return exposure(self.lists[:, :k], self.n_items)

    def measured(self, ks: Sequence[int]) -> dict[str, float]:
        """Return every quality at every k: `coverage@k`, `gini@k`, `novelty@k`, `diversity@k:block` ..."""
        found: dict[str, float] = {}
        for k in ks:
            found |= self._at(k)
        return found

    def _at(self, k: int) -> dict[str, float]:
        shown = self.exposure(k)
        found = {f"coverage@{k}": coverage(shown), f"gini@{k}": gini(shown)}
        if self.train is not None:
            shares = known_shares(self.train)
            found[f"popularity@{k}"] = _mean(shares, shown)
            found[f"novelty@{k}"] = 1 - found[f"popularity@{k}"]
            found[f"self_information@{k}"] = _mean(self_information(self.train), shown)
        if self.histories is not None:
            found[f"unseen_share@{k}"] = unseen_share(self.lists[:, :k], self.histories)
        if self.disliked is not None:
            found[f"disliked_share@{k}"] = disliked_share(self.lists[:, :k], self.disliked)
        for column, kinds in self.kinds.items():
            found[f"category_diversity@{k}:{column}"] = category_diversity(self.lists[:, :k], kinds)
        for name, block in self.blocks.items():
            found[f"diversity@{k}:{name}"] = intra_list_diversity(self.lists[:, :k], block)
        return found


def _mean(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """Return the mean of `values` over all filled positions; NaN if there are none."""
    total = weights.sum()
    return float(values @ weights / total) if total else float("nan")
