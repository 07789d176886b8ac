"""Many models, judged on the same users with the same masks; what they share scores each user once."""

from collections.abc import Mapping
from concurrent.futures import as_completed
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any, Self

import numpy as np

from sensorium.catalog.circumstances import circumstances_of_users
from sensorium.catalog.events import Events
from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.side_by_side import n_cores, workers
from sensorium.core.sparse import row_counts
from sensorium.evaluation.judge import Judge, judge_results
from sensorium.evaluation.protocol import stamped
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.forecast import JudgingClock
from sensorium.features.block import FeatureBlock
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import fusion_config
from sensorium.fusion.rank_fusion import RankScorer
from sensorium.fusion.shared_scorer import QueryPart, apart, as_shared
from sensorium.index.blocks import block_rows
from sensorium.models.base import QueryBatch, Scorer, TrainingData
from sensorium.models.circumstances import CIRCUMSTANCES
from sensorium.ranking.seen_items import ALL, known_items, left_out_items
from sensorium.training.training_data import event_data

BATCH_BYTES = 16 * 2**20
"""Scores of one source that are held at once."""
PART_BYTES = 2 * 2**20
"""Scores that are fused and ranked at once: few enough for the processor's cache."""
MAX_BATCH = 1_000
"""Users asked about at once where items are few."""


def with_members(fusion: LateFusion, members: Mapping[str, Scorer]) -> FusedScorer:
    """Return what scores as `fusion` does, its members taken from `members` by name."""
    return FusedScorer(fusion.config, members, fusion.n_events, fusion.ages)


def share_members(fusions: Mapping[str, LateFusion]) -> dict[str, FusedScorer]:
    """Return the fusions; a member that several of them hold scores each question once."""
    models = {id(model): model for fusion in fusions.values() for model in fusion.members.values()}
    cached = {key: as_shared(model) for key, model in models.items()}
    return {
        name: with_members(fusion, {own: cached[id(model)] for own, model in fusion.members.items()})
        for name, fusion in fusions.items()
    }


def member_alone(name: str, members: Mapping[str, Scorer], fallback: str) -> FusedScorer:
    """Return one of `members` alone; where it cannot score, the fallback answers as in a fusion."""
    both = {member: members[member] for member in dict.fromkeys((name, fallback))}
    return FusedScorer(fusion_config(both, {name: 1.0}, cold_weights={name: 1.0}, fallback=fallback), both)


@dataclass(frozen=True)
class ModelComparison:
    """Who is judged on what: the test part of a split."""

    judge: Judge
    histories: TrainingData
    """What users are asked about with."""
    known: SparseMatrix = field(repr=False)
    """[n_users, n_items]: what is not ranked, since users knew it and `options.seen` leaves it out."""
    protocol: Mapping[str, Any]
    seed: int
    progress: Progress = field(default=SILENT, repr=False)

    @classmethod
    def of(
        cls,
        split: Split,
        train: TrainingData,
        options: EvaluationOptions,
        *,
        blocks: Mapping[str, FeatureBlock] | None = None,
        kinds: Mapping[str, SparseMatrix] | None = None,
        progress: Progress = SILENT,
    ) -> Self:
        """Return the comparison on the test part of `split` of models fitted on `train`.

        With `blocks`, the diversity of lists is measured too; with `kinds` (see `category_kinds`) also that
        by category.

        Raises
        ------
        DataError
            If nobody has anything liked in test that was not known before.
        """
        known = split.train if options.mask == "train" else Events.concat(split.train, split.validation)
        histories = event_data(known, seen=options.seen)
        masked = left_out_items(known, options.seen)
        if train.conditions:  # whoever asks does so under the circumstances of the test events
            asked = {CIRCUMSTANCES: circumstances_of_users(split.test, train.conditions)}
            histories = replace(histories, about={**histories.about, **asked})
        judge = Judge(
            split.test.relevant(),
            masked,
            ks=sorted({10, options.k, *options.more_ks}),
            train_interactions=train.interactions,
            histories=histories.interactions,
            known=None if options.seen == ALL else known_items(known),
            blocks=blocks,
            kinds=kinds,
            disliked=split.test.against(),
            groups=None if known.people is None else known.people.members(known.users),
        )
        if not len(judge.rows):
            raise DataError(
                "nobody likes anything in the test part that was not known before",
                where="evaluation",
                remedy="Hold back more events, divide them in another way, or let seen items come again",
            )
        facts: dict[str, Any] = {"mask": options.mask, "refit": options.refit, "seed": options.seed}
        if split.test.is_weighted:
            facts["relevant"] = split.test.rules.relevant
        if options.seen != ALL:  # without it, as before there was a choice: all
            facts["seen"] = list(options.seen)
        protocol = stamped({**split.protocol, **facts})
        return cls(judge, histories, masked, protocol, options.seed, progress)

    def results(
        self, scorers: Mapping[str, Scorer], *, stage_name: str = "judge"
    ) -> dict[str, EvaluationResult]:
        """Return how each model did, by name."""
        judges = {name: self.judge.fresh() for name in scorers}
        asked = {name: _asked_by_part(scorer) for name, scorer in scorers.items()}
        rows, n_items = self._in_turn(), self.histories.n_items
        most = min(block_rows(n_items, block_bytes=BATCH_BYTES), MAX_BATCH)
        few = min(block_rows(n_items, block_bytes=PART_BYTES), most)
        batches = [rows[start : start + most] for start in range(0, len(rows), most)]
        n_lanes = min(n_cores(), len(batches))
        free = SimpleQueue[dict[str, Scorer]]()
        for _ in range(n_lanes):
            free.put(apart(asked))

        def judged(users: IntVector) -> int:
            own, batch = free.get(), QueryBatch.of_users(self.histories, users)
            try:
                for first in range(0, len(batch), few):
                    part = QueryPart.of(batch, first, min(first + few, len(batch)))
                    for name, scorer in own.items():
                        judges[name].add(part.users, scorer.score(part))
            finally:
                free.put(own)
            return len(batch)

        clock, n_done = JudgingClock(self.progress, len(rows), len(judges), len(self.judge.ks)), 0
        with self.progress.stage(stage_name, len(rows), unit="users") as stage, workers(n_lanes) as pool:
            futures = [pool.submit(judged, users) for users in batches]
            try:
                for n_batches, future in enumerate(as_completed(futures), 1):
                    n_done += future.result()
                    stage.advance(future.result())
                    if n_batches >= n_lanes:
                        clock.judged(n_done)
            finally:
                for future in futures:
                    future.cancel()
        return judge_results(judges, self.protocol, seed=self.seed)

    def _in_turn(self) -> IntVector:
        """Return who is judged, those with a history first: sources lack the same items for all of them."""
        rows = self.judge.rows
        has_history = row_counts(self.histories.interactions)[rows] > 0
        return rows[np.argsort(~has_history, kind="stable")]


def _asked_by_part(scorer: Scorer) -> Scorer:
    """Return what scores a batch at once and a fusion a few queries at a time, whoever is asked in parts."""
    if isinstance(scorer, LateFusion):
        scorer = share_members({"": scorer})[""]
    return scorer if isinstance(scorer, FusedScorer | RankScorer) else as_shared(scorer)
