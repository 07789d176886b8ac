"""Rank fusion: sources vote by the order of items, not by scores."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from pydantic import PositiveFloat, model_validator

from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.config import Config
from sensorium.core.nested import nested, part_of
from sensorium.features.block import FeatureBlock
from sensorium.fusion.fused_scorer import FUSION_TRAITS
from sensorium.fusion.late_fusion_config import (
    Member,
    blocks_read,
    member_config,
    members_without,
    unfitted_members,
)
from sensorium.fusion.ranks import Ranks
from sensorium.fusion.shared_scorer import scorer_ranks
from sensorium.models import cost
from sensorium.models.base import (
    AutoPolicy,
    Declaration,
    FitOptions,
    QueryBatch,
    Recommender,
    Scorer,
    Size,
    TrainingData,
    Traits,
)

RankMethod: TypeAlias = Literal["reciprocal-rank", "rank-average"]

AVERAGE_RANK = 0.5
"""Where an item stands in the list of a member that cannot score it: in the middle, for all we know."""


class RankFusionConfig(Config):
    """Which members, and how their ranks are joined."""

    members: tuple[Member, ...] = (Member(name="popularity", model="popularity"),)
    """The sources; names are distinct. Cold weights are not used: an order says nothing of how sure it is."""
    method: RankMethod = "reciprocal-rank"
    """The sum of 1 / (k + rank), or the mean of the places in the lists."""
    k: PositiveFloat = 60.0
    """For reciprocal ranks: the larger, the less the very first places count."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ValueError("two members have the same name")
        return self


@dataclass(frozen=True)
class RankScorer:
    """The sum of ranks that a config describes; `RankFusion` asks it, and so may a judge."""

    config: RankFusionConfig
    members: Mapping[str, Scorer]
    """Name -> what scores, for all members of the config."""

    @property
    def declaration(self) -> Declaration:
        """What it is: rank fusion under its config."""
        return Declaration("rank-fusion", self.config, FUSION_TRAITS)

    @classmethod
    def of(
        cls,
        members: Mapping[str, Scorer],
        weights: Mapping[str, float] | None = None,
        *,
        method: RankMethod = "reciprocal-rank",
    ) -> Self:
        """Return the scorer of fitted `members`; without weights all count alike, a missing one is zero."""
        described = tuple(
            member_config(
                name, model, weight=1.0 if weights is None else weights.get(name, 0.0), cold_weight=0.0
            )
            for name, model in members.items()
        )
        return cls(RankFusionConfig(members=described, method=method), members)

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the fused scores [n_queries, n_items] float32; NaN where no member can score."""
        total = np.zeros(queries.history.shape, dtype=np.float32)
        any_can = np.zeros(queries.history.shape, dtype=np.bool_)
        for member in self.config.members:
            if member.weight > 0:
                ranks = scorer_ranks(self.members[member.name], queries)
                total += np.float32(member.weight) * self._worth(ranks)
                any_can |= ~np.isnan(ranks.values)
        if self.config.method == "rank-average":
            total /= np.float32(sum(member.weight for member in self.config.members) or 1.0)
        total[~any_can] = np.nan
        return total

    def _worth(self, ranks: Ranks) -> FloatMatrix:
        """Return what the ranks are worth [n_queries, n_items]."""
        if self.config.method == "reciprocal-rank":
            return np.nan_to_num(np.float32(1) / (np.float32(self.config.k) + ranks.values), nan=0.0)
        places = ranks.values / (ranks.n_ranked[:, None] + 1).astype(np.float32)
        return np.float32(1) - np.nan_to_num(places, nan=AVERAGE_RANK)


class RankFusion(Recommender[RankFusionConfig]):
    """A weighted sum over sources of what the rank of an item is worth in each.

    Formula: `reciprocal-rank`: score_i = sum_m w_m / (k + rank_mi) over the members m that can score item
    i; `rank-average`: score_i = 1 - sum_m w_m place_mi / sum_m w_m, place the rank over the length of the
    list, one half where m cannot score i. Ranks start at 1 and count the items outside the history; equal
    scores share the mean of their ranks. Ranks do not split over the history, so the model is not additive.
    Cost: that of its members, and a sort of each list. Source: Cormack et al. 2009, "Reciprocal rank fusion
    outperforms Condorcet and individual rank learning methods"; Borda's count.
    """

    traits: ClassVar[Traits] = FUSION_TRAITS
    auto: ClassVar[AutoPolicy] = AutoPolicy(left_out="it is another way to fuse", is_mentioned=False)

    members: dict[str, Recommender[Any]]
    """Name -> fitted model, in the order of the config."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Fit every member as the config describes it; weights stay as they are."""
        unfitted = unfitted_members(self.config.members)
        self.members = {name: member.fit(data, options) for name, member in unfitted}

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return next(iter(self.members.values())).n_items

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the fused scores [n_queries, n_items] float32; NaN where no member can score."""
        return RankScorer(self.config, self.members).score(queries)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a fusion that also ranks the items appended to `blocks`, by their content."""
        longer = type(self)(self.config)
        longer.members = {name: member.extend(blocks) for name, member in self.members.items()}
        return longer

    def state(self) -> State:
        """Return the states of all members, each name with the member's position in front."""
        self.require_fitted()
        return nested(member.state() for member in self.members.values())

    def restore(self, state: State) -> Self:
        """Set the members from `state` and return self."""
        self.members = {
            name: member.restore(part_of(state, position))
            for position, (name, member) in enumerate(unfitted_members(self.config.members))
        }
        return self

    def reads_blocks(self) -> tuple[BlockName, ...] | None:
        """Return the blocks that its members read; None: all that the data holds."""
        return blocks_read(self.config.members)

    def without_blocks(self, names: Collection[str]) -> Self | None:
        """Return an unfitted fusion of the members that can do without the blocks `names`, if any."""
        members = members_without(self.config.members, names)
        return type(self)(self.config.model_copy(update={"members": members})) if members else None

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of fitting all members."""
        return sum(model.fit_cost(size, again=again) for _, model in unfitted_members(self.config.members))

    def score_cost(self, size: Size) -> float:
        """Return the seconds of asking all members and of sorting each list."""
        asked = sum(model.score_cost(size) for _, model in unfitted_members(self.config.members))
        return asked + cost.SELECTING * size.n_scores * len(self.config.members)
