"""The cached validation scores that weights are learnt from: a few items for each query, by every source."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.side_by_side import workers
from sensorium.core.sparse import entry_rows, row_counts
from sensorium.fusion.tuning_metric import CUTOFF
from sensorium.fusion.zscore import ZScores, zscores
from sensorium.index.blocks import block_rows
from sensorium.metrics.ranking import ndcg_of_scores
from sensorium.models.base import Kind, QueryBatch, Recommender, ValidationData

BoolMatrix = NDArray[np.bool_]
Weights = NDArray[np.float64]

ROWS_AT_ONCE = 64
"""Rows of scores that are partitioned together: they stay in the processor's cache."""
N_RANDOM = 50
"""Items drawn for each query to stand for all that are nobody's best."""


@dataclass(frozen=True)
class ValidationScores:
    """Z-scores of a few items for each validation query.

    An item is a candidate if it is relevant, or among the best of any source, or drawn at random. What
    no source ranks high does not come first in a weighted sum of them, but for rare exceptions.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    values: NDArray[np.float32]
    """[n_sources, n_queries, n_candidates]: z-scores; zero where the source cannot score."""
    can: NDArray[np.float32] | None
    """The same shape: 1 where the source can score, else 0; None: every source scores all that is real."""
    real: BoolMatrix
    """[n_queries, n_candidates]: false for padding."""
    relevant: BoolMatrix
    """[n_queries, n_candidates]."""
    log_count: FloatMatrix
    """[n_queries, n_candidates]: log of how many items one stands for; zero but for those drawn."""
    n_relevant: IntVector
    """[n_queries]: relevant items, candidates or not."""
    items: IntVector
    """[n_queries, n_candidates]: which items they are; zero for padding."""
    askers: IntVector
    """[n_queries]: queries of the same number are those of one person, and not independent."""
    lengths: FloatVector
    """[n_queries] float32: how many items the history holds."""

    def __len__(self) -> int:
        return len(self.real)

    @property
    def is_content(self) -> BoolVector:
        """Whether a source is content [n_sources]."""
        return np.asarray([kind == "content" for kind in self.kinds], dtype=np.bool_)

    def rows(self, chosen: "IntVector | BoolVector") -> Self:
        """Return the queries `chosen`."""
        return replace(
            self,
            values=self.values[:, chosen],
            can=None if self.can is None else self.can[:, chosen],
            real=self.real[chosen],
            relevant=self.relevant[chosen],
            log_count=self.log_count[chosen],
            n_relevant=self.n_relevant[chosen],
            items=self.items[chosen],
            askers=self.askers[chosen],
            lengths=self.lengths[chosen],
        )

    def only(self, names: Sequence[str]) -> Self:
        """Return the sources `names`, in their order."""
        chosen = [self.names.index(name) for name in names]
        kinds = tuple(self.kinds[position] for position in chosen)
        can = None if self.can is None else self.can[chosen]
        return replace(self, names=tuple(names), kinds=kinds, values=self.values[chosen], can=can)

    def warm(self) -> Self:
        """Return the candidates that a source other than content can score; all, if there is none."""
        if self.can is None or self.is_content.all():
            return self
        real = self.real & self.can[~self.is_content].any(axis=0)
        return replace(self, real=real, can=None if (self.can[:, real] == 1).all() else self.can)

    def fused(self, weights: Weights) -> FloatMatrix:
        """Return the fused scores [n_queries, n_candidates]; minus infinity where nothing can score."""
        return self.scored(*self.sums(weights))

    def sums(self, weights: Weights) -> "tuple[FloatMatrix, FloatMatrix | np.float32]":
        """Return the weighted sum of the z-scores, and of the weights that can score; linear in `weights`.

        `weights` are [n_sources], the same for all queries, or [n_sources, n_queries].
        """
        if weights.ndim == 2:
            each = weights.astype(np.float32)[:, :, None]
            total = each.sum(axis=0) if self.can is None else (each * self.can).sum(axis=0)
            return (each * self.values).sum(axis=0), total
        used = np.flatnonzero(weights)
        shares = weights[used].astype(np.float32)
        numerator = np.tensordot(shares, self.values[used], axes=1)
        if self.can is None:
            return numerator, np.float32(shares.sum())
        return numerator, np.tensordot(shares, self.can[used], axes=1)

    def scored(self, numerator: FloatMatrix, total: "FloatMatrix | np.float32") -> FloatMatrix:
        """Return the scores that `sums` stand for: weighted means over the sources that can score."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.divide(numerator, total, dtype=np.float32)
        scores[~self.real] = -np.inf
        if not np.all(total):
            scores[np.broadcast_to(total == 0, scores.shape)] = -np.inf
        return scores

    def ndcg(self, scores: FloatMatrix) -> NDArray[np.float64]:
        """Return NDCG@20 of each query under fused `scores` [n_queries, n_candidates]."""
        return ndcg_of_scores(scores, *self._pairs, self.n_relevant, CUTOFF)

    @cached_property
    def alone(self) -> Weights:
        """Mean NDCG@20 of each source alone [n_sources]."""
        return np.asarray([self.ndcg(self.fused(row)).mean() for row in np.eye(len(self.names))])

    @cached_property
    def _pairs(self) -> tuple[IntVector, IntVector]:
        rows, columns = np.nonzero(self.relevant)
        return rows, columns


