"""Late fusion: many fitted sources, one score, which is a weighted sum of their z-scores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.component import State
from sensorium.core.errors import ConfigError
from sensorium.core.files import write_text
from sensorium.core.hashing import canonical_json
from sensorium.core.item_list import Reason
from sensorium.core.nested import nested, part_of
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.fusion.blend import PATHS, Blend, ColdRule, Kind, Source, blend, kind_of, shares
from sensorium.fusion.conditional_weights import log_interpolated
from sensorium.fusion.explanation import BASELINE, Explanation
from sensorium.fusion.item_ages import factors_at, item_ages
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member, member_config
from sensorium.fusion.source_origins import source_origins
from sensorium.fusion.zscore import ZScores, zscores
from sensorium.index.blocks import block_rows
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, QueryBatch, Recommender, TrainingData, Traits
from sensorium.models.registry import make_model
from sensorium.models.shared.on_content_graph import EVENTS, OnContentGraph


@dataclass(frozen=True)
class FusedScores:
    """Scores, and how each came about."""

    scores: FloatMatrix
    """[n_queries, n_items] float32, never NaN."""
    paths: NDArray[np.int8]
    """[n_queries, n_items]: codes into `PATHS`; see `path_names`."""
    made_of: tuple[list[Source], Blend] | None = None
    """What explanations take apart; kept where all queries were scored in one piece."""

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


class LateFusion(Recommender[LateFusionConfig]):
    """A weighted sum of sources, each standardised over the items it can score for the query.

    Formula: warm_qi = W sum_m w_m z_mqi / sum_m w_m over the sources m that can score item i for query q,
    with W the sum of all weights and, where factors by age are given, w_m times that of item i inside both
    sums; cold_qi = W (cold_scale sum_m c_m z_mqi / sum_m c_m + cold_offset) over
    the content that can, with its cold weights c; score_qi = (1 - s_i) warm_qi + s_i cold_qi with
    s_i = half_warm_events / (n_i + half_warm_events) and n_i the events of the item; s_i = 1 where content
    alone can score. Items that nothing can score stand below all others. Every score splits exactly over
    sources and history items; see `explain`. Cost: that of its members.
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, needs_history=False)

    members: dict[str, Recommender[Any]]
    """Name -> fitted model, in the order of the config."""
    n_events: IntVector
    """[n_items]: how many events each item has; empty: unknown, and every item with any is warm. Items
    beyond its end have none."""
    ages: FloatVector
    """[n_items]: days from each item's first event to the last of all; empty: unknown, and factors by age do
    not count. Items without events and beyond its end are as new."""

    def __init__(self, config: LateFusionConfig | None = None) -> None:
        super().__init__(config)
        self.n_events = np.zeros(0, dtype=np.int64)
        self.ages = np.zeros(0, dtype=np.float32)

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
        described = tuple(
            member_config(
                name,
                member,
                weight=float(weights.get(name, 0.0)),
                cold_weight=1.0 if cold_weights is None else float(cold_weights.get(name, 0.0)),
            )
            for name, member in members.items()
        )
        config = LateFusionConfig(members=described, fallback=fallback, cold_scale=cold_scale)
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
        return kind_of(self.members[name])

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the sources that explanations divide a member into: itself, and the blocks of its graph."""
        model = self.members[name]
        if not isinstance(model, OnContentGraph):
            return (name,)
        return (name, *(_source_of(name, block) for block, _ in model.weights))

    def fit(self, data: TrainingData, options: FitOptions = DEFAULT_OPTIONS) -> Self:
        """Fit every member as the config describes it; weights stay as they are."""
        members: dict[str, Recommender[Any]] = {}
        with options.progress.stage("fit", len(self.config.members), unit="models") as stage:
            for member in self.config.members:
                members[member.name] = make_model(member.model, member.settings).fit(data, options)
                stage.advance(note=member.name)
        if kind_of(members[self.config.fallback]) != "popularity":
            raise ConfigError(f"the fallback {self.config.fallback!r} needs a history", where=self.name)
        self.members = members
        self.n_events, self.ages = data.n_events, item_ages(data)
        return self

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the fused scores [n_queries, n_items] float32, never NaN."""
        return self.scored(queries).scores

    def scored(self, queries: QueryBatch) -> FusedScores:
        """Return the fused scores and how each came about."""
        self.require_fitted()
        step = block_rows(queries.history.shape[1])
        starts = range(0, max(len(queries), 1), step)
        if len(starts) == 1:
            sources, blended = self._blended(queries)
            return FusedScores(blended.scores, blended.paths, (sources, blended))
        blocks = [self._blended(queries.rows(start, start + step))[1] for start in starts]
        scores = np.concatenate([block.scores for block in blocks])
        return FusedScores(scores, np.concatenate([block.paths for block in blocks]))

    def paths(self, queries: QueryBatch) -> tuple[str, ...]:
        """Return how each query is answered [n_queries]: `fusion`, `content` or `popularity`."""
        return self.scored(queries).query_paths

    def _blended(self, queries: QueryBatch) -> tuple[list[Source], Blend]:
        sources: list[Source] = []
        fallback: ZScores | None = None
        for member in self.config.members:
            kind = self.kind(member.name)
            cold_weight = member.cold_weight if kind == "content" else 0.0
            is_fallback = member.name == self.config.fallback
            if member.weight or any(member.weights_by_history) or cold_weight or is_fallback:
                scores = zscores(self.members[member.name].score(queries))
                weight = self._weight(member, queries)
                factor = self._factor(member, queries.history.shape[1])
                sources.append(Source(member.name, kind, weight, cold_weight, scores, factor))
                fallback = scores if is_fallback else fallback
        assert fallback is not None  # noqa: S101 - the config holds it
        return sources, blend(sources, fallback, self._cold_rule(fallback.values.shape[1]))

    def _weight(self, member: Member, queries: QueryBatch) -> FloatVector:
        """Return the member's weight for each query [n_queries], or for all [1]."""
        if not member.weights_by_history:
            return np.asarray([member.weight], dtype=np.float32)
        lengths = np.diff(queries.history.indptr)
        found = log_interpolated(lengths, self.config.history_lengths, member.weights_by_history)
        return found.astype(np.float32)

    def _factor(self, member: Member, n_items: int) -> FloatVector | None:
        """Return what the member's weight is multiplied with for each item [n_items]; None: one."""
        if not member.factors_by_age or not len(self.ages):
            return None
        return factors_at(self.ages, n_items, self.config.item_ages, member.factors_by_age)

    def _cold_rule(self, n_items: int) -> ColdRule:
        half = self.config.half_warm_events
        share = None
        if half > 0 and len(self.n_events):
            counts = np.zeros(n_items, dtype=np.float32)
            counts[: len(self.n_events)] = self.n_events[:n_items]
            share = np.float32(half) / (counts + np.float32(half))
        return ColdRule(self.config.cold_scale, self.config.cold_offset, share)

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
        items = np.asarray(items, dtype=np.int64)
        history_items = query.history.indices.astype(np.int64)
        made_of = None if fused is None else fused.made_of
        sources, blended = made_of or self._blended(query)
        table = shares(sources, blended, 0)[:, items]
        through: dict[str, FloatMatrix] = {}
        by_part: dict[str, dict[str, FloatMatrix]] = {}
        direct: dict[str, FloatVector] = {}
        baseline = np.zeros(len(items), dtype=np.float32)
        for source, share in zip(sources, table, strict=True):
            model, scores = self.members[source.name], source.scores
            slope = share * np.float32(scores.inverse_spread[0])
            used = np.flatnonzero(slope)
            if not len(used):
                continue
            mean = np.float32(scores.mean[0])
            if model.traits.additive and source.kind != "popularity":
                history = model.weighed(query).history.data.astype(np.float32)
                asked = history, history_items, items[used]
                divided = {
                    name: _spread(part * slope[used], used, items)
                    for name, part in model.contributions_by_part(*asked).items()
                }
                if isinstance(model, OnContentGraph):
                    through |= {_source_of(source.name, part): table for part, table in divided.items()}
                else:
                    whole = model.contributions(*asked) * slope[used]
                    through[source.name] = _spread(whole, used, items)
                    by_part[source.name] = divided
                baseline[used] += slope[used] * (model.constants(items[used]) - mean)
            else:
                direct[source.name] = share * scores.values[0, items]
        if blended.shift is not None:
            baseline += blended.shift[0, items]
        unscored = ~np.broadcast_to(blended.scored, blended.scores.shape)[0, items]
        baseline[unscored] = blended.scores[0, items[unscored]]
        direct[BASELINE] = baseline
        return Explanation(history_items, items, through, direct, blended.scores[0, items], by_part)

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
        self.members = {
            member.name: make_model(member.model, member.settings).restore(part_of(state, position))
            for position, member in enumerate(self.config.members)
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


def _source_of(member: str, part: str) -> str:
    """Return the source that a part of a member on a content graph is: the member, or one for a block."""
    return member if part == EVENTS else f"{member}:{part}"


def _spread(parts: FloatMatrix, used: IntVector, items: IntVector) -> FloatMatrix:
    """Return [n_history, n_items]: `parts` [n_history, n_used] in the columns `used`, zeros elsewhere."""
    table = np.zeros((len(parts), len(items)), dtype=np.float32)
    table[:, used] = parts
    return table
