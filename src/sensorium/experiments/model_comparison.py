"""Many fusions of the same members, judged on the same users; each member scores each user once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.protocol import stamped
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split, known_items
from sensorium.experiments.evaluate import EvaluationOptions
from sensorium.fusion.late_fusion import LateFusion
from sensorium.index.blocks import block_rows
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.training.training_data import joined, training_data


class CachedScorer:
    """A fitted model that keeps its answer to the last question, for whoever asks it next."""

    def __init__(self, model: Recommender[Any]) -> None:
        self._model = model
        self._asked: QueryBatch | None = None
        self._answer: FloatMatrix | None = None
        self.name, self.config, self.traits = model.name, model.config, model.traits

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the scores of `queries`; not to be written into."""
        if self._asked is not queries or self._answer is None:
            self._asked, self._answer = queries, self._model.score(queries)
            self._answer.flags.writeable = False
        return self._answer


def cache_scores(members: Mapping[str, Recommender[Any]]) -> dict[str, Recommender[Any]]:
    """Return `members` that several fusions can ask without computing anything twice."""
    return {name: cast("Recommender[Any]", CachedScorer(member)) for name, member in members.items()}


def with_members(fusion: LateFusion, members: Mapping[str, Recommender[Any]]) -> LateFusion:
    """Return `fusion` with its members taken from `members` by name."""
    own = {name: members[name] for name in fusion.members}
    return LateFusion.fitted(fusion.config, own, fusion.n_events, fusion.ages)


@dataclass(frozen=True)
class ModelComparison:
    """Who is judged on what: the test part of a split, as `evaluate` asks about it."""

    judge: Judge
    histories: TrainingData
    protocol: Mapping[str, Any]
    seed: int
    progress: Progress = field(default=SILENT, repr=False)

    @classmethod
    def of(
        cls, split: Split, train: TrainingData, options: EvaluationOptions, progress: Progress = SILENT
    ) -> Self:
        """Return the contest on the test part of `split` for models fitted on `train`."""
        known = split.train if options.mask == "train" else joined(split.train, split.validation)
        histories = training_data(known, {})
        judge = Judge(
            split.test.interactions(),
            known_items(known),
            ks=sorted({10, options.k}),
            train_interactions=train.interactions,
            histories=histories.interactions,
        )
        if not len(judge.rows):
            raise DataError(
                "nobody likes anything in the test part that was not known before",
                where="evaluation",
                remedy="Hold back more events, or divide them in another way",
            )
        protocol = stamped({**split.protocol, "mask": options.mask, "refit": False, "seed": options.seed})
        return cls(judge, histories, protocol, options.seed, progress)

    def results(
        self, contestants: Mapping[str, Recommender[Any]], *, stage_name: str = "judge"
    ) -> dict[str, EvaluationResult]:
        """Return how each model did, by name."""
        rows = self.judge.rows
        judges = {name: self.judge.fresh() for name in contestants}
        step = min(block_rows(self.histories.n_items), 1_000)
        with self.progress.stage(stage_name, len(rows), unit="users") as stage:
            for start in range(0, len(rows), step):
                part = np.asarray(rows[start : start + step])
                queries = QueryBatch.of_users(self.histories, part)
                for name, contestant in contestants.items():
                    judges[name].add(part, contestant.score(queries))
                    stage.advance(0, note=name)
                stage.advance(len(part))
        return {name: judged.result(name, self.protocol, seed=self.seed) for name, judged in judges.items()}
