"""Fusion tuned on validation data: fitted members, their cached scores, and weights learnt from them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sensorium.core.errors import ConfigError
from sensorium.fusion.blend import kind_of
from sensorium.fusion.candidates import Candidates, Weights, candidates
from sensorium.fusion.late import LateFusion
from sensorium.fusion.weights import LearntWeights, learn_weights, softmax_weights
from sensorium.models.base import Recommender, ValidationData

COLD_SCALES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)
LEAST_SHARE = 0.05
"""What all content sources together keep of the cold weights, in equal parts: whichever content a cold item
has, something can speak for it. Where a better source can score, so little is hardly heard."""


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
    cold_weights: Mapping[str, float]
    """The weights where content alone can score."""
    cold_scale: float
    """What scores of items that content alone can score are multiplied with."""
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
    ) -> Self | None:
        """Return the tuning of `members` on `validation`; None if no query there has a history.

        Queries without a history are answered by the fallback and teach nothing about weights. `method`
        learns the weights; the best on held-out queries if not given.
        """
        asking = validation.rows(np.flatnonzero(np.diff(validation.queries.history.indptr)))
        if not len(asking):
            return None
        return cls._learnt(members, fallback, candidates(members, asking, seed=seed), seed, method=method)

    @classmethod
    def _learnt(
        cls,
        members: Mapping[str, Recommender[Any]],
        fallback: str,
        scores: Candidates,
        seed: int,
        *,
        method: str | None = None,
        cold_scale: float | None = None,
    ) -> Self:
        learnt = learn_weights(scores.warm(), seed=seed, method=method)
        content = scores.only([name for name in scores.names if kind_of(members[name]) == "content"])
        cold = _cold_weights(content)
        if cold_scale is None:
            cold_scale = _cold_scale(scores, learnt, content, cold)
        cold_weights = dict(zip(content.names, cold.tolist(), strict=True))
        return cls(members, fallback, scores, learnt, cold_weights, cold_scale, seed)

    @property
    def fusion(self) -> LateFusion:
        """The fusion of the members under the learnt weights."""
        return LateFusion.from_members(
            self.members,
            self.learnt.weights,
            cold_weights=self.cold_weights,
            cold_scale=self.cold_scale,
            fallback=self.fallback,
        )

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
            self.seed,
            method=self.learnt.method,
            cold_scale=self.cold_scale,
        )
        return rest.fusion


def _cold_weights(content: Candidates) -> Weights:
    """Return the weights of content sources that speak alone, all above zero [n_sources]."""
    n = len(content.names)
    return (1 - LEAST_SHARE) * softmax_weights(content) + LEAST_SHARE / n if n else np.zeros(0)


def _cold_scale(scores: Candidates, learnt: LearntWeights, content: Candidates, cold: Any) -> float:
    """Return the scale of cold items' scores that gives the best NDCG@20 overall; the largest of equals."""
    if not content.names or content.names == scores.names:
        return 1.0
    warm = scores.warm().fused(np.asarray([learnt.weights[name] for name in scores.names]))
    alone = content.fused(cold)
    reached = [
        float(scores.ndcg(np.where(np.isfinite(warm), warm, alone * np.float32(scale))).mean())
        for scale in COLD_SCALES
    ]
    return COLD_SCALES[int(np.argmax(reached))]
