"""Qualities of plain recommendation lists beyond accuracy: the formulas of `beyond_accuracy` alone.

`recommended` is read as in `list_accuracy`: a mapping of user -> ids in order, a list of lists, an array of
row numbers, or a frame. `history` is given in the ways of `relevant` there.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from sensorium.catalog.readers.frames import as_polars
from sensorium.core.arrays import SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.metrics import beyond_accuracy
from sensorium.metrics.plain_lists import (
    ITEM,
    USER,
    IndexedLists,
    PlainLists,
    indexed_lists,
    list_id,
    read_lists,
    require_same_users,
)


def coverage(recommended: object, items: Iterable[object], k: int = 10) -> float:
    """Return the share of all `items`, their ids, that stands in at least one list."""
    return beyond_accuracy.coverage(_exposures(recommended, items, k))


def gini(recommended: object, items: Iterable[object], k: int = 10) -> float:
    """Return how unequally `items`, all ids, are shown: 0 equally often, towards 1 one gets everything."""
    return beyond_accuracy.gini(_exposures(recommended, items, k))


def novelty(recommended: object, history: object, k: int = 10) -> float:
    """Return the mean share of users to whom a recommended item is new: 1 - its share in `history`."""
    lists, train = _with_history(recommended, history, k)
    facts = beyond_accuracy.ListFacts(lists.items, len(lists.vocabulary), train)
    return facts.measured((k,))[f"novelty@{k}"]


def self_information(recommended: object, history: object, k: int = 10) -> float:
    """Return the mean of -log2 of the share of users who know a recommended item, in bits."""
    lists, train = _with_history(recommended, history, k)
    facts = beyond_accuracy.ListFacts(lists.items, len(lists.vocabulary), train)
    return facts.measured((k,))[f"self_information@{k}"]


def unseen_share(recommended: object, history: object, k: int = 10) -> float:
    """Return the mean share of a list that its user has not met: novelty as some articles define it.

    1 wherever known items are never recommended.
    """
    given, known = read_lists(recommended, "recommended"), read_lists(history, "history", ordered=False)
    require_same_users(given, known, "history")
    lists = indexed_lists(given, k, _vocabulary(given, known))
    own = _matrix(known, Vocabulary(given.users, name="user"), lists.vocabulary)
    return beyond_accuracy.unseen_share(lists.items, own)


def diversity(recommended: object, vectors: Mapping[Any, Any] | NDArray[Any], k: int = 10) -> float:
    """Return the mean cosine distance of the pairs in a list, averaged over lists.

    `vectors` holds the features of each item: id -> numbers [d], or an array [n_items, d] where items are row
    numbers. Items without a vector, or with zeros alone, are left out.
    """
    given = read_lists(recommended, "recommended")
    lists = indexed_lists(given, k)
    pairs = enumerate(vectors) if isinstance(vectors, np.ndarray) else vectors.items()
    rows = {list_id(key, "vectors"): row for key, row in pairs}
    known = [item for item in lists.vocabulary if item in rows]
    if not known:
        raise DataError(
            "no recommended item has a vector", where="vectors", remedy="Spell the ids alike in both"
        )
    table = np.asarray([rows[item] for item in known], dtype=np.float32)
    values = np.zeros((len(lists.vocabulary), table.shape[1]), dtype=np.float32)
    values[lists.vocabulary.indices(known)] = table
    block = FeatureBlock(BlockName("number:vectors"), values, np.asarray(values.any(axis=1)))
    return beyond_accuracy.intra_list_diversity(lists.items, block)


def category_diversity(recommended: object, categories: object, k: int = 10) -> float:
    """Return the mean over lists of log2(number of kinds in the list), in bits: 0 where all are of one kind.

    `categories` says of what kind each item is: id -> label or labels, or a frame with `item_id` and
    `category`, a row for each label. Lists without any label are left out.
    """
    lists = indexed_lists(read_lists(recommended, "recommended"), k)
    pairs = [(item, label) for item, label in _labels(categories) if item in lists.vocabulary]
    if not pairs:
        raise DataError(
            "no recommended item has a category", where="categories", remedy="Spell the ids alike in both"
        )
    labels = list(dict.fromkeys(label for _, label in pairs))
    columns = {label: position for position, label in enumerate(labels)}
    rows = lists.vocabulary.indices(item for item, _ in pairs)
    places = (rows, [columns[label] for _, label in pairs])
    shape = (len(lists.vocabulary), len(labels))
    kinds: SparseMatrix = sparse.csr_array((np.ones(len(pairs), dtype=np.float32), places), shape=shape)
    return beyond_accuracy.category_diversity(lists.items, kinds)


def _labels(categories: object) -> list[tuple[str, str]]:
    """Return item and label, for each label of each item."""
    where = "categories"
    if isinstance(categories, Mapping):
        mapping = cast("Mapping[object, object]", categories)
        named = ((item, _several(label)) for item, label in mapping.items())
        return [(list_id(item, where), str(label)) for item, labels in named for label in labels]
    frame = as_polars(categories)
    if not {ITEM, "category"} <= set(frame.columns):
        raise DataError(
            f"columns are: {', '.join(frame.columns)}",
            where=where,
            remedy="Give item_id and category, a row for each label",
        )
    known = frame.drop_nulls([ITEM, "category"])
    return [(list_id(item, where), str(label)) for item, label in known.select(ITEM, "category").iter_rows()]


def _several(label: object) -> Iterable[object]:
    if label is None:
        return ()
    if isinstance(label, str) or not isinstance(label, Iterable):
        return (label,)
    return cast("Iterable[object]", label)


def _exposures(recommended: object, items: Iterable[object], k: int) -> NDArray[np.int64]:
    if isinstance(items, str | int) or not isinstance(items, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DataError(
            f"{items!r} is given where the ids of all items belong", where="items", remedy="Give their ids"
        )
    known = items if isinstance(items, Vocabulary) else Vocabulary([list_id(i, "items") for i in items])
    lists = indexed_lists(read_lists(recommended, "recommended"), k, known)
    return beyond_accuracy.exposure(lists.items, len(known))


def _with_history(recommended: object, history: object, k: int) -> tuple[IndexedLists, SparseMatrix]:
    """Return the lists, and who used what [n_users of the history, n_items]."""
    given, known = read_lists(recommended, "recommended"), read_lists(history, "history", ordered=False)
    lists = indexed_lists(given, k, _vocabulary(given, known))
    return lists, _matrix(known, Vocabulary(known.users, name="user"), lists.vocabulary)


def _vocabulary(*lists: PlainLists) -> Vocabulary:
    return Vocabulary(pl.concat([one.frame[ITEM] for one in lists]).unique(maintain_order=True))


def _matrix(lists: PlainLists, users: Vocabulary, items: Vocabulary) -> SparseMatrix:
    """Return [n_users, n_items] 1 where the user's list holds the item; others' lists are left out."""
    rows, columns = users.lookup(lists.frame[USER]), items.lookup(lists.frame[ITEM])
    kept = rows >= 0
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    return sparse.csr_array((ones, (rows[kept], columns[kept])), shape=(len(users), len(items)))
