"""The judge: scores in, metrics of each user out. Full ranking, never sampled."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.progress import Stage
from sensorium.core.sparse import column_counts, entries_of_rows, is_stored, row_counts
from sensorium.evaluation.judgement import RelevantParts, Values, intervals_of, slices_of
from sensorium.evaluation.result import EvaluationResult, SliceResult
from sensorium.evaluation.slices import group_slices, history_slices, without
from sensorium.features.block import FeatureBlock
from sensorium.metrics.beyond_accuracy import ListFacts
from sensorium.metrics.ranked_lists import NOBODY, TopLists, best_of_rows

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
        entries = np.ones(self.relevant.nnz, dtype=np.bool_)
        parts: dict[str, BoolVector] = {_ALL: entries}
        if train_interactions is not None:
            warm = (column_counts(train_interactions) > 0)[self.relevant.indices]
            parts |= {"warm": warm, "cold": ~warm}
        if known is not None:
            repeats = is_stored(self.relevant, known)
            parts |= {REPEATS: repeats, NEW: ~repeats}
        self._parts = RelevantParts(self.relevant, parts)
        self._counts = row_counts(self.relevant)
        self._cells = _Cells(self.relevant, masked)
        self._see_nobody()

    def _see_nobody(self) -> None:
        n_users, k = self.relevant.shape[0], self.ks[-1]
        self._lists = np.full((n_users, k), NOBODY, dtype=np.int64)
        self._list_scores: FloatMatrix = np.full((n_users, k), np.nan, dtype=np.float32)
        self._last_sizes: IntVector = np.zeros(n_users, dtype=np.int64)
        self._relevant_scores: FloatVector = np.full(self.relevant.nnz, np.nan, dtype=np.float32)
        self._added: BoolVector = np.zeros(n_users, dtype=np.bool_)

    def fresh(self) -> Self:
        """Return a judge of the same question who has seen nobody; what they share is not computed again."""
        other = copy(self)
        other._see_nobody()
        return other

    @property
    def rows(self) -> IntVector:
        """[n_judged] rows with test interactions: the only ones that need scores."""
        return np.flatnonzero(self._counts).astype(np.int64)

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
        cells = self._cells.of(rows)
        if self._added[rows].any() or not cells.are_distinct:
            raise DataError("a user was added twice", where="Judge.add")
        rows = cells.rows
        if not len(rows):
            return
        candidates = np.array(scores if cells.asked is None else scores[cells.asked], dtype=np.float32)
        np.put(candidates, cells.masked, np.float32(np.nan))
        best = best_of_rows(candidates, self.ks[-1])
        self._lists[rows], self._list_scores[rows], self._last_sizes[rows] = best
        self._relevant_scores[cells.entries] = np.take(candidates, cells.relevant)
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

    def result(
        self, model: str = "", protocol: Mapping[str, Any] | None = None, *, seed: int = 0
    ) -> EvaluationResult:
        """Return what was found so far; `seed` draws the bootstrap resamples.

        Raises
        ------
        DataError
            If a user with test interactions has not been added, or there is none.
        """
        return judge_results({model: self}, protocol, seed=seed)[model]

    def _measured(self) -> dict[str, Values]:
        """Return the metrics of each user, by part of the relevant items."""
        rows = self.rows
        if not len(rows):
            raise DataError("no user has a test interaction", where="Judge", remedy="Hold back more events")
        if not self._added[rows].all():
            missing = int(np.sum(~self._added[rows]))
            raise DataError(
                f"{missing} users have not been added", where="Judge", remedy="Add all of Judge.rows"
            )
        lists = TopLists.of(self._lists[rows], self._list_scores[rows], self._last_sizes[rows])
        return self._parts.measured(rows, lists, self._relevant_scores, self.ks)

    def _slices(self, found: Sequence[Mapping[str, Values]], seed: int) -> list[dict[str, SliceResult]]:
        """Return, for the metrics of each of several models, the slices by item, then those by user."""
        slices: list[dict[str, SliceResult]] = [{} for _ in found]
        if self.train is None or self.histories is None:
            return slices
        for part in self._parts.parts:
            if part == _ALL:
                continue
            values, counts = [one[part] for one in found], self._parts.counts(part)
            for own, values_of, judged in zip(
                slices, values, slices_of(values, counts, np.flatnonzero(counts), seed), strict=True
            ):
                own[part] = replace(judged, per_user=dict(values_of))
        overall = [one[_ALL] for one in found]
        by_user = history_slices(row_counts(self.histories)) | group_slices(self.groups)
        for name, members in by_user.items():
            rows = np.flatnonzero(members & (self._counts > 0))
            for own, judged in zip(slices, slices_of(overall, self._counts, rows, seed), strict=True):
                own[name] = judged
        return slices


def judge_results(
    judges: Mapping[str, Judge], protocol: Mapping[str, Any] | None = None, *, seed: int = 0
) -> dict[str, EvaluationResult]:
    """Return what judges of one question found, by name of the model; what they share is computed once.

    Raises
    ------
    DataError
        As `Judge.result`.
    """
    if not judges:
        return {}
    one = next(iter(judges.values()))
    found = [judge._measured() for judge in judges.values()]  # pyright: ignore[reportPrivateUsage]
    overall, rows = [values[_ALL] for values in found], one.rows
    all_intervals = intervals_of(overall, rows, seed)
    all_slices = one._slices(found, seed)  # pyright: ignore[reportPrivateUsage]
    asked = None if one.histories is None else one.histories[rows]
    disliked = None if one.disliked is None else one.disliked[rows]
    results: dict[str, EvaluationResult] = {}
    for (model, judge), values, intervals, slices in zip(
        judges.items(), overall, all_intervals, all_slices, strict=True
    ):
        facts = ListFacts(
            judge._lists[rows],  # pyright: ignore[reportPrivateUsage]
            one.relevant.shape[1],
            one.train,
            one.blocks,
            histories=asked,
            kinds=one.kinds,
            disliked=disliked,
        )
        results[model] = EvaluationResult(
            model=model,
            protocol=dict(protocol or {}),
            metrics={name: interval.mean for name, interval in intervals.items()},
            intervals=intervals,
            slices=slices,
            per_user=values,
            beyond=facts.measured(one.ks),
            exposure=facts.exposure(one.ks[-1]),
            n_users=len(rows),
            n_relevant=int(one.relevant.nnz),
        )
    return results


@dataclass(frozen=True)
class _AskedCells:
    """Where, in the scores of some users [n_asked, n_items], something is masked or relevant."""

    are_distinct: bool
    asked: BoolVector | None
    """Which of the given users have test interactions; None: all."""
    rows: IntVector
    """[n_asked] the users with test interactions."""
    masked: IntVector
    """Indices into the flat scores."""
    relevant: IntVector
    """Indices into the flat scores."""
    entries: IntVector
    """Which entries of the relevant items these are."""


class _Cells:
    """Remembers the cells of the users asked about last, since many judges see the same users in turn.

    Each thread has its own last ones.
    """

    def __init__(self, relevant: SparseMatrix, masked: SparseMatrix | None) -> None:
        self._relevant, self._masked = relevant, masked
        self._own = threading.local()

    def of(self, rows: IntVector) -> _AskedCells:
        """Return the cells of the users `rows`."""
        last: tuple[IntVector, _AskedCells] | None = getattr(self._own, "last", None)
        if last is None or last[0] is not rows:
            last = self._own.last = rows, self._found(rows)
        return last[1]

    def _found(self, given: IntVector) -> _AskedCells:
        asked = np.diff(self._relevant.indptr)[given] > 0
        rows, width = given[asked], self._relevant.shape[1]
        places, entries = entries_of_rows(self._relevant, rows)
        masked = np.zeros(0, dtype=np.int64)
        if self._masked is not None:
            known_places, known = entries_of_rows(self._masked, rows)
            masked = known_places * width + self._masked.indices[known]
        return _AskedCells(
            are_distinct=len(np.unique(given)) == len(given),
            asked=None if asked.all() else asked,
            rows=rows,
            masked=masked,
            relevant=places * width + self._relevant.indices[entries],
            entries=entries,
        )


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
