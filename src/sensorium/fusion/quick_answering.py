"""When few items are scored for an answer rather than all: where that is worth its preparation, and sure."""

from collections.abc import Mapping
from typing import Any

from sensorium.core.arrays import BoolVector
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.joint_factors import DIMENSIONS
from sensorium.fusion.quick_answer import QuickAnswer, QuickAnswers, Unsure
from sensorium.models.base import QueryBatch, Recommender

FEWEST_ITEMS = 20_000
"""With fewer, all are scored: that takes a few milliseconds."""
ANSWERS_BEFORE = 8
"""What is kept is made once a fusion has answered so often: who asks once does not wait for it."""
JUDGED = 24
"""Answers after which it is judged whether they are worth it."""
MOST_UNSURE = 0.4
"""With a larger share of unsure answers there are more dimensions from then on. A sure one takes less than a
third of what scoring all items does."""
MORE_DIMENSIONS = 4
"""So many times as many then."""
MOST_DIMENSIONS = 128
"""With so many, and too many unsure answers still, all items are scored for good."""


class QuickAnswering:
    """Answers the queries of one fusion, which does not change; it keeps what makes the next answer quick."""

    def __init__(self, before: "QuickAnswering | None" = None) -> None:
        """Take over the vectors of `before`, for a fusion that may have the same members."""
        self._joint = None if before is None else before._joint
        self._dimensions = DIMENSIONS if before is None else before._dimensions
        self._n_answers = 0 if self._joint is None else ANSWERS_BEFORE
        self._answers: QuickAnswers | None = None
        self._is_made = False
        self._n_judged, self._n_unsure = 0, 0

    def best(
        self,
        fusion: tuple[FusedScorer, Mapping[str, Recommender[Any]]],
        query: QueryBatch,
        eligible: BoolVector,
        k: int,
    ) -> QuickAnswer | None:
        """Return what `QuickAnswers.best` does; None where all items had better be scored.

        `fusion`: what scores, and its members.
        """
        self._n_answers += 1
        if len(eligible) < FEWEST_ITEMS or self._n_answers <= ANSWERS_BEFORE:
            return None
        if not self._is_made:
            if self._dimensions <= MOST_DIMENSIONS:
                self._answers = QuickAnswers.of(*fusion, self._joint, dimensions=self._dimensions)
                self._joint = None if self._answers is None else self._answers.joint
            self._is_made = True
        answers = self._answers  # another thread may begin anew meanwhile
        if answers is None:
            return None
        found = answers.best(query, eligible, k)
        self._judge(is_unsure=isinstance(found, Unsure))
        return None if isinstance(found, Unsure) else found

    def _judge(self, *, is_unsure: bool) -> None:
        """Count an answer; where too many were unsure, begin anew with more dimensions, or give up."""
        self._n_judged, self._n_unsure = self._n_judged + 1, self._n_unsure + is_unsure
        if self._n_judged < JUDGED:
            return
        if self._n_unsure > MOST_UNSURE * self._n_judged:
            self._answers = self._joint = None
            self._is_made, self._dimensions = False, MORE_DIMENSIONS * self._dimensions
        self._n_judged, self._n_unsure = 0, 0

    def __reduce__(self) -> "tuple[type[QuickAnswering], tuple[()]]":
        return type(self), ()
