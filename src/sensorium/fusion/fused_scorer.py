"""The scores of a late fusion, from whatever scores its members give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.linalg import log_interpolate
from sensorium.fusion.best_items import BestItems, ItemFacts
from sensorium.fusion.blend import PATHS, Blend, ColdRule, Source, blend
from sensorium.fusion.item_ages import factors_at
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
from sensorium.fusion.second_level import SecondLevel
from sensorium.fusion.shared_scorer import scorer_zscores
from sensorium.fusion.zscore import ZScores
from sensorium.index.blocks import block_rows
from sensorium.models.base import Declaration, QueryBatch, Scorer, Traits

FUSION_TRAITS = Traits(cold_items=True, needs_history=False, fuses=True)
"""Of a fusion, which answers always: for new items by content, without a history by popularity."""


@dataclass(frozen=True)
class FusedScores:
    """Scores, and how each came about."""

    scores: FloatMatrix
    """[n_queries, n_items] float32, never NaN."""
    paths: NDArray[np.int8]
    """[n_queries, n_items]: codes into `PATHS`; see `path_names`."""
    made_of: tuple[list[Source], Blend] | None = None
    """What explanations take apart; kept where all queries were scored in one piece."""
    has_second_level: bool = False
    """Whether a second level has ordered the best items anew: scores are not the weighted sum alone then."""

    @property
    def query_paths(self) -> tuple[str, ...]:
        """How each query was answered [n_queries].

        `fusion` if behaviour could read the history, `content` if content alone could, `popularity`
        if nothing could or there is none.
        """
        return tuple(PATHS[code] for code in self.paths.max(axis=1, initial=0))

    def path_names(self, row: int, items: IntVector) -> tuple[str, ...]:
        """Return how each of `items` got its score for the query `row`."""
        return tuple(PATHS[code] for code in self.paths[row, items])


@dataclass(frozen=True)
class FusedScorer:
    """The weighted sum of scorers that a config describes; `LateFusion` asks it, and so may a judge."""

    config: LateFusionConfig
    members: Mapping[str, Scorer]
    """Name -> what scores, at least for all members of the config."""
    n_events: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[n_items]: how many events each item has; empty: unknown, and every item with any is warm."""
    ages: FloatVector = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    """[n_items]: days from each item's first event to the last of all; empty: unknown."""

    @property
    def declaration(self) -> Declaration:
        """What it is: late fusion under its config."""
        return Declaration("late-fusion", self.config, FUSION_TRAITS)

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the fused scores [n_queries, n_items] float32, never NaN."""
        step = block_rows(queries.history.shape[1])
        if len(queries) <= step:
            return self.blended(queries)[1].scores
        starts = range(0, len(queries), step)
        return np.concatenate([self.blended(queries.rows(n, n + step))[1].scores for n in starts])

    def scored(self, queries: QueryBatch) -> FusedScores:
        """Return the fused scores and how each came about."""
        step = block_rows(queries.history.shape[1])
        has_second = self.config.second_level is not None
        starts = range(0, max(len(queries), 1), step)
        if len(starts) == 1:
            sources, blended = self.blended(queries)
            return FusedScores(blended.scores, blended.paths, (sources, blended), has_second)
        blocks = [self.blended(queries.rows(start, start + step))[1] for start in starts]
        scores = np.concatenate([block.scores for block in blocks])
        paths = np.concatenate([block.paths for block in blocks])
        return FusedScores(scores, paths, has_second_level=has_second)

    def blended(self, queries: QueryBatch) -> tuple[list[Source], Blend]:
        """Return the scores of all members that have a say, and what they are put together to."""
        sources: list[Source] = []
        fallback: ZScores | None = None
        for member in self.config.members:
            kind = self.members[member.name].declaration.traits.kind
            cold_weight = member.cold_weight if kind == "content" else 0.0
            is_fallback = member.name == self.config.fallback
            if member.is_heard(kind) or is_fallback:
                scores = scorer_zscores(self.members[member.name], queries)
                weight = self.weight_of(member, queries)
                factor = self._factor(member, queries.history.shape[1])
                sources.append(Source(member.name, kind, weight, cold_weight, scores, factor))
                fallback = scores if is_fallback else fallback
        assert fallback is not None  # noqa: S101 - the config holds it
        blended = blend(sources, fallback, self.cold_rule(fallback.values.shape[1]))
        if self.config.second_level is None:
            return sources, blended
        return sources, self._reordered(self.config.second_level, sources, blended, queries)

    def _reordered(
        self, second: SecondLevel, sources: Sequence[Source], blended: Blend, queries: QueryBatch
    ) -> Blend:
        """Return `blended` with the best items in the order of the second level."""
        by_name = {source.name: source for source in sources}
        told = [by_name[name] for name in second.sources]
        facts = ItemFacts(self.n_events, self.ages)
        best = BestItems.of(told, blended.scores, queries.history, facts, second.depth)
        reordered = second.ordered(best)
        reordered.put_into(blended.scores)
        return replace(blended, reordered=reordered)

    def weight_of(self, member: Member, queries: QueryBatch) -> FloatVector:
        """Return the member's weight for each query [n_queries], or for all [1]."""
        plain = np.asarray([member.weight], dtype=np.float32)
        if not member.weights_by_history and member.weight_without_history is None:
            return plain
        lengths = np.diff(queries.history.indptr)
        if member.weights_by_history:
            found = log_interpolate(lengths, self.config.history_lengths, member.weights_by_history)
            plain = found.astype(np.float32)
        alone = member.weight_without_history
        return plain if alone is None else np.where(lengths > 0, plain, np.float32(alone))

    def _factor(self, member: Member, n_items: int) -> FloatVector | None:
        """Return what the member's weight is multiplied with for each item [n_items]; None: one."""
        if not member.factors_by_age or not len(self.ages):
            return None
        return factors_at(self.ages, n_items, self.config.item_ages, member.factors_by_age)

    def cold_rule(self, n_items: int) -> ColdRule:
        """Return how items of which content alone can speak are scored."""
        half = self.config.half_warm_events
        share = None
        if half > 0 and len(self.n_events):
            counts = np.zeros(n_items, dtype=np.float32)
            counts[: len(self.n_events)] = self.n_events[:n_items]
            share = np.float32(half) / (counts + np.float32(half))
        return ColdRule(self.config.cold_scale, self.config.cold_offset, share)
