"""Popularity: what most people like, over all time or lately. The baseline that every model must beat."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveFloat

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.component import ConfigT
from sensorium.core.config import Config
from sensorium.core.errors import NotReadyError
from sensorium.core.units import DAY_S
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import (
    AutoPolicy,
    FitOptions,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.masking import lengthened


class SameForAll(Recommender[ConfigT]):
    """Scores each item with one number that is the same for every query."""

    popularity: FloatVector
    """[n_items] float32; NaN for items without any event, about which counting knows nothing."""

    @abstractmethod
    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Set `popularity`."""

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.popularity)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the popularity of every item, once for each query [n_queries, n_items]."""
        return np.repeat(self.popularity[None, :], len(queries), axis=0)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return zeros: the history plays no part."""
        del history
        return np.zeros((len(history_items), len(items)), dtype=np.float32)

    def constants(self, items: IntVector) -> FloatVector:
        """Return the popularity of `items`."""
        return self.popularity[items]

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model in which the new items are not scored."""
        longer = type(self)(self.config)
        longer.popularity = lengthened(self.popularity, blocks, fill=np.nan)
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of one pass."""
        del again
        return cost.LEAST + cost.one_pass(size)


class PopularityConfig(Config):
    """Popularity has no settings."""


class Popularity(SameForAll[PopularityConfig]):
    """The number of events of each item, or the sum of their weights.

    Formula: score_i = sum_u X_ui. Cost: one pass over the events.
    """

    traits: ClassVar[Traits] = Traits(additive=True, needs_history=False, counts_events=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=0, untuned_weight=0.2)

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Count the events of each item."""
        del options
        counts = np.asarray(data.interactions.sum(axis=0), dtype=np.float32).ravel()
        self.popularity = np.where(data.seen_items, counts, np.float32(np.nan))


class RecentPopularityConfig(Config):
    """How fast the past fades."""

    half_life_days: PositiveFloat = 30.0
    """An event this many days before the last one counts half."""


class RecentPopularity(SameForAll[RecentPopularityConfig]):
    """The number of events of each item, each fading with its age.

    Formula: score_i = sum_u X_ui 2^(-(t_last - t_ui) / half_life). Cost: one pass over the events.
    Events without a time count as if they were the oldest.
    """

    traits: ClassVar[Traits] = Traits(additive=True, needs_history=False, needs_time=True, counts_events=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=1, untuned_weight=0.2)
    space: ClassVar[Mapping[str, Space]] = {"half_life_days": LogBetween(0.5, 1000.0)}

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Sum the faded events of each item."""
        del options
        if data.times is None:
            raise NotReadyError(
                f"{self.name} needs the times of events",
                remedy="Give events a timestamp column, or use popularity",
            )
        times = np.asarray(data.times.data, dtype=np.float64)
        known = times[np.isfinite(times)]
        last, first = (known.max(), known.min()) if len(known) else (0.0, 0.0)
        age_days = (last - np.where(np.isfinite(times), times, first)) / DAY_S
        faded = data.interactions.data * np.exp2(-age_days / self.config.half_life_days)
        sums = np.bincount(data.interactions.indices, weights=faded, minlength=data.n_items)
        self.popularity = np.where(data.seen_items, sums, np.nan).astype(np.float32)
