"""Popularity: what most people like, over all time or lately. The baseline that every model must beat."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.component import ConfigT
from sensorium.core.config import Config
from sensorium.core.crowd import crowd_size
from sensorium.core.errors import NotReadyError
from sensorium.core.log_clock import Span
from sensorium.core.sparse import entry_rows
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
from sensorium.models.shared.recency import data_span

ALL_TIME_EVENTS = 100.0
"""What all-time popularity counts beneath recent popularity: so many events, spread as all events are."""
MOST_LEAST = 0.1
"""What an event counts at least, however old, in a log so small that the above would be more."""


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

    @property
    def able_items(self) -> BoolVector:
        """Which items are counted [n_items]."""
        return ~np.isnan(self.popularity)

    def is_same_for_all(self) -> bool:
        """Return true."""
        return True

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
    """An event this many days before the end of the log counts half."""


class RecentPopularity(SameForAll[RecentPopularityConfig]):
    """The number of events of each item, each fading with its age; all-time popularity where few are recent.

    Formula: score_i = sum_u X_ui (c_u 2^(-max(t_end - t_ui, 0) / half_life) + least), with least =
    min(`ALL_TIME_EVENTS` / events, `MOST_LEAST`) and c_u <= 1 such that no user's faded events are more than
    those of the user who is 1% from the top. The log ends, at t_end, where 1% of its users have been or came
    later: see `core.log_clock`. So neither one wrong date nor a thousand events of one user move what others
    see by much. Events without a time count as if they were the oldest. Cost: one pass over the events.
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
        span = data_span(data) or Span(0.0, 0.0)
        age_days = np.maximum(span.end - np.where(np.isfinite(times), times, span.begin), 0) / DAY_S
        weights = data.interactions.data
        faded = capped(
            weights * np.exp2(-age_days / self.config.half_life_days),
            entry_rows(data.interactions),
            data.n_users,
        )
        faded += weights * min(ALL_TIME_EVENTS / max(len(weights), 1), MOST_LEAST)
        sums = np.bincount(data.interactions.indices, weights=faded, minlength=data.n_items)
        self.popularity = np.where(data.seen_items, sums, np.nan).astype(np.float32)


def capped(values: NDArray[np.float64], users: IntVector, n_users: int) -> NDArray[np.float64]:
    """Return `values` [n_events] >= 0, scaled down so that no user's sum is more than that of a crowd's last.

    The crowd are the first `crowd_size` of those who have any, ranked by their sums, the largest first.
    """
    sums = np.bincount(users, weights=values, minlength=n_users)
    there = sums[sums > 0]
    if not len(there):
        return values
    place = len(there) - crowd_size(len(there))
    most = np.partition(there, place)[place]
    return values * (most / np.maximum(sums, most))[users]
