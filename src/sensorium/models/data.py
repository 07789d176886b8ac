"""What travels to a model: training data, a batch of queries, what to tune on."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from scipy import sparse

from sensorium.core.arguments import as_seed
from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.sparse import entry_rows, given_csr, keep_entries, merge_entries, rows_at, with_data
from sensorium.features.block import FeatureBlock
from sensorium.models.fit_cache import FitCache

USER_ITEM_MATRICES = ("interactions", "times", "ratings", "against", "against_times", "frequency")
"""What of training data is [n_users, n_items]."""


@dataclass(frozen=True)
class TrainingData:
    """What a recommender may learn from."""

    interactions: SparseMatrix
    """[n_users, n_items] float32: 1 for what a user is for, or how strongly; repeated events combined."""
    times: SparseMatrix | None = None
    """[n_users, n_items] float64, the pattern of `interactions`: seconds since 1970 of the last event."""
    ratings: SparseMatrix | None = None
    """[n_users, n_items] float32: every explicit value, also the negative ones; None without values."""
    blocks: Mapping[str, FeatureBlock] = field(default_factory=dict[str, FeatureBlock])
    """Scaled feature blocks by name; see `features.scaling`."""
    against: SparseMatrix | None = None
    """[n_users, n_items] float32, above zero: how strongly a user is against an item, if at all."""
    against_times: SparseMatrix | None = None
    """[n_users, n_items] float64, the pattern of `against`: seconds since 1970 of the last word."""
    frequency: SparseMatrix | None = None
    """[n_users, n_items] float32, the pattern of `interactions`: how often each user met the item; None where
    what was met is never recommended again."""
    about: Mapping[str, SparseMatrix] = field(default_factory=dict[str, SparseMatrix])
    """What else is known of users, by name, such as `attributes`: each [n_users, d] float32."""
    circumstances: SparseMatrix | None = None
    """[n_conditions, n_items] float32: how often each item was chosen under each condition, if that is
    known."""
    conditions: tuple[str, ...] = ()
    """What the conditions are, such as `hour=21`."""
    memo: FitCache = field(default_factory=FitCache, init=False, repr=False, compare=False)
    """What models computed from this data that the next fit needs again."""

    @classmethod
    def of_matrix(cls, matrix: object, *, rated: bool = False, where: str) -> Self:
        """Return what a SciPy sparse matrix [n_users, n_items] holds: likes, or ratings if `rated`.

        `DataError` says what cannot be used, and `where` it was given.
        """
        given = given_csr(matrix, keep_zeros=rated, where=where)
        if not given.shape[1]:
            raise DataError("the matrix has no columns", where=where, remedy="Give one for each item")
        if not rated and (given.data < 0).any():
            row = int(entry_rows(given)[np.flatnonzero(given.data < 0)[0]])
            raise DataError(
                "a number below zero is no like",
                where=f"{where}, row {row}",
                remedy="Leave out what is disliked; a model of ratings takes such numbers",
            )
        return cls(given, ratings=given if rated else None)

    @property
    def signed(self) -> SparseMatrix:
        """What each user is for and, below zero, against [n_users, n_items] float32."""
        if self.against is None:
            return self.interactions
        return _with_against(self.interactions, self.against)

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
        return np.bincount(self.interactions.indices, minlength=self.n_items)

    @property
    def events_per_user(self) -> float:
        """How many items those users who have any have met, on average; 1 without events."""
        return self.interactions.nnz / max(np.count_nonzero(np.diff(self.interactions.indptr)), 1) or 1.0

    @property
    def seen_items(self) -> BoolVector:
        """Whether an item has any event [n_items]."""
        return self.n_events > 0

    def tells(self, about: str) -> bool:
        """Return whether anything is known `about` users, or of circumstances."""
        return about in self.about or (about == "circumstances" and self.circumstances is not None)

    def map_matrices(self, change: Callable[[SparseMatrix], SparseMatrix]) -> Self:
        """Return the data with `change` of each matrix [n_users, n_items] that there is."""
        found = {name: getattr(self, name) for name in USER_ITEM_MATRICES}
        return replace(self, **{name: change(one) for name, one in found.items() if one is not None})

    def without_blocks(self, names: Collection[str]) -> Self:
        """Return the data without the blocks that `names` hold, or whose modality they hold."""
        kept = {name: block for name, block in self.blocks.items() if not BlockName(name).is_in(names)}
        return replace(self, blocks=kept)


@dataclass(frozen=True)
class FitOptions:
    """How to run a fit; nothing here changes what the model is."""

    seed: int = 0
    progress: Progress = SILENT

    def __post_init__(self) -> None:
        as_seed(self.seed)


DEFAULT_OPTIONS = FitOptions()


@dataclass(frozen=True)
class QueryBatch:
    """Who asks: one row a query."""

    history: SparseMatrix
    """[n_queries, n_items] float32: what each one is for (positive) or against (negative), how strongly."""
    users: IntVector
    """[n_queries]: the training row of a known user, -1 for an unknown one."""
    times: SparseMatrix | None = None
    """[n_queries, n_items] float64, the pattern of `history`: seconds since 1970."""
    ratings: SparseMatrix | None = None
    """[n_queries, n_items] float32: what each one rated, and how; for models that predict ratings."""
    frequency: SparseMatrix | None = None
    """[n_queries, n_items] float32, the pattern of `history`: how often each one met the item; None: once."""
    about: Mapping[str, SparseMatrix] = field(default_factory=dict[str, SparseMatrix])
    """What else is known of each one, as in `TrainingData.about` [n_queries, d]; an empty row: nothing."""

    @classmethod
    def of_users(cls, data: TrainingData, users: IntVector) -> Self:
        """Return the queries of training users, each with the history that was learnt from."""
        times = None if data.times is None else rows_at(data.times, users)
        ratings = None if data.ratings is None else rows_at(data.ratings, users)
        often = None if data.frequency is None else rows_at(data.frequency, users)
        history = rows_at(data.interactions, users)
        if data.against is not None:
            against = rows_at(data.against, users)
            history = _with_against(history, against)
            if times is not None and data.against_times is not None:
                times = merge_entries(times, rows_at(data.against_times, users), keep="later")
            if often is not None:
                often = merge_entries(often, with_data(against, np.ones_like(against.data)), keep="later")
        about = {name: rows_at(known, users) for name, known in data.about.items()}
        return cls(history, np.asarray(users, dtype=np.int64), times, ratings, often, about)

    @classmethod
    def of_matrix(cls, matrix: object, *, n_items: int, rated: bool = False, where: str) -> Self:
        """Return a new user's query for each row of a SciPy sparse matrix [n_queries, n_items].

        `DataError` says what cannot be used, and `where` it was given.
        """
        given = given_csr(matrix, keep_zeros=rated, where=where)
        if given.shape[1] != n_items:
            raise DataError(
                f"the matrix has {given.shape[1]} columns, and the model answers for {n_items} items",
                where=where,
                remedy="Give one column for each item that it was fitted on, in the same order",
            )
        return cls(given, np.full(given.shape[0], -1, dtype=np.int64), ratings=given if rated else None)

    def __len__(self) -> int:
        return self.history.shape[0]

    def rows(self, start: int, stop: int) -> Self:
        """Return the queries `[start, stop)`."""
        return self.at(slice(start, stop))

    def at(self, chosen: IntVector | slice) -> Self:
        """Return the queries at the indices `chosen`, with all that is known of them."""

        def of(matrix: SparseMatrix | None) -> SparseMatrix | None:
            return None if matrix is None else sparse.csr_array(matrix[chosen])

        history = sparse.csr_array(self.history[chosen])
        ratings, often = of(self.ratings), of(self.frequency)
        about = {name: sparse.csr_array(known[chosen]) for name, known in self.about.items()}
        return type(self)(history, self.users[chosen], of(self.times), ratings, often, about)

    def having(self, kept: BoolVector) -> Self:
        """Return the queries with those entries of their histories alone where `kept` [nnz] is true."""

        def of(matrix: SparseMatrix | None) -> SparseMatrix | None:
            return None if matrix is None else keep_entries(matrix, kept)

        history = keep_entries(self.history, kept)
        return type(self)(history, self.users, of(self.times), frequency=of(self.frequency), about=self.about)


@dataclass(frozen=True)
class FactorScores:
    """The scores of a batch as products of vectors: score = user vector · item vector.

    Whoever ranks many queries need not hold the scores of all items then.
    """

    users: FloatMatrix
    """[n_queries, d] float32."""
    items: FloatMatrix
    """[n_scored, d] float32."""
    scored: IntVector
    """[n_scored] int64, growing: which items these are; the scores of all others are NaN."""
    known: BoolVector
    """[n_queries]: which queries have scores; all scores of the others are NaN."""


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
    masks: SparseMatrix | None = None
    """[n_queries, n_items]: of what is relevant, what must not be ranked once it has joined a history; None:
    all of it."""

    def __len__(self) -> int:
        return len(self.queries)

    def rows(self, indices: IntVector) -> Self:
        """Return the queries at `indices`."""
        queries = self.queries.at(indices)
        relevant, masked = self.relevant[indices], self.masked[indices]
        when = None if self.times is None else sparse.csr_array(self.times[indices])
        masks = None if self.masks is None else sparse.csr_array(self.masks[indices])
        return type(self)(queries, sparse.csr_array(relevant), sparse.csr_array(masked), when, masks)

    def with_history(self) -> Self:
        """Return the queries that have a history."""
        return self.rows(np.flatnonzero(np.diff(self.queries.history.indptr)))

    def sample(self, n: int, seed: int) -> Self:
        """Return `n` of the queries, drawn at random, in their order; all if they are no more."""
        if len(self) <= n:
            return self
        return self.rows(np.sort(np.random.default_rng(seed).choice(len(self), size=n, replace=False)))


def _with_against(liked: SparseMatrix, against: SparseMatrix) -> SparseMatrix:
    """Return what is `liked` and, below zero, what is said `against` [n_users, n_items]."""
    return merge_entries(liked, with_data(against, np.negative(against.data)), keep="later")
