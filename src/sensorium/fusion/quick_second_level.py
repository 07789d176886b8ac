"""The second level of one query, of which only some items are scored."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.fusion.best_items import BestItems, ItemFacts
from sensorium.fusion.blend import Blend
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.second_level import SecondLevel
from sensorium.models.base import QueryBatch


@dataclass(frozen=True)
class QuickSecondLevel:
    """A second level, and the query that it orders the best items of."""

    second: SecondLevel
    query: QueryBatch
    facts: ItemFacts
    free: BoolVector
    """[n_items]: the items that may be among them."""

    @classmethod
    def of(cls, scorer: FusedScorer, query: QueryBatch) -> Self | None:
        """Return the second level of `scorer`; None where it has none, or the query has no history."""
        second, history = scorer.config.second_level, query.history
        if second is None or not history.nnz:
            return None
        facts = ItemFacts(scorer.n_events, scorer.ages)
        free = facts.events_of(history.shape[1]) > 0
        free[history.indices] = False
        return cls(second, query, facts, free)

    @property
    def least_scored(self) -> int:
        """How many of the free items are to be scored at least."""
        return 2 * self.second.depth

    def reorder(self, blended: Blend, items: IntVector) -> float:
        """Order the best of `items` [n], growing, anew, in the scores of `blended` [1, n].

        Return what an item beyond them must exceed to be among them; minus infinity where all of them are.
        """
        by_name = {source.name: source for source in blended.sources}
        told = [by_name[name] for name in self.second.sources]
        history, depth = self.query.history, self.second.depth
        best = BestItems.of(told, blended.scores, history, self.facts, depth, columns=items)
        self.second.ordered(best).put_into(blended.scores)
        return float(best.scores.min()) if best.real.all() else -np.inf