def validation_scores(
    members: Mapping[str, Recommender[Any]],
    validation: ValidationData,
    *,
    depth: int = 30,
    seed: int = 0,
    ranked: BoolVector | None = None,
    hidden: BoolVector | None = None,
    unused: BoolVector | None = None,
) -> ValidationScores:
    """Return the z-scores of the best `depth` items of every member, for each validation query.

    Only the items `ranked` [n_items] are candidates; all if not given. Of the items `hidden` [n_items],
    content alone knows anything. Of the items `unused` [n_items], which have no events, the best `depth` of
    every content member are candidates, too: they may come up where content alone is heard.

    Memory: 9 bytes for each member, query and candidate; at most `depth` candidates for each member,
    plus the relevant and the random ones.
    """
    n_queries, n_items = validation.relevant.shape
    rng = np.random.default_rng(seed)
    step = block_rows(n_items)
    with workers(len(members)) as pool:
        parts = [
            _block(
                members,
                validation.rows(np.arange(start, min(start + step, n_queries))),
                _Limits(depth, ranked, hidden, unused),
                rng,
                pool,
            )
            for start in range(0, n_queries, step)
        ]
    return ValidationScores(
        names=tuple(members),
        kinds=tuple(member.traits.kind for member in members.values()),
        values=_joined([part.values for part in parts]),
        can=_joined([part.can for part in parts]),
        real=_joined([part.real for part in parts]),
        relevant=_joined([part.relevant for part in parts]),
        log_count=_joined([part.log_count for part in parts]),
        n_relevant=row_counts(validation.relevant),
        items=_joined([part.items for part in parts]),
        askers=np.unique(validation.queries.users, return_inverse=True)[1],
        lengths=row_counts(validation.queries.history).astype(np.float32),
    )


def rescore(
    scores: ValidationScores,
    members: Mapping[str, Recommender[Any]],
    queries: QueryBatch,
) -> ValidationScores:
    """Return `scores` in which each of `members` says what the source of its name said, of the same items.

    `queries` are those of the scores, row by row. Scores stay where there is nobody to ask anew.
    """
    if not members:
        return scores
    values = scores.values.copy()
    can = np.ones_like(values) * scores.real if scores.can is None else scores.can.copy()
    step = block_rows(queries.history.shape[1])
    for start in range(0, len(queries), step):
        rows = slice(start, min(start + step, len(queries)))
        for name, member in members.items():
            position = scores.names.index(name)
            told = zscores(member.score(queries.rows(rows.start, rows.stop)))
            for table, all_items in ((values, told.values), (can, told.able)):
                chosen = np.take_along_axis(all_items, scores.items[rows], axis=1)
                table[position, rows] = chosen * scores.real[rows]
    return replace(scores, values=values, can=can)


