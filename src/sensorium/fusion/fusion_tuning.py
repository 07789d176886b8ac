"""Fusion tuned on validation data: fitted members, their cached scores, and weights learnt from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.fusion.age_weights import AgeFactors, factors_by_age, learn_by_age
from sensorium.fusion.cold_start_simulation import ColdStartScores
from sensorium.fusion.cold_weights import ColdWeights, Lesson, learn_cold
from sensorium.fusion.earned_weights import learn_earned_weights
from sensorium.fusion.history_weights import HistoryWeights, learn_by_history, weights_by_history
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion, LateFusionConfig
from sensorium.fusion.late_fusion_config import member_config
from sensorium.fusion.later_queries import add_later_queries
from sensorium.fusion.learn_second_level import learn_second_level
from sensorium.fusion.new_user_weights import learn_for_new_users
from sensorium.fusion.second_level import SecondLevel
from sensorium.fusion.validation_scores import ValidationScores, rescore, validation_scores
from sensorium.fusion.weights import LearntWeights
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, ValidationData


@dataclass(frozen=True)
class FusionTuning:
    """Everything that weights depend on, so that other weights need no other fit.

    Make one with `FusionTuning.of`; `fusion` is the answer, and `without` is the answer had some
    sources not been there.
    """

    members: Mapping[str, Recommender[Any]]
    """Name -> fitted model."""
    fallback: str
    """The member that answers where no other can."""
    scores: ValidationScores
    """The cached scores of validation queries that have a history."""
    asked: QueryBatch
    """Those queries."""
    learnt: LearntWeights
    """The weights, by which method, and how they do on queries they have not seen."""
    by_history: HistoryWeights | None
    """Weights that move with the length of the history; None: they do not surely help."""
    by_age: AgeFactors | None
    """Factors on them that move with the age of the item; None: they do not surely help."""
    cold: ColdWeights
    """The weights where content alone can score, and how items warm up."""
    hidden: ColdStartScores | None
    """What cold weights were learnt from; None where there was no training data to hide events of."""
    data: TrainingData | None
    """What the members were fitted on, if given."""
    seed: int
    new_users: Mapping[str, float] | None = None
    """Source -> weight where the query has no history; None: as elsewhere."""
    asking: ValidationData | None = None
    """The queries with a history as they were first asked; None: no second level may be learnt from them."""
    second_level: SecondLevel | None = None
    """What orders the best items anew; None: it does not surely help."""

    @classmethod
    def of(
        cls,
        members: Mapping[str, Recommender[Any]],
        validation: ValidationData,
        *,
        fallback: str,
        seed: int = 0,
        method: str | None = None,
        data: TrainingData | None = None,
    ) -> Self | None:
        """Return the tuning of `members` on `validation`; None if no query there has a history.

        Queries without a history are answered by the fallback and teach nothing about weights. `method`
        learns the weights; the best on held-out queries if not given. With `data`, which the members were
        fitted on, cold weights are learnt on items whose events are hidden, and a second level is learnt.
        """
        asking = validation.with_history()
        if not len(asking):
            return None
        later = add_later_queries(asking, seed=seed)
        unused = None if data is None or data.seen_items.all() else ~data.seen_items
        scores = validation_scores(members, later, seed=seed, unused=unused)
        hidden = None if data is None else ColdStartScores.of(members, data, asking, seed=seed)
        found = cls._learnt(members, fallback, scores, later.queries, hidden, data, seed, method=method)
        common = found.learnt.weights
        new = learn_for_new_users(members, data, validation, common, fallback=fallback, seed=seed)
        found = replace(found, new_users=new, asking=None if data is None else asking)
        return found._with_second_level(is_contest=True)

    def _with_second_level(self, *, is_contest: bool) -> Self:
        """Return the tuning with a second level, in a contest only if it surely helps."""
        if self.asking is None:
            return self
        second = learn_second_level(self.fusion, self.asking, seed=self.seed, is_contest=is_contest)
        return replace(self, second_level=second)

    @classmethod
    def _learnt(
        cls,
        members: Mapping[str, Recommender[Any]],
        fallback: str,
        scores: ValidationScores,
        asked: QueryBatch,
        hidden: ColdStartScores | None,
        data: TrainingData | None,
        seed: int,
        *,
        method: str | None = None,
        like: "FusionTuning | None" = None,
    ) -> Self:
        """Return the tuning on cached scores; `like` says what is not chosen anew."""
        warm = scores.warm()
        learnt = learn_earned_weights(warm, seed=seed, method=method)
        weights = np.asarray([learnt.weights[name] for name in scores.names])
        ages = _ages(data)
        if like is None:
            by_history = learn_by_history(warm, learnt, seed=seed)
            by_age = learn_by_age(warm, learnt, ages, by_history, seed=seed)
        else:
            by_history = None if like.by_history is None else weights_by_history(warm, weights)
            by_age = (
                None if like.by_age is None else factors_by_age(warm, weights, ages, by_history, seed=seed)
            )
        lesson = Lesson(scores, weights, hidden, None if data is None else data.n_events)
        cold = learn_cold(lesson, seed=seed, like=None if like is None else like.cold)
        return cls(members, fallback, scores, asked, learnt, by_history, by_age, cold, hidden, data, seed)

    @property
    def cold_weights(self) -> Mapping[str, float]:
        """Content source -> weight where content alone can score."""
        return self.cold.weights

    @property
    def fusion(self) -> LateFusion:
        """The fusion of the members under the learnt weights."""
        config = LateFusionConfig(
            members=tuple(
                member_config(
                    name,
                    member,
                    weight=self.learnt.weights.get(name, 0.0),
                    cold_weight=self.cold.weights.get(name, 0.0),
                    weights_by_history=self._row(name, self.by_history),
                    weight_without_history=None if self.new_users is None else self.new_users.get(name),
                    factors_by_age=self._row(name, self.by_age),
                )
                for name, member in self.members.items()
            ),
            fallback=self.fallback,
            cold_scale=self.cold.scale,
            cold_offset=self.cold.offset,
            half_warm_events=self.cold.half_warm_events,
            history_lengths=() if self.by_history is None else self.by_history.lengths,
            item_ages=() if self.by_age is None else self.by_age.ages,
            second_level=self.second_level,
        )
        counts = None if self.data is None else self.data.n_events
        return LateFusion.fitted(config, self.members, counts, _ages(self.data))

    @property
    def ndcg(self) -> float:
        """Mean NDCG@20 of the fusion where its members are judged: on queries as they were first asked.

        Without its second level, which has learnt from these very queries.
        """
        first = self.scores.rows(np.unique(self.scores.askers, return_index=True)[1])
        warm = first.warm()
        weights = np.asarray([self.learnt.weights[name] for name in first.names])
        if self.by_history is not None:
            weights = self.by_history.at(first.lengths)
        if self.by_age is None:
            fused = warm.fused(weights)
        else:
            fused = self.by_age.fused(warm, weights, _ages(self.data))
        return float(first.ndcg(self.cold.beside(fused, first)).mean())

    @property
    def moving_with(self) -> tuple[str, ...]:
        """What weights move with, in words."""
        found = {
            "the length of the history": self.by_history,
            "the age of the item": self.by_age,
            "the order of the best items": self.second_level,
        }
        return tuple(name for name, moving in found.items() if moving is not None)

    def _row(self, name: str, moving: HistoryWeights | AgeFactors | None) -> tuple[float, ...]:
        if moving is None or name not in self.scores.names:
            return ()
        return tuple(moving.table[self.scores.names.index(name)].tolist())

    def without(self, names: Collection[str]) -> LateFusion:
        """Return the fusion had the members, blocks or modalities `names` not been there.

        Members that read several blocks are fitted again on the rest of them, or left out if there is none.
        The weights of all are learnt anew, by the same method. The fallback stays as such, and so does the
        scale of cold items: how much room they get must not pass for what a modality is worth.
        """
        known = {part for name in (*self.members, *self._blocks) for part in (name, BlockName(name).modality)}
        unknown = sorted(set(names) - known)
        if unknown:
            raise ConfigError(
                f"no source is called {unknown[0]!r}",
                where="fusion",
                remedy=f"Sources: {', '.join(sorted(known))}",
            )
        removed = [block for block in self._blocks if BlockName(block).is_in(names)]
        reading = {
            name: member
            for name, member in self.members.items()
            if not BlockName(name).is_in(names) and any(member.reads(block) for block in removed)
        }
        again = self._fitted_without(removed, reading)
        left_out = {name for name in self.members if BlockName(name).is_in(names)} | set(reading) - set(again)
        kept = [name for name in self.scores.names if name not in left_out]
        members = {
            name: again.get(name, member)
            for name, member in self.members.items()
            if name not in left_out or name == self.fallback
        }
        if not kept:
            return LateFusion.from_members(members, {self.fallback: 1.0}, fallback=self.fallback)
        return self._relearnt(members, again, kept, removed).fusion

    def _relearnt(
        self,
        members: Mapping[str, Recommender[Any]],
        again: Mapping[str, Recommender[Any]],
        kept: Sequence[str],
        removed: Collection[str],
    ) -> Self:
        """Return the tuning of `members` of which those `kept` count and those `again` are fitted anew."""
        hidden = self.hidden
        if hidden is not None:
            unfitted = {name: type(member)(member.config) for name, member in again.items()}
            shown = hidden.shown.without_blocks(removed)
            hidden = hidden.refitted(unfitted, shown, self.seed).only(list(kept))
        rest = self._learnt(
            members,
            self.fallback,
            rescore(self.scores, again, self.asked).only(kept),
            self.asked,
            hidden,
            self.data,
            self.seed,
            method=self.learnt.method,
            like=self,
        )
        rest = replace(rest, new_users=self.new_users, asking=self.asking)
        return rest if self.second_level is None else rest._with_second_level(is_contest=False)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that members read, for `without`."""
        present = [name for name, block in self._blocks.items() if block.present.any()]
        read = (name for name in present if any(member.reads(name) for member in self.members.values()))
        return tuple(dict.fromkeys(BlockName(name).modality for name in read))

    @property
    def _blocks(self) -> Mapping[str, FeatureBlock]:
        return {} if self.data is None else self.data.blocks

    def _fitted_without(
        self, removed: Collection[str], members: Mapping[str, Recommender[Any]]
    ) -> dict[str, Recommender[Any]]:
        """Return those of `members` that can learn without the blocks `removed`, fitted so."""
        if self.data is None:
            return {}
        data, options = self.data.without_blocks(removed), FitOptions(seed=self.seed)
        if not any(block.present.any() for block in data.blocks.values()):
            return {}
        fewer = {name: member.without_blocks(removed) for name, member in members.items()}
        return {name: member.fit(data, options) for name, member in fewer.items() if member is not None}


def _ages(data: TrainingData | None) -> FloatVector:
    return np.zeros(0, dtype=np.float32) if data is None else item_ages(data)
