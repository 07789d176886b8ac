"""Fusion tuned on validation data: fitted members, their cached scores, and weights learnt from them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sensorium.core.errors import ConfigError
from sensorium.fusion.asking import with_later_queries
from sensorium.fusion.by_history import HistoryWeights, learn_by_history, weights_by_history
from sensorium.fusion.candidates import Candidates, candidates
from sensorium.fusion.cold import ColdWeights, Lesson, learn_cold
from sensorium.fusion.hidden import HiddenScores
from sensorium.fusion.late import LateFusion, LateFusionConfig, described_member
from sensorium.fusion.weights import LearntWeights, learn_weights
from sensorium.models.base import Recommender, TrainingData, ValidationData


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
    scores: Candidates
    """The cached scores of validation queries that have a history."""
    learnt: LearntWeights
    """The weights, by which method, and how they do on queries they have not seen."""
    by_history: HistoryWeights | None
    """Weights that move with the length of the history; None: they do not surely help."""
    cold: ColdWeights
    """The weights where content alone can score, and how items warm up."""
    hidden: HiddenScores | None
    """What cold weights were learnt from; None where there was no training data to hide events of."""
    data: TrainingData | None
    """What the members were fitted on, if given."""
    seed: int

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
        fitted on, cold weights are learnt on items whose events are hidden.
        """
        asking = validation.rows(np.flatnonzero(np.diff(validation.queries.history.indptr)))
        if not len(asking):
            return None
        scores = candidates(members, with_later_queries(asking, seed=seed), seed=seed)
        hidden = None if data is None else HiddenScores.of(members, data, asking, seed=seed)
        return cls._learnt(members, fallback, scores, hidden, data, seed, method=method)

    @classmethod
    def _learnt(
        cls,
        members: Mapping[str, Recommender[Any]],
        fallback: str,
        scores: Candidates,
        hidden: HiddenScores | None,
        data: TrainingData | None,
        seed: int,
        *,
        method: str | None = None,
        like: "FusionTuning | None" = None,
    ) -> Self:
        """Return the tuning on cached scores; `like` says what is not chosen anew."""
        warm = scores.warm()
        learnt = learn_weights(warm, seed=seed, method=method)
        weights = np.asarray([learnt.weights[name] for name in scores.names])
        if like is None:
            by_history = learn_by_history(warm, weights, seed=seed)
        else:
            by_history = None if like.by_history is None else weights_by_history(warm, weights)
        lesson = Lesson(scores, weights, hidden, None if data is None else data.n_events)
        cold = learn_cold(
            lesson, seed=seed, place=None if like is None else (like.cold.scale, like.cold.offset)
        )
        return cls(members, fallback, scores, learnt, by_history, cold, hidden, data, seed)

    @property
    def cold_weights(self) -> Mapping[str, float]:
        """Content source -> weight where content alone can score."""
        return self.cold.weights

    @property
    def fusion(self) -> LateFusion:
        """The fusion of the members under the learnt weights."""
        config = LateFusionConfig(
            members=tuple(
                described_member(
                    name,
                    member,
                    weight=self.learnt.weights.get(name, 0.0),
                    cold_weight=self.cold.weights.get(name, 0.0),
                    weights_by_history=self._moving(name),
                )
                for name, member in self.members.items()
            ),
            fallback=self.fallback,
            cold_scale=self.cold.scale,
            cold_offset=self.cold.offset,
            half_warm_events=self.cold.half_warm_events,
            history_lengths=() if self.by_history is None else self.by_history.lengths,
        )
        return LateFusion.fitted(config, self.members, None if self.data is None else self.data.n_events)

    def _moving(self, name: str) -> tuple[float, ...]:
        if self.by_history is None or name not in self.scores.names:
            return ()
        return tuple(self.by_history.table[self.scores.names.index(name)].tolist())

    def without(self, names: Collection[str]) -> LateFusion:
        """Return the fusion had the members or modalities `names` not been there.

        The weights of the rest are learnt anew, by the same method, from the cached scores. The
        fallback stays as such, and so does the scale of cold items: how much room they get must not
        pass for what a modality is worth.
        """
        known = {part for name in self.members for part in (name, name.partition(":")[0])}
        unknown = sorted(set(names) - known)
        if unknown:
            raise ConfigError(
                f"no source is called {unknown[0]!r}",
                where="fusion",
                remedy=f"Sources: {', '.join(sorted(known))}",
            )
        left_out = {name for name in self.members if {name, name.partition(":")[0]} & set(names)}
        kept = [name for name in self.scores.names if name not in left_out]
        members = {n: m for n, m in self.members.items() if n not in left_out or n == self.fallback}
        if not kept:
            return LateFusion.from_members(members, {self.fallback: 1.0}, fallback=self.fallback)
        rest = self._learnt(
            members,
            self.fallback,
            self.scores.only(kept),
            None if self.hidden is None else self.hidden.only(kept),
            self.data,
            self.seed,
            method=self.learnt.method,
            like=self,
        )
        return rest.fusion