@dataclass(frozen=True)
class _Limits:
    depth: int
    ranked: BoolVector | None
    hidden: BoolVector | None
    unused: BoolVector | None


@dataclass(frozen=True)
class _Block:
    values: NDArray[np.float32]
    can: NDArray[np.float32]
    real: BoolMatrix
    relevant: BoolMatrix
    log_count: FloatMatrix
    items: IntVector


def _block(
    members: Mapping[str, Recommender[Any]],
    validation: ValidationData,
    limits: _Limits,
    rng: np.random.Generator,
    pool: ThreadPoolExecutor,
) -> _Block:
    relevant: BoolMatrix = validation.relevant.toarray() > 0
    chosen = relevant.copy()
    barred = ~np.ones_like(relevant) if limits.ranked is None else np.tile(~limits.ranked, (len(relevant), 1))
    barred[entry_rows(validation.masked), validation.masked.indices] = True

    def told(member: Recommender[Any]) -> tuple[ZScores, list[IntVector]]:
        scores, is_content = member.score(validation.queries), member.traits.kind == "content"
        if limits.hidden is not None and not is_content:
            scores[:, limits.hidden] = np.nan
        told, best = zscores(scores), list[IntVector]()
        free = np.where(told.able & ~barred, told.values, np.float32(-np.inf))
        best.append(_best(free, limits.depth))
        if limits.unused is not None and is_content:
            free[:, ~limits.unused] = -np.inf
            best.append(_best(free, limits.depth))
        return told, best

    answers: list[ZScores] = []
    for scores, best in pool.map(told, members.values()):
        answers.append(scores)
        for entries in best:
            chosen.ravel()[entries] = True
    drawn, stands_for = _draw(~(chosen | barred), rng)
    chosen |= drawn
    chosen &= ~barred
    counts = chosen.sum(axis=1)
    real = np.arange(counts.max(initial=1)) < counts[:, None]
    index = np.zeros(real.shape, dtype=np.int64)
    index[real] = np.nonzero(chosen)[1]

    def taken(table: NDArray[Any]) -> NDArray[Any]:
        return np.take_along_axis(table, index, axis=1) * real

    return _Block(
        values=np.stack([taken(scores.values) for scores in answers]),
        can=np.stack([taken(scores.able) for scores in answers]).astype(np.float32),
        real=real,
        relevant=taken(relevant),
        log_count=taken(drawn).astype(np.float32) * stands_for[:, None],
        items=index,
    )


def _best(scores: FloatMatrix, depth: int) -> IntVector:
    """Return which entries of the flattened `scores` are finite and among the best `depth` of their row."""
    n_rows, n_items = scores.shape
    if depth >= n_items:
        return np.flatnonzero(scores > -np.inf)
    found: list[IntVector] = []
    for start in range(0, n_rows, ROWS_AT_ONCE):
        part = scores[start : start + ROWS_AT_ONCE]
        entries = np.argpartition(-part, depth, axis=1)[:, :depth] + n_items * np.arange(len(part))[:, None]
        found.append((entries[part.ravel()[entries] > -np.inf] + n_items * start).ravel())
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _draw(free: BoolMatrix, rng: np.random.Generator) -> tuple[BoolMatrix, NDArray[np.float32]]:
    """Return random items of each query among the `free`, and the log of how many each stands for."""
    drawn = np.zeros_like(free)
    drawn[np.arange(len(free))[:, None], rng.integers(free.shape[1], size=(len(free), N_RANDOM))] = True
    drawn &= free
    share = np.maximum(free.sum(axis=1), 1) / np.maximum(drawn.sum(axis=1), 1)
    return drawn, np.log(share).astype(np.float32)


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return blocks of queries as one array; rows are padded to the longest with zeros."""
    width = max(array.shape[-1] for array in arrays)
    padded = [np.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, width - a.shape[-1])]) for a in arrays]
    return np.concatenate(padded, axis=-2)
