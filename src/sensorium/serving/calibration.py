"""What a similarity means: how far it is above what chance reaches, from 0 to 1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.roles import Role
from sensorium.features.block import FeatureBlock

CLOSE = 0.5
"""From which score on something matches."""
_SAMPLE = 256
_CHANCE, _OWN = 0.95, (0.05, 0.25)
_PAIRS, _TYPICAL = 0.99, 0.5
_ALMOST_ONE = 0.999


@dataclass(frozen=True)
class BlockReach:
    """What similarities in one feature block reach by chance."""

    usual: float
    """The median of two items drawn at random."""
    neighbour: float
    """What 99 in 100 random pairs of items do not reach, but at most half of what the nearest neighbour of an
    item typically has: below it, items are not similar."""
    own: tuple[float, float]
    """What the nearest neighbours of 95 and of 75 in 100 items reach."""
    by_chance: Mapping[str, float] = field(default_factory=dict[str, float])
    """Modality of a query -> what 95 in 100 unrelated queries do not reach with any item."""

    @classmethod
    def of(cls, block: FeatureBlock) -> Self:
        """Return what is known from the items of `block` alone; its rows are of unit length."""
        rows = block.values[block.present]
        if len(rows) < 2:
            return cls(0.0, 0.0, (_ALMOST_ONE, _ALMOST_ONE))
        rng = np.random.default_rng(0)
        sample = rng.choice(len(rows), min(len(rows), _SAMPLE), replace=False)
        pairs = rows[sample] @ rows.T
        pairs[np.arange(len(sample)), sample] = -np.inf
        nearest = pairs.max(axis=1)
        others = pairs[np.isfinite(pairs)]
        typical = float(np.median(nearest))
        neighbour = min(float(np.quantile(others, _PAIRS)), _TYPICAL * typical)
        least, most = np.quantile(nearest, _OWN).tolist()
        return cls(float(np.median(others)), max(neighbour, 0.0), (least, most))

    def close(self, modality: str) -> float:
        """Return from which similarity on an item is close to a query of `modality`.

        Of words it is what unrelated ones reach by chance. So it is of media, but not so low that more than
        95 in 100 of the own items have something close, since pictures of other things would then have, too,
        nor so high that it is less than 75: where chance reaches as much, the features cannot tell.
        """
        chance = self.by_chance.get(modality, self.own[0])
        limit = chance if modality == Role.TEXT.value else float(np.clip(chance, *self.own))
        return float(np.clip(limit, self.usual + 1 - _ALMOST_ONE, _ALMOST_ONE))

    def scores(self, similarities: FloatVector, modality: str) -> FloatVector:
        """Return scores from 0 to 1 [n]: 0 what two items usually have, `CLOSE` at `close`, 1 the same."""
        close = self.close(modality)
        knots = [self.usual, close, 1.0] if self.usual < close else [close - 1e-3, close, 1.0]
        found = np.interp(similarities, knots, [0.0, CLOSE, 1.0]).astype(np.float32)
        return np.where(np.isfinite(similarities), found, np.float32(np.nan))

    def with_queries(self, modality: str, rows: FloatMatrix, block: FeatureBlock) -> Self:
        """Return it with what unrelated queries, `rows` [n, d], reach."""
        items = block.values[block.present]
        if not len(rows) or not len(items):
            return self
        best = (rows @ items.T).max(axis=1)
        found = {**self.by_chance, modality: float(np.quantile(best, _CHANCE))}
        return type(self)(self.usual, self.neighbour, self.own, found)

    def to_json(self) -> dict[str, Any]:
        """Return the limits by name."""
        return {
            "usual": self.usual,
            "neighbour": self.neighbour,
            "own": list(self.own),
            "by_chance": dict(self.by_chance),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(value["usual"], value["neighbour"], (value["own"][0], value["own"][1]), value["by_chance"])
