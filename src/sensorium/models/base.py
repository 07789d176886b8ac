"""What every recommender is: what it declares, and what can be asked of it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias, cast

import numpy as np
from pydantic import Field, NonNegativeFloat

from sensorium.core.arguments import as_length
from sensorium.core.arrays import FloatMatrix, FloatVector, IntMatrix, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.component import Component, ConfigT, State
from sensorium.core.config import Config
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.best_items import best_items
from sensorium.models.cost import Size
from sensorium.models.data import (
    DEFAULT_OPTIONS,
    FactorScores,
    FitOptions,
    QueryBatch,
    TrainingData,
    ValidationData,
)
from sensorium.models.search_space import KnownSettings, Space
from sensorium.models.short_forms import ShortForms

__all__ = [
    "DEFAULT_OPTIONS",
    "EVENTS",
    "AutoPolicy",
    "BlocksConfig",
    "Declaration",
    "FactorScores",
    "FitOptions",
    "Kind",
    "QueryBatch",
    "Recommender",
    "Scorer",
    "Size",
    "TrainingData",
    "Traits",
    "ValidationData",
]

Kind: TypeAlias = Literal["behaviour", "content", "popularity", "profile"]
"""What a source reads: the events behind a history, the content of its items, no history at all, or what
else is known of who asks."""

EVENTS = "events"
"""The part of a contribution that no content passed on; see `Recommender.contributions_by_block`."""


@dataclass(frozen=True)
class Traits:
    """What a recommender declares; read by tests, fusion, command line and report."""

    cold_users: bool = True
    """Scores a user never seen in training from the history in the query."""
    cold_items: bool = False
    """Scores items without any event, mostly from their content; if not, they get NaN."""
    additive: bool = False
    """`score` is a constant plus one contribution for each history item; see `contributions`."""
    needs_history: bool = True
    """Without a history all scores are NaN."""
    needs_time: bool = False
    """Needs events with timestamps."""
    needs_ratings: bool = False
    """Predicts the value of an event rather than ranks."""
    needs_repeats: bool = False
    """Is of use only where what a user met may be recommended again: see `TrainingData.frequency`."""
    block: bool = False
    """Reads one feature block, which its setting `block` names."""
    blocks: bool = False
    """Reads all feature blocks, or those that its setting `blocks` names, and mixes them."""
    weighs_blocks: bool = False
    """Has the setting `blocks` of `BlocksConfig`: block name -> weight."""
    learns_from_events: bool = True
    """Events change its scores; if not, it knows content alone, and a fit on other events gives the same."""
    counts_events: bool = False
    """A fit is one pass of counting: new events are taken in by fitting anew, at once and exactly."""
    dense_items: bool = False
    """Holds a dense [n_items, n_items] matrix."""
    about: str = ""
    """What of `QueryBatch.about` it reads instead of a history, such as `attributes`; empty: nothing."""

    fuses: bool = False
    """Is put together from the models that its setting `members` names: no model by itself."""

    @property
    def kind(self) -> Kind:
        """What the model reads: behaviour, content, what is known of who asks, or nothing: popularity."""
        if self.about:
            return "profile"
        if not self.needs_history:
            return "popularity"
        return "content" if self.cold_items else "behaviour"


@dataclass(frozen=True)
class AutoPolicy:
    """How `auto` treats a model."""

    left_out: str = ""
    """Why `auto` never takes it by itself; empty: it does, wherever the data suits it."""
    is_mentioned: bool = True
    """Whether a fit says why it was left out; not where `auto` itself does what the model does."""
    turn: int = 100
    """Low turns come first and get the memory where it does not do for all; equal ones go by name."""
    untuned_weight: float = 0.0
    """Its weight where there is nothing to tune on; at zero it is not fitted then. Content shares one."""
    like: str = ""
    """A model whose chosen settings it takes rather than being searched: it is fitted once, after it."""
    halved: str = ""
    """A whole number among its settings that is halved while that one fit would take too long."""
    named_by_block: bool = False
    """Its sources bear the names of their blocks alone, and a block named as a model means it. One does."""


class BlocksConfig(Config):
    """Which feature blocks count, and how much; the one setting of all models that weigh blocks."""

    blocks: Mapping[str, NonNegativeFloat] = Field(default_factory=dict[str, float])
    """Block name -> weight; empty: every block counts 1."""


@dataclass(frozen=True)
class Declaration:
    """What must be known of whatever scores, beside its scores."""

    name: str
    """The name of the model."""
    config: Config
    """Its settings."""
    traits: Traits
    """What it can do."""


class Scorer(Protocol):
    """What can be judged and fused: a fitted model, or what answers like one."""

    @property
    def declaration(self) -> Declaration:
        """What it is."""
        ...

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items] float32; NaN where it cannot score."""
        ...


