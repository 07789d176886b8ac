"""What a fitted model is made of, and how a request looks things up in it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, IntVector, SparseMatrix
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.ranking.filters import ItemFilter
from sensorium.serving.build_query import as_list, build_query
from sensorium.serving.fit_record import FitRecord
from sensorium.serving.item_features import ItemFeatures

UNRECORDED = FitRecord()


class ModelParts:
    """What a fitted model is made of, and how a request looks things up in it.

    Parameters
    ----------
    catalog
        The items, in the order of the columns of `data`.
    users
        The users, in the order of the rows of `data`.
    data
        What was learnt from; also each known user's history.
    item_features
        Scaled feature blocks, and how to make more rows for them.
    fusion
        The fitted recommender.
    record
        What was fitted, on what, and what was chosen; part of the bundle's manifest.
    seen
        CSR [n_users, n_items]: what each user knows, liked or not, and is not recommended again; what was
        liked if not given.
    n_learnt
        How many of the users, from the first, the models were fitted on; all if not given.
    rating_model
        What predicts ratings; None where events have none.
    rated_at
        CSR [n_users, n_items] float64: when each rating of `data` was given, seconds since 1970; guessed from
        when the item was liked if not given.
    """

    def __init__(
        self,
        catalog: Catalog,
        users: Vocabulary,
        data: TrainingData,
        item_features: ItemFeatures,
        fusion: LateFusion,
        record: FitRecord = UNRECORDED,
        seen: SparseMatrix | None = None,
        n_learnt: int | None = None,
        rating_model: Recommender[Any] | None = None,
        rated_at: SparseMatrix | None = None,
    ) -> None:
        self.catalog, self.users, self.data = catalog, users, data
        self.item_features, self.fusion = item_features, fusion
        self.record = record
        self.seen: SparseMatrix = data.interactions if seen is None else seen
        self.n_learnt = len(users) if n_learnt is None else n_learnt
        self.rating_model: Recommender[Any] | None = rating_model
        self.rated_at: SparseMatrix | None = rated_at
        self._filter = ItemFilter(catalog)
        self._titles: list[str] | None = None

    def titles(self, items: IntVector) -> list[str]:
        """Return what to call each of `items`, which are indices."""
        called = self._all_titles()
        return [called[index] for index in items]

    def _query(
        self, user: object | None, history: Iterable[object] | None, disliked: Iterable[object]
    ) -> QueryBatch:
        """Return one query; a history that the caller gives is joined to the known one."""
        row = -1 if user is None else self.users.index(user)
        liked = self.catalog.items.indices([] if history is None else as_list(history, "history"))
        against = self.catalog.items.indices(as_list(disliked, "disliked"))
        query = build_query(self.data, row, liked, against, len(self.catalog))
        # The fusion knows nothing of users who came after it but their history.
        return query if row < self.n_learnt else replace(query, users=np.asarray([-1], dtype=np.int64))

    def _eligible(
        self, where: Sequence[str], allow: Iterable[object] | None, deny: Iterable[object]
    ) -> BoolVector:
        """Return which items meet the conditions [n_items]; all three are lists."""
        as_list(where, "where")
        only = None if allow is None else as_list(allow, "allow")
        return self._filter.eligible(where, allow=only, deny=as_list(deny, "deny"))

    def _known(self, user: object | None, query: QueryBatch) -> SparseMatrix:
        """Return what not to recommend [1, n_items]: the history of the query, and all that the user saw."""
        if user is None:
            return query.history
        return sparse.csr_array(abs(query.history) + self.seen[[self.users.index(user)]])

    def _all_titles(self) -> list[str]:
        if self._titles is None:
            self._titles = self.catalog.titles()
        return self._titles
