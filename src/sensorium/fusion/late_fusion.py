"""Late fusion: many fitted sources, one score, which is a weighted sum of their z-scores."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.errors import ConfigError
from sensorium.core.files import write_text
from sensorium.core.hashing import canonical_json
from sensorium.core.item_list import Reason
from sensorium.core.nested import nested, part_of
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.fusion.explanation import Explanation
from sensorium.fusion.fit_members import fit_members
from sensorium.fusion.fused_scorer import FUSION_TRAITS, FusedScorer, FusedScores
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion_config import (
    LateFusionConfig,
    blocks_read,
    fusion_config,
    members_without,
    unfitted_members,
)
from sensorium.fusion.quick_answer import QuickAnswer
from sensorium.fusion.quick_answering import QuickAnswering
from sensorium.fusion.score_parts import block_source, split_scores
from sensorium.fusion.source_origins import source_origins
from sensorium.models.base import (
    AutoPolicy,
    FitOptions,
    Kind,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)


class LateFusion(Recommender[LateFusionConfig]):
    """A weighted sum of sources, each standardised over the items it can score for the query.

    Formula: warm_qi = W sum_m w_m z_mqi / sum_m w_m over the sources m that can score item i for query q,
    with W the sum of all weights and, where factors by age are given, w_m times that of item i inside both
    sums; cold_qi = W (cold_scale sum_m c_m z_mqi / sum_m c_m + cold_offset) over
    the content that can, with its cold weights c; score_qi = (1 - s_i) warm_qi + s_i cold_qi with
    s_i = half_warm_events / (n_i + half_warm_events) and n_i the events of the item; s_i = 1 where content
    alone can score. Items that nothing can score stand below all others. A second level, where the config
    has one, deals the scores of the best items out anew. Every score splits exactly over sources, history
    items and what the second level changes; see `explain`. Cost: that of its members.
    """

    traits: ClassVar[Traits] = FUSION_TRAITS
    auto: ClassVar[AutoPolicy] = AutoPolicy(
        left_out="it is what the members are put into", is_mentioned=False
    )

    members: dict[str, Recommender[Any]]
    """Name -> fitted model, in the order of the config."""
    n_events: IntVector
    """[n_items]: how many events each item has; empty: unknown, and every item with any is warm. Items
    beyond its end have none."""
    ages: FloatVector
    """[n_items]: days from each item's first event to the last of all; empty: unknown, and factors by age do
    not count. Items without events and beyond its end are as new."""

    def __init__(self, config: LateFusionConfig | None = None, /, **settings: Any) -> None:
        super().__init__(config, **settings)
        self.n_events = np.zeros(0, dtype=np.int64)
        self.ages = np.zeros(0, dtype=np.float32)
        self._quick = QuickAnswering()

    @classmethod
    def of(cls, model: Recommender[Any], fallback: Recommender[Any]) -> Self:
        """Return a fusion of one fitted model, and a fitted popularity model where it cannot answer."""
        members = {model.name: model, fallback.name: fallback}
        return cls.from_members(members, {model.name: 1.0}, fallback=fallback.name)

    @classmethod
    def from_members(
        cls,
        members: Mapping[str, Recommender[Any]],
        weights: Mapping[str, float],
        *,
        cold_weights: Mapping[str, float] | None = None,
        cold_scale: float = 1.0,
        fallback: str = "popularity",
    ) -> Self:
        """Return a fusion of fitted `members`; a missing weight is zero, without cold weights all are one."""
        config = fusion_config(
            members, weights, cold_weights=cold_weights, cold_scale=cold_scale, fallback=fallback
        )
        return cls.fitted(config, members)

    @classmethod
    def fitted(
        cls,
        config: LateFusionConfig,
        members: Mapping[str, Recommender[Any]],
        n_events: IntVector | None = None,
        ages: FloatVector | None = None,
    ) -> Self:
        """Return a fusion of fitted `members` under `config`; `n_events` and `ages` [n_items] if known."""
        fused = cls(config)
        fused.members = dict(members)
        if n_events is not None:
            fused.n_events = np.asarray(n_events, dtype=np.int64)
        if ages is not None:
            fused.ages = np.asarray(ages, dtype=np.float32)
        return fused

    @property
    def weights(self) -> dict[str, float]:
        """Name -> weight >= 0."""
        return {member.name: member.weight for member in self.config.members}

    @property
    def cold_weights(self) -> dict[str, float]:
        """Name -> weight >= 0 of the content members, used where content alone can score."""
        return {m.name: m.cold_weight for m in self.config.members if self.kind(m.name) == "content"}

    def kind(self, name: str) -> Kind:
        """Return what a member reads."""
        return self.members[name].traits.kind

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the sources that explanations divide a member into: itself, and blocks it tells apart."""
        return (name, *(block_source(name, block) for block in self.members[name].separable_blocks()))

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Fit every member as the config describes it; weights stay as they are."""
        members = fit_members(dict(unfitted_members(self.config.members)), data, options)
        if members[self.config.fallback].traits.kind != "popularity":
            raise ConfigError(f"the fallback {self.config.fallback!r} needs a history", where=self.name)
        self.members, self._quick = members, QuickAnswering()
        self.n_events, self.ages = data.n_events, item_ages(data)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return self.members[self.config.fallback].n_items

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the fused scores [n_queries, n_items] float32, never NaN."""
        return self.scored(queries).scores

    def scored(self, queries: QueryBatch) -> FusedScores:
        """Return the fused scores and how each came about."""
        self.require_fitted()
        return self.scorer.scored(queries)

    def best(self, query: QueryBatch, eligible: BoolVector, k: int) -> QuickAnswer | None:
        """Return the best `k` of `eligible` items [n_items] for the one row of `query`, without scoring all.

        They are those of `scored`, but for rounding. None where `scored` is to be asked.
        """
        return self._quick.best((self.scorer, self.members), query, eligible, k)

    def taking_over(self, before: "LateFusion") -> Self:
        """Return this fusion, with what makes the answers of one `before` quick, where it still holds."""
        self._quick = QuickAnswering(before._quick)
        return self

    @property
    def scorer(self) -> FusedScorer:
        """What scores with the members and the weights."""
        return FusedScorer(self.config, self.members, self.n_events, self.ages)

    def paths(self, queries: QueryBatch) -> tuple[str, ...]:
        """Return how each query is answered [n_queries]: `fusion`, `content` or `popularity`."""
        return self.scored(queries).query_paths

    def explain(
        self,
        query: QueryBatch,
        items: IntVector,
        ids: Vocabulary | None = None,
        *,
        fused: FusedScores | None = None,
    ) -> list[tuple[Reason, ...]]:
        """Return the reasons of each of `items`, largest first; contributions add up to the score.

        `query` is one row. `ids` names the history items; without, they are named by index. `fused`, what
        `scored` gave for the query, saves scoring it again.
        """
        return self.explanation(query, items, fused=fused).reasons(
            source_origins(self.members, self.sources), ids
        )

    def explanation(
        self, query: QueryBatch, items: IntVector, *, fused: FusedScores | None = None
    ) -> Explanation:
        """Return the scores of `items` for the one row of `query`, split exactly; `fused` as in `explain`."""
        made_of = None if fused is None else fused.made_of
        asked = np.asarray(items, dtype=np.int64)
        return split_scores(self.members, made_of or self.scorer.blended(query), query, asked)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a fusion that also scores the items appended to `blocks`, by their content."""
        members = {name: member.extend(blocks) for name, member in self.members.items()}
        return self.fitted(self.config, members, self.n_events, self.ages)

    def state(self) -> State:
        """Return the states of all members, each name with the member's position in front."""
        self.require_fitted()
        parts = nested(member.state() for member in self.members.values())
        return State({"n_events": self.n_events, "ages": self.ages, **parts.arrays}, parts.values)

    def restore(self, state: State) -> Self:
        """Set the members from `state` and return self."""
        self._quick = QuickAnswering()
        self.members = {
            name: member.restore(part_of(state, position))
            for position, (name, member) in enumerate(unfitted_members(self.config.members))
        }
        self.n_events = state.arrays.get("n_events", np.zeros(0, dtype=np.int64))
        self.ages = state.arrays.get("ages", np.zeros(0, dtype=np.float32))
        return self

    def save(self, folder: Path) -> None:
        """Write `fusion.json` (members, settings, weights) and the learned arrays into `folder`."""
        self.state().save(folder)
        write_text(folder / "fusion.json", canonical_json(self.config.model_dump(mode="json")) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        where = folder / "fusion.json"
        config = LateFusionConfig.parse(json.loads(where.read_text(encoding="utf-8")), where=str(where))
        return cls(config).restore(State.load(folder))

    def reads_blocks(self) -> tuple[BlockName, ...] | None:
        """Return the blocks that its members read; None: all that the data holds."""
        return blocks_read(self.config.members)

    def without_blocks(self, names: Collection[str]) -> Self | None:
        """Return an unfitted fusion of the members that can do without the blocks `names`."""
        members = members_without(self.config.members, names)
        if self.config.fallback not in {member.name for member in members}:
            return None
        return type(self)(self.config.model_copy(update={"members": members, "second_level": None}))

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of fitting all members."""
        return sum(model.fit_cost(size, again=again) for _, model in unfitted_members(self.config.members))

    def score_cost(self, size: Size) -> float:
        """Return the seconds of asking all members."""
        return sum(model.score_cost(size) for _, model in unfitted_members(self.config.members))
