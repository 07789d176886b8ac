"""Circumstances: what is chosen at such an hour, on such a device, at such a place more often than else."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveFloat

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.core.config import Config
from sensorium.core.errors import NotReadyError
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import FitOptions, QueryBatch, Recommender, Size, TrainingData, Traits
from sensorium.models.search_space import LogBetween, Space
from sensorium.models.shared.lifts import known_rows, log_lifts
from sensorium.models.shared.masking import blanked, lengthened

CIRCUMSTANCES = "circumstances"
"""What the model reads of `QueryBatch.about`."""


class CircumstancesConfig(Config):
    """How far circumstances are trusted."""

    smoothing: PositiveFloat = 30.0
    """Choices at the rate of all circumstances that are added to those of each item."""


class Circumstances(Recommender[CircumstancesConfig]):
    """How much more often an item is chosen under the query's circumstances than under others.

    Formula: score_i = sum_c q_c log((n_ci + smoothing p_c) / ((m_i + smoothing) p_c)), with n_ci the choices
    of item i under condition c, m_i their sum over all conditions, p_c the share of condition c in all
    choices, and q the conditions of the query. It re-weighs what others say and ranks nothing by itself.
    Cost: one pass over the events; a matrix of conditions by items is kept. Queries without circumstances
    get no scores. Source: contextual pre-filtering as in Adomavicius and Tuzhilin 2011, "Context-aware
    recommender systems", smoothed instead of filtered.
    """

    traits: ClassVar[Traits] = Traits(about=CIRCUMSTANCES)
    space: ClassVar[Mapping[str, Space]] = {"smoothing": LogBetween(3.0, 300.0)}

    lifts: FloatMatrix
    """[n_conditions, n_items] float32: their logarithms."""
    seen: BoolVector
    """[n_items]: items with events; the others get NaN."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Count what was chosen when."""
        del options
        if data.circumstances is None:
            raise NotReadyError(
                f"{self.name} needs the circumstances of events",
                remedy='Name them: context=["hour", "device"], or `context` in [events]',
            )
        self.lifts = log_lifts(data.circumstances, self.config.smoothing)
        self.seen = data.seen_items

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items with events [n_items]."""
        return self.seen

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for unseen items and for queries without circumstances."""
        conditions, told = known_rows(queries, CIRCUMSTANCES, len(self.lifts))
        scores = np.asarray(conditions @ self.lifts, dtype=np.float32)
        return blanked(scores, rows=told, items=self.seen)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that answers NaN for the new items."""
        longer = type(self)(self.config)
        longer.lifts, longer.seen = self.lifts, lengthened(self.seen, blocks, fill=False)
        return longer

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of counting events under each condition."""
        del again
        return cost.LEAST + 5 * cost.one_pass(size)
