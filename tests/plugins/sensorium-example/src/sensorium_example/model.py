"""Same stride: who read every third volume goes on in the same stride."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from sensorium import FeatureBlock
from sensorium.models import (
    Config,
    FitOptions,
    LogBetween,
    QueryBatch,
    Recommender,
    TrainingData,
    Traits,
    lengthened,
)


class SameStrideConfig(Config):
    """How exactly the stride is kept."""

    width: PositiveFloat = 0.5
    """Places beside the expected item at which the score is halved."""


class SameStride(Recommender[SameStrideConfig]):
    """The item that follows the last two in the order of the catalogue, which closes in a circle.

    Formula: score_i = 1 / (1 + |i - (b + (b - a))| / width) for the last items a and b. Cost: one pass.
    """

    traits: ClassVar[Traits] = Traits(needs_time=True)
    space: ClassVar[Mapping[str, LogBetween]] = {"width": LogBetween(0.1, 5.0)}

    seen: NDArray[np.bool_]
    """[n_items]: items with events; the others, and those appended later, get NaN."""
    n_learnt: int
    """Items of the circle: those that were there at the fit."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Remember which items have events."""
        del options
        self.seen, self.n_learnt = data.seen_items, data.n_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    def _score(self, queries: QueryBatch) -> NDArray[np.float32]:
        """Return [n_queries, n_items]; NaN without a history."""
        history, n_items = queries.history, len(self.seen)
        scores = np.full((len(queries), n_items), np.nan, dtype=np.float32)
        for row in np.flatnonzero(np.diff(history.indptr)):
            entries = slice(history.indptr[row], history.indptr[row + 1])
            items = history.indices[entries].astype(np.int64)
            if queries.times is not None:
                items = items[np.argsort(queries.times.data[entries], kind="stable")]
            stride = items[-1] - items[-2] if len(items) > 1 else 1
            away = (np.arange(n_items) - items[-1] - stride) % self.n_learnt
            near = 1 / (1 + np.minimum(away, self.n_learnt - away) / self.config.width)
            scores[row, self.seen] = near[self.seen]
        return scores

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items."""
        longer = type(self)(self.config)
        longer.n_learnt = self.n_learnt
        longer.seen = lengthened(self.seen, blocks, fill=False)
        return longer