class Recommender(Component[ConfigT], ShortForms, ABC):
    """Scores every item for every query, and ranks them. Filters and ids are not its business."""

    traits: ClassVar[Traits] = Traits()
    space: ClassVar[Mapping[str, Space]] = {}
    """What each setting that matters is searched in, by name; the default lies inside."""
    portfolio: ClassVar[Sequence[KnownSettings]] = ()
    """Settings that did well on other data, tried before any are drawn."""
    auto: ClassVar[AutoPolicy] = AutoPolicy()

    @property
    def declaration(self) -> Declaration:
        """What the model is: its name, settings and traits."""
        return Declaration(self.name, self.config, self.traits)

    def fit(self, data: TrainingData | SparseMatrix, options: FitOptions = DEFAULT_OPTIONS) -> Self:
        """Learn from `data`, forget what was learnt before, and return self.

        Parameters
        ----------
        data
            What to learn from. A SciPy sparse matrix [n_users, n_items] will do for a model of events alone:
            how much each user liked each item, or how it was rated where the model predicts ratings.
        options
            How to run the fit, the seed among it.
        """
        if not isinstance(data, TrainingData):
            data = TrainingData.of_matrix(data, rated=self.traits.needs_ratings, where=f"{self.name}.fit")
        self._forget_derived()
        self._fit(data, options)
        return self

    def score(self, queries: QueryBatch | SparseMatrix) -> FloatMatrix:
        """Return [n_queries, n_items] float32; NaN where the model cannot score.

        Parameters
        ----------
        queries
            Who asks. A SciPy sparse matrix [n_queries, n_items] stands for as many new users: what each one
            liked (above zero) or disliked (below zero), or how it was rated where the model predicts ratings.
        """
        self.require_fitted()
        return self._score(self._asked(queries, "score"))

    def recommend(
        self, queries: QueryBatch | SparseMatrix, k: int = 10, *, exclude_seen: bool = True
    ) -> tuple[IntMatrix, FloatMatrix]:
        """Return the best `k` items of each query and their scores, best first; ties by lower index.

        Parameters
        ----------
        queries
            As for `score`.
        k
            Number of items for each query.
        exclude_seen
            Whether what a query's history holds is left out.

        Returns
        -------
        indices [n_queries, k] int64, -1 where there are fewer; scores [n_queries, k] float32, NaN there.
        """
        self.require_fitted()
        k, asked = as_length(k), self._asked(queries, "recommend")
        return best_items(self, asked, k, exclude=asked.history if exclude_seen else None)

    def restore(self, state: State) -> Self:
        """Set the learned attributes from `state` and return self."""
        self._forget_derived()
        return super().restore(state)

    def _forget_derived(self) -> None:
        """Drop the cached properties: what was worked out from what was learnt before."""
        for name in _derived_attributes(type(self)).intersection(vars(self)):
            delattr(self, name)

    @abstractmethod
    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Set all learned attributes."""

    @abstractmethod
    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return what `score` does; the model is fitted."""

    @property
    @abstractmethod
    def n_items(self) -> int:
        """The number of items that a fitted model answers for."""

    def _asked(self, queries: QueryBatch | SparseMatrix, method: str) -> QueryBatch:
        """Return `queries`, or those that a matrix stands for."""
        if isinstance(queries, QueryBatch):
            return queries
        where = f"{self.name}.{method}"
        rated = self.traits.needs_ratings
        return QueryBatch.of_matrix(queries, n_items=self.n_items, rated=rated, where=where)

    def factor_scores(self, queries: QueryBatch) -> FactorScores | None:
        """Return what `score` does as products of vectors; None for a model whose scores are no products."""
        del queries
        return None

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with the history values that `contributions` takes; times may weigh them."""
        return queries

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return [n_history, n_items_asked] float32: what each history item adds to each score.

        Only for `traits.additive`. `history` [n_history] holds the values that `weighed` gives the
        `history_items` [n_history] of the query. The column sums plus `constants(items)` equal `score`.
        """
        del history, history_items, items
        raise TypeError(f"{self.name} is not additive")

    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` divided by the named parts of the block; empty where they do not divide."""
        del history, history_items, items
        return {}

    def contributions_by_block(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` divided by what passed them on: `EVENTS` and the `separable_blocks`.

        Empty where there are none.
        """
        del history, history_items, items
        return {}

    def constants(self, items: IntVector) -> FloatVector:
        """Return [n_items_asked] float32: the part of the score that does not depend on the history."""
        return np.zeros(len(items), dtype=np.float32)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that also scores the items appended to `blocks`, without refitting.

        `blocks` hold all items, old ones first. A model without `traits.cold_items` answers NaN
        for the new ones.
        """
        del blocks
        raise TypeError(f"{self.name} cannot take new items; refit")

    def reads_blocks(self) -> tuple[BlockName, ...] | None:
        """Return the feature blocks that a fit reads; None: all that the data holds."""
        if self.traits.block:
            return (BlockName(cast("Any", self.config).block),)
        if self.traits.weighs_blocks:
            weights = cast("BlocksConfig", self.config).blocks
            return tuple(BlockName(name) for name, weight in weights.items() if weight) if weights else None
        return None if self.traits.blocks else ()

    def reads(self, block: str) -> bool:
        """Return whether a fit reads `block` where the data holds it."""
        blocks = self.reads_blocks()
        return blocks is None or block in blocks

    def with_blocks(self, weights: Mapping[str, float]) -> Self:
        """Return an unfitted model like this one under `weights` of blocks, where it weighs them."""
        changes = {"blocks": dict(weights)} if self.traits.weighs_blocks else {}
        return type(self)(self.config.model_copy(update=changes))

    def without_blocks(self, names: Collection[str]) -> Self | None:
        """Return an unfitted model like this one that asks for no block in `names`; None if nothing is left.

        `names` hold blocks or modalities. A model that reads all there is reads what the data holds: see
        `TrainingData.without_blocks`.
        """
        blocks = self.reads_blocks()
        if not blocks or not any(block.is_in(names) for block in blocks):
            return type(self)(self.config)
        if not self.traits.weighs_blocks or all(block.is_in(names) for block in blocks):
            return None
        weights = cast("BlocksConfig", self.config).blocks
        return self.with_blocks({name: weights[name] for name in blocks if not name.is_in(names)})

    def separable_blocks(self) -> tuple[BlockName, ...]:
        """Return the blocks that a fitted model can tell apart, each a source of its own in explanations."""
        return ()

    def forget_blocks(self, names: Collection[str]) -> Self:
        """Return the fitted model that a fit without the `separable_blocks` in `names` would give."""
        del names
        raise TypeError(f"{self.name} cannot tell blocks apart; refit")

    def n_dense(self, size: Size) -> int:
        """Return of how many items it holds a dense float32 matrix [n, n]; 0 where it holds none."""
        return size.n_items if self.traits.dense_items else 0

    @classmethod
    def part_within(cls, size: Size, memory_bytes: float, seconds: float) -> Mapping[str, Any] | None:
        """Return the settings under which a fit learns the largest part that keeps within both.

        Empty where that is all of it; None where the model does not learn a part, or none is worth it.
        `memory_bytes` is for the one matrix that `n_dense` is about, `seconds` for one fit as `fit_cost`
        counts them.
        """
        del size, memory_bytes, seconds
        return None

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return about how many seconds a fit takes on two slow cores; see `models.cost`.

        `again`: on data that another one of its kind was fitted on, which remembers what both need.
        """
        del again
        if self.traits.dense_items:
            return cost.LEAST + cost.dense_inverse(size, self.n_dense(size))
        return cost.LEAST + (cost.one_pass(size) if self.traits.block else cost.low_rank(size))

    def score_cost(self, size: Size) -> float:
        """Return about how many seconds it takes to score all queries on two slow cores."""
        if self.traits.dense_items:
            return cost.dense_rows(size, self.n_dense(size))
        return cost.dense_products(size, size.n_columns(self.reads_blocks()) if self.traits.block else 0)


@cache
def _derived_attributes(model: type[Recommender[Any]]) -> frozenset[str]:
    """Return the names of the cached properties of a model."""
    members = (item for kind in model.__mro__ for item in vars(kind).items())
    return frozenset(name for name, member in members if isinstance(member, cached_property))
