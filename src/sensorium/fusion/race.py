"""Racing: a setting is asked only as many queries as show that it falls behind the best so far."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.fusion.weights import lead
from sensorium.models.base import Recommender, ValidationData

FIRST = 300
"""Queries that every setting is asked; each further part is as large as all before it."""
BEHIND = 1.0
"""How many standard errors of the paired difference a setting is behind where it is asked no more."""


class Track:
    """Validation queries in a random order, in parts that grow; shared by all that are asked them."""

    def __init__(self, validation: ValidationData, seed: int) -> None:
        self.validation = validation
        self._seed = seed

    def __len__(self) -> int:
        return len(self.validation)

    @cached_property
    def parts(self) -> list[ValidationData]:
        """The parts, one after another."""
        n = len(self.validation)
        order = np.random.default_rng(self._seed).permutation(n)
        ends = [0, FIRST]
        while ends[-1] < n:
            ends.append(2 * ends[-1])
        if len(ends) > 2 and n - ends[-2] < FIRST:  # no part is smaller than the first
            del ends[-2]
        ends[-1] = n
        return [self.validation.rows(order[start:stop]) for start, stop in pairwise(ends)]


@dataclass(frozen=True)
class Finish:
    """How far a setting came."""

    reached: NDArray[np.float64]
    """[n_asked] NDCG@20 of the queries that it was asked, in the order of the track."""
    mean: float
    """NDCG@20 over all queries: where not all were asked, the best's and the distance to it."""


class Race:
    """The race of one model's settings; whoever comes first runs the whole track.

    Source: Maron and Moore 1994, "Hoeffding races"; paired differences as in Birattari et al. 2002, "A
    racing algorithm for configuring metaheuristics".
    """

    def __init__(self, track: Track) -> None:
        self._track = track
        self.best = Finish(np.zeros(0), 0.0)
        """The best that ran the whole track."""

    @property
    def validation(self) -> ValidationData:
        """The queries of the whole track."""
        return self._track.validation

    def run(self, model: Recommender[Any]) -> Finish:
        """Return how far a fitted model comes; it is the best from now on if it is ahead at the end."""
        known = self.best.reached
        reached = np.zeros(0)
        for part in self._track.parts:
            reached = np.append(reached, ndcg_of_queries(model, part))
            if len(known) > len(reached) and lead(reached, known[: len(reached)]) < -BEHIND:
                behind = float((reached - known[: len(reached)]).mean())
                return Finish(reached, max(self.best.mean + behind, 0.0))
        finish = Finish(reached, float(reached.mean()) if len(reached) else 0.0)
        if not len(known) or finish.mean > self.best.mean:
            self.best = finish
        return finish
