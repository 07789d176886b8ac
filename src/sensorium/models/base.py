"""What every recommender is, and what travels to it: training data and a batch of queries."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import Component, ConfigT
from sensorium.core.progress import SILENT, Progress
from sensorium.core.sparse import column_counts, row_counts
from sensorium.features.block import FeatureBlock
from sensorium.models.fit_cache import FitCache
from sensorium.models.search_space import Space


@dataclass(frozen=True)
class Traits:
    """What a recommender declares; read by tests, fusion, command line and report."""

    cold_users: bool = True
    """Scores a user never seen in training from the history in the query."""
    cold_items: bool = False
    """Scores items without any event, mostly from their content; if not, they get NaN."""
    additive: bool = False
    """`score` is a constant plus one contribution for each history item; see `contributions`."""
    needs_history: bool = True
    """Without a history all scores are NaN."""
    needs_time: bool = False
    """Needs events with timestamps."""
    needs_ratings: bool = False
    """Predicts the value of an event rather than ranks."""
    block: bool = False
    """Reads one feature block, named in its config."""
    blocks: bool = False
    """Reads all feature blocks, or those that its config names, and mixes them."""
    learns_from_events: bool = True
    """Events change its scores; if not, it knows content alone, and a fit on other events gives the same."""
    dense_items: bool = False
    """Holds a dense [n_items, n_items] matrix."""


@dataclass(frozen=True)
class TrainingData:
    """What a recommender may learn from."""

    interactions: SparseMatrix
    """[n_users, n_items] float32: 1 for a positive event (or its weight), repeated events combined."""
    times: SparseMatrix | None = None
    """[n_users, n_items] float64, the pattern of `interactions`: seconds since 1970 of the last event."""
    ratings: SparseMatrix | None = None
    """[n_users, n_items] float32: every explicit value, also the negative ones; None without values."""
    blocks: Mapping[str, FeatureBlock] = field(default_factory=dict[str, FeatureBlock])
    """Scaled feature blocks by name; see `features.scaling`."""
    memo: FitCache = field(default_factory=FitCache, init=False, repr=False, compare=False)
    """What models computed from this data that the next fit needs again."""

    @property
    def n_users(self) -> int:
        """Number of users, the rows."""
        return self.interactions.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items, the columns."""
        return self.interactions.shape[1]

    @property
    def n_events(self) -> IntVector:
        """How many users have an event with an item [n_items]."""
        return column_counts(self.interactions)

    @property
    def seen_items(self) -> BoolVector:
        """Whether an item has any event [n_items]."""
        return self.n_events > 0


@dataclass(frozen=True)
class FitOptions:
    """How to run a fit; nothing here changes what the model is."""

    seed: int = 0
    progress: Progress = SILENT


DEFAULT_OPTIONS = FitOptions()


@dataclass(frozen=True)
class QueryBatch:
    """Who asks: one row a query."""

    history: SparseMatrix
    """[n_queries, n_items] float32: what each one liked (positive) or disliked (negative)."""
    users: IntVector
    """[n_queries]: the training row of a known user, -1 for an unknown one."""
    times: SparseMatrix | None = None
    """[n_queries, n_items] float64, the pattern of `history`: seconds since 1970."""
    ratings: SparseMatrix | None = None
    """[n_queries, n_items] float32: what each one rated, and how; for models that predict ratings."""

    @classmethod
    def of_users(cls, data: TrainingData, users: IntVector) -> Self:
        """Return the queries of training users, each with the history that was learnt from."""
        times = None if data.times is None else sparse.csr_array(data.times[users])
        ratings = None if data.ratings is None else sparse.csr_array(data.ratings[users])
        history = sparse.csr_array(data.interactions[users])
        return cls(history, np.asarray(users, dtype=np.int64), times, ratings)

    def __len__(self) -> int:
        return self.history.shape[0]

    def rows(self, start: int, stop: int) -> Self:
        """Return the queries `[start, stop)`."""
        times = None if self.times is None else sparse.csr_array(self.times[start:stop])
        ratings = None if self.ratings is None else sparse.csr_array(self.ratings[start:stop])
        return type(self)(sparse.csr_array(self.history[start:stop]), self.users[start:stop], times, ratings)


@dataclass(frozen=True)
class ValidationData:
    """What to tune on: who asks, what they went on to like, and what must not be ranked."""

    queries: QueryBatch
    relevant: SparseMatrix
    """[n_queries, n_items]: the events held back from training."""
    masked: SparseMatrix
    """[n_queries, n_items]: what is left out of the ranking, mostly the events trained on."""
    times: SparseMatrix | None = None
    """[n_queries, n_items] float64, holding the pattern of `relevant`: seconds since 1970."""

    def __len__(self) -> int:
        return len(self.queries)

    def rows(self, indices: IntVector) -> Self:
        """Return the queries at `indices`."""
        times = None if self.queries.times is None else sparse.csr_array(self.queries.times[indices])
        history = sparse.csr_array(self.queries.history[indices])
        queries = QueryBatch(history, self.queries.users[indices], times)
        relevant, masked = self.relevant[indices], self.masked[indices]
        when = None if self.times is None else sparse.csr_array(self.times[indices])
        return type(self)(queries, sparse.csr_array(relevant), sparse.csr_array(masked), when)

    def with_history(self) -> Self:
        """Return the queries that have a history."""
        return self.rows(np.flatnonzero(row_counts(self.queries.history)))

    def sample(self, n: int, seed: int) -> Self:
        """Return `n` of the queries, drawn at random, in their order; all if they are no more."""
        if len(self) <= n:
            return self
        return self.rows(np.sort(np.random.default_rng(seed).choice(len(self), size=n, replace=False)))


class Recommender(Component[ConfigT], ABC):
    """Scores every item for every query. Ranking, filters and seen items are not its business."""

    traits: ClassVar[Traits] = Traits()
    space: ClassVar[Mapping[str, Space]] = {}
    """What each setting that matters is searched in, by name; the default lies inside."""

    @abstractmethod
    def fit(self, data: TrainingData, options: FitOptions = DEFAULT_OPTIONS) -> Self:
        """Learn from `data`, forget what was learnt before, and return self."""

    @abstractmethod
    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items] float32; NaN where the model cannot score."""

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with the history values that `contributions` takes; times may weigh them."""
        return queries

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return [n_history, n_items_asked] float32: what each history item adds to each score.

        Only for `traits.additive`. `history` [n_history] holds the values that `weighed` gives the
        `history_items` [n_history] of the query. The column sums plus `constants(items)` equal `score`.
        """
        del history, history_items, items
        raise TypeError(f"{self.name} is not additive")

    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` divided by the named parts of the block; empty where they do not divide."""
        del history, history_items, items
        return {}

    def constants(self, items: IntVector) -> FloatVector:
        """Return [n_items_asked] float32: the part of the score that does not depend on the history."""
        return np.zeros(len(items), dtype=np.float32)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that also scores the items appended to `blocks`, without refitting.

        `blocks` hold all items, old ones first. A model without `traits.cold_items` answers NaN
        for the new ones.
        """
        del blocks
        raise TypeError(f"{self.name} cannot take new items; refit")
