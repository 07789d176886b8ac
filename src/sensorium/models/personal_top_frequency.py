"""Personal top frequency: what this user met most often and lately, to be met again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat
from scipy import sparse

from sensorium.core.sparse import with_data
from sensorium.models import cost
from sensorium.models.base import AutoPolicy, FitOptions, QueryBatch, Size, TrainingData, Traits
from sensorium.models.search_space import Between, OneOf, Space
from sensorium.models.shared.item_to_item import ItemToItem
from sensorium.models.shared.recency import RecencyConfig, fade_history


class PersonalTopFrequencyConfig(RecencyConfig):
    """What counts more: how often an item was met, or how lately."""

    half_life_items: PositiveFloat | None = 100.0
    """An item of the history that this many later ones follow counts half; None: all count alike."""
    frequency_exponent: NonNegativeFloat = 1.0
    """An item that was met n times counts n^frequency_exponent; 0: how often plays no part."""
    power: PositiveFloat = 0.25
    """What the score is raised to. It changes no order; the smaller, the more an item that was met once
    stands apart from those never met, where scores are added to those of other sources."""


class PersonalTopFrequency(ItemToItem[PersonalTopFrequencyConfig]):
    """The user's own items, by how often and how lately they were met; for what people come back to.

    Formula: score_qi = (x_qi n_qi^frequency_exponent 2^(-later_i/half_life_items - days_i/half_life_days))^p
    for the items of the history, met n times, with p the `power`, and 0 for all others; what a user is
    against keeps its sign. Cost: one pass over the history. It is of use only where items that were met may
    come again. Source: personal top frequency (P-TopFreq) as in Hu et al. 2020, "Modeling personalized item
    frequency information for next-basket recommendation", with the recency of Anderson et al. 2014, "The
    dynamics of repeat consumption".
    """

    traits: ClassVar[Traits] = Traits(additive=True, counts_events=True, needs_repeats=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=2, untuned_weight=0.2)
    space: ClassVar[Mapping[str, Space]] = {
        "frequency_exponent": Between(0.0, 2.0),
        "half_life_items": OneOf((None, 3.0, 10.0, 30.0, 100.0, 300.0), needs_times=True),
        "half_life_days": OneOf((None, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0), needs_times=True),
    }

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Let each item speak for itself alone."""
        del options
        self.weights = sparse.csr_array(sparse.diags_array(np.ones(data.n_items, dtype=np.float32)))
        self.seen = data.seen_items

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` whose histories hold the scores of their items."""
        if queries.frequency is not None:
            often = queries.frequency.data ** np.float32(self.config.frequency_exponent)
            history = with_data(queries.history, (queries.history.data * often).astype(np.float32))
            queries = replace(queries, history=history)
        history = fade_history(queries, self.config).history
        scores = np.sign(history.data) * np.abs(history.data) ** np.float32(self.config.power)
        return replace(queries, history=with_data(history, scores.astype(np.float32)))

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of one pass."""
        del again
        return cost.LEAST + cost.one_pass(size)
