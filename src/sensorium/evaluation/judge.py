"""The judge: scores in, metrics of each user out. Full ranking, never sampled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.progress import Stage
from sensorium.core.sparse import column_counts, entry_rows, is_stored, keep_entries, row_counts
from sensorium.evaluation.intervals import Interval, bootstrap
from sensorium.evaluation.result import EvaluationResult, SliceResult
from sensorium.evaluation.slices import group_slices, history_slices, restricted, without
from sensorium.features.block import FeatureBlock
from sensorium.metrics.beyond_accuracy import ListFacts
from sensorium.metrics.ranked_lists import NOBODY, TopLists, top_lists
from sensorium.metrics.ranking import Hits, metrics_at

_ALL = "all"
REPEATS, NEW = "repeats", "first_time"
"""Slices of what users met before, and of what they did not."""


class Judge:
    """Compares rankings with what users went on to choose.

    Every item of the catalogue is a candidate, except the masked ones of each user. Masked items
    are not ranked and not asked for. NaN scores are never ranked: a relevant item without a score
    is a miss. Items with equal scores count by their expected rank (see `metrics.ranking`).

    Parameters
    ----------
    relevant
        CSR [n_users, n_items]: the test interactions; every stored positive entry counts as 1.
    masked
        CSR [n_users, n_items]: what each user already knew, in any sign; None masks nothing.
    ks
        Lengths of the lists to judge.
    train_interactions
        CSR [n_users, n_items] of the training; gives warm and cold items, novelty and popularity.
    histories
        CSR [n_users, n_items]: the history that each user is asked about with; gives the slices by user.
        `train_interactions` if not given.
    known
        CSR [n_users, n_items]: what users met before the test, where that is not all masked; gives the slices
        `repeats` and `first_time`.
    blocks
        Scaled feature blocks by name, for the diversity of the lists.
    kinds
        CSR [n_items, n_kinds] by column name, for the diversity of the lists by category.
    disliked
        CSR [n_users, n_items]: what users went on to be against, for the share of it in the lists.
    groups
        Group of users, such as `occupation=student` -> who belongs to it [n_users], for slices.
    """

    def __init__(
        self,
        relevant: SparseMatrix,
        masked: SparseMatrix | None = None,
        *,
        ks: Sequence[int] = (10, 20),
        train_interactions: SparseMatrix | None = None,
        histories: SparseMatrix | None = None,
        known: SparseMatrix | None = None,
        blocks: Mapping[str, FeatureBlock] | None = None,
        kinds: Mapping[str, SparseMatrix] | None = None,
        disliked: SparseMatrix | None = None,
        groups: Mapping[str, BoolVector] | None = None,
    ) -> None:
        self.ks = tuple(sorted(ks))
        if not self.ks or self.ks[0] < 1:
            raise DataError(f"k must be 1 or more, not {list(ks)}", where="Judge")
        given = {
            "masked": masked,
            "train_interactions": train_interactions,
            "histories": histories,
            "known": known,
            "disliked": disliked,
        }
        for name, matrix in given.items():
            if matrix is not None and matrix.shape != relevant.shape:
                raise DataError(
                    f"{name} {matrix.shape} and relevant {relevant.shape} differ in shape",
                    where="Judge",
                    remedy="Give one row for each user and one column for each item to all of them",
                )
        self.masked = masked
        self.relevant = without(relevant, masked)
        self.train = train_interactions
        self.histories = train_interactions if histories is None else histories
        self.disliked = None if disliked is None or not disliked.nnz else without(disliked, masked)
        self.blocks, self.kinds, self.groups = dict(blocks or {}), dict(kinds or {}), dict(groups or {})
        self._parts = {_ALL: self.relevant}
        if train_interactions is not None:
            warm = column_counts(train_interactions) > 0
            self._parts |= {
                "warm": restricted(self.relevant, warm),
                "cold": restricted(self.relevant, ~warm),
            }
        if known is not None:
            repeats = keep_entries(self.relevant, is_stored(self.relevant, known))
            self._parts |= {REPEATS: repeats, NEW: without(self.relevant, known)}
        self._values: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in self._parts}
        self._lists = np.full((relevant.shape[0], self.ks[-1]), NOBODY, dtype=np.int64)
        self._added: BoolVector = np.zeros(relevant.shape[0], dtype=np.bool_)

    def fresh(self) -> Self:
        """Return a judge of the same question who has seen nobody; what they share is not computed again."""
        other = copy(self)
        other._values = {name: {} for name in self._parts}
        other._lists = np.full_like(self._lists, NOBODY)
        other._added = np.zeros_like(self._added)
        return other

    @property
    def rows(self) -> IntVector:
        """[n_judged] rows with test interactions: the only ones that need scores."""
        return np.flatnonzero(row_counts(self.relevant)).astype(np.int64)

    def add(self, rows: IntVector, scores: FloatMatrix) -> None:
        """Judge `scores` [n_rows, n_items] of the users `rows`; those without test interactions are skipped.

        Raises
        ------
        DataError
            If the shape does not fit or a row was added before.
        """
        rows = np.asarray(rows, dtype=np.int64)
        if scores.shape != (len(rows), self.relevant.shape[1]):
            expected = (len(rows), self.relevant.shape[1])
            raise DataError(f"scores have shape {scores.shape} instead of {expected}", where="Judge.add")
        if self._added[rows].any() or len(np.unique(rows)) != len(rows):
            raise DataError("a user was added twice", where="Judge.add")
        asked = row_counts(self.relevant)[rows] > 0
        rows = rows[asked]
        if not len(rows):
            return
        candidates = scores[asked].astype(np.float32, copy=False)  # indexing made the copy
        if self.masked is not None:
            known = self.masked[rows]
            candidates[entry_rows(known), known.indices] = np.nan
        top = top_lists(candidates, self.ks[-1])
        for name in self._parts:
            self._measure(name, rows, candidates, top)
        self._lists[rows] = top.items
        self._added[rows] = True

    def add_all(
        self, score: Callable[[IntVector], FloatMatrix], *, batch_size: int = 256, stage: Stage | None = None
    ) -> Self:
        """Judge everybody with test interactions, and return self.

        `score` is called with [n <= `batch_size`] rows and returns [n, n_items] scores; `stage` is told
        of every batch that is done.
        """
        judge_together({"": self}, lambda rows: [("", score(rows))], self.rows, batch_size, stage)
        return self

    def _measure(self, name: str, rows: IntVector, candidates: FloatMatrix, top: TopLists) -> None:
        """Keep the metrics of `rows` for one part of the relevant items."""
        relevant = self._parts[name][rows]
        n_relevant = row_counts(relevant)
        kept = n_relevant > 0
        hits = Hits(top.starts, top.sizes, top.found(candidates, relevant), np.maximum(n_relevant, 1))
        for metric, values in metrics_at(hits, self.ks).items():
            column = self._values[name].setdefault(metric, np.full(self.relevant.shape[0], np.nan))
            column[rows[kept]] = values[kept]

    def result(
        self, model: str = "", protocol: Mapping[str, Any] | None = None, *, seed: int = 0
    ) -> EvaluationResult:
        """Return what was found so far; `seed` draws the bootstrap resamples.

        Raises
        ------
        DataError
            If a user with test interactions has not been added, or there is none.
        """
        rows = self.rows
        if not len(rows):
            raise DataError("no user has a test interaction", where="Judge", remedy="Hold back more events")
        if not self._added[rows].all():
            missing = int(np.sum(~self._added[rows]))
            raise DataError(
                f"{missing} users have not been added", where="Judge", remedy="Add all of Judge.rows"
            )
        overall = self._values[_ALL]
        intervals = _intervals(overall, rows, seed)
        asked = None if self.histories is None else self.histories[rows]
        facts = ListFacts(
            self._lists[rows],
            self.relevant.shape[1],
            self.train,
            self.blocks,
            histories=asked,
            kinds=self.kinds,
            disliked=None if self.disliked is None else self.disliked[rows],
        )
        return EvaluationResult(
            model=model,
            protocol=dict(protocol or {}),
            metrics={name: interval.mean for name, interval in intervals.items()},
            intervals=intervals,
            slices=self._slices(seed),
            per_user=dict(overall),
            beyond=facts.measured(self.ks),
            exposure=facts.exposure(self.ks[-1]),
            n_users=len(rows),
            n_relevant=int(self.relevant.nnz),
        )

    def _slices(self, seed: int) -> dict[str, SliceResult]:
        """Return the slices by item, then those by user."""
        if self.train is None or self.histories is None:
            return {}
        counts = row_counts(self.relevant)
        found: dict[str, SliceResult] = {}
        for name in self._parts:
            if name == _ALL:
                continue
            part = row_counts(self._parts[name])
            judged = _slice(self._values[name], part, np.flatnonzero(part), seed)
            found[name] = replace(judged, per_user=dict(self._values[name]))
        by_user = history_slices(row_counts(self.histories)) | group_slices(self.groups)
        for name, members in by_user.items():
            found[name] = _slice(self._values[_ALL], counts, np.flatnonzero(members & (counts > 0)), seed)
        return found


def judge_together(
    judges: Mapping[str, Judge],
    scores: Callable[[IntVector], Iterable[tuple[str, FloatMatrix]]],
    rows: IntVector,
    batch_size: int = 256,
    stage: Stage | None = None,
) -> None:
    """Let every judge see the users `rows`, a batch at a time, by the scores of its own model.

    Parameters
    ----------
    judges
        Name of a model -> its judge.
    scores
        Called with [n <= `batch_size`] rows; yields each name and its scores [n, n_items], one after another,
        so that what models have in common is computed once, and no more than one answer is held.
    stage
        Hears of every model, and of every batch that is done.
    """
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        for name, answer in scores(part):
            judges[name].add(part, answer)
            if stage is not None:
                stage.advance(0, note=name or None)
        if stage is not None:
            stage.advance(len(part))


def _intervals(values: Mapping[str, NDArray[Any]], rows: IntVector, seed: int) -> dict[str, Interval]:
    table = np.column_stack([column[rows] for column in values.values()])
    return dict(zip(values, bootstrap(table, seed=seed), strict=True))


def _slice(
    values: Mapping[str, NDArray[Any]], counts: NDArray[Any], rows: IntVector, seed: int
) -> SliceResult:
    if not len(rows):
        return SliceResult(0, 0)
    intervals = _intervals(values, rows, seed)
    means = {name: interval.mean for name, interval in intervals.items()}
    return SliceResult(len(rows), int(counts[rows].sum()), means, intervals)
