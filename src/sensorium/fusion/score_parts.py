"""The scores of a late fusion for one query, split exactly over sources and history items."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.fusion.blend import Blend, Source, shares
from sensorium.fusion.explanation import BASELINE, SECOND_LEVEL, Explanation
from sensorium.models.base import EVENTS, QueryBatch, Recommender


def block_source(member: str, block: str) -> str:
    """Return the source that a block of a member is which tells its blocks apart."""
    return f"{member}:{block}"


def split_scores(
    members: Mapping[str, Recommender[Any]],
    made_of: tuple[list[Source], Blend],
    query: QueryBatch,
    items: IntVector,
) -> Explanation:
    """Return the scores of `items` for the one row of `query`, split exactly.

    `made_of` are the sources and the blend of the query. What an additive member says splits over the
    history items, by block if it tells these apart; what another one says is a part of its own, and so is
    what a second level changes.
    """
    sources, blended = made_of
    history_items = query.history.indices.astype(np.int64)
    through: dict[str, FloatMatrix] = {}
    by_part: dict[str, dict[str, FloatMatrix]] = {}
    direct: dict[str, FloatVector] = {}
    baseline = np.zeros(len(items), dtype=np.float32)
    for source, share in zip(sources, shares(sources, blended, 0)[:, items], strict=True):
        model, scores = members[source.name], source.scores
        slope = share * np.float32(scores.inverse_spread[0])
        used = np.flatnonzero(slope)
        if not len(used):
            continue
        if model.traits.additive and source.kind != "popularity":
            parts = _Parts(model, query, history_items, items, slope)
            through |= parts.through(source.name)
            divided = parts.divided()
            if divided:
                by_part[source.name] = divided
            baseline[used] += slope[used] * (model.constants(items[used]) - np.float32(scores.mean[0]))
        else:
            direct[source.name] = share * scores.values[0, items]
    if blended.shift is not None:
        baseline += blended.shift[0, items]
    unscored = ~np.broadcast_to(blended.scored, blended.scores.shape)[0, items]
    baseline[unscored] = blended.scores[0, items[unscored]]
    if blended.reordered is not None:
        direct[SECOND_LEVEL] = blended.reordered.added_to(0, items)
        baseline[unscored] -= direct[SECOND_LEVEL][unscored]
    direct[BASELINE] = baseline
    return Explanation(history_items, items, through, direct, blended.scores[0, items], by_part)


class _Parts:
    """What one additive model adds through each history item, times the slope of its z-scores."""

    def __init__(
        self,
        model: Recommender[Any],
        query: QueryBatch,
        history_items: IntVector,
        items: IntVector,
        slope: FloatVector,
    ) -> None:
        self.model = model
        self._items = items
        self._used = np.flatnonzero(slope)
        self._slope = slope[self._used]
        history = model.weighed(query).history.data.astype(np.float32)
        self._asked = history, history_items, items[self._used]

    def through(self, name: str) -> dict[str, FloatMatrix]:
        """Return source -> [n_history, n_items]: the member `name`, and each block that it tells apart."""
        by_block = self.model.contributions_by_block(*self._asked)
        if not by_block:
            return {name: self._spread(self.model.contributions(*self._asked))}
        return {
            name if block == EVENTS else block_source(name, block): self._spread(part)
            for block, part in by_block.items()
        }

    def divided(self) -> dict[str, FloatMatrix]:
        """Return the named parts of a block -> [n_history, n_items]; empty where it does not divide."""
        parts = self.model.contributions_by_part(*self._asked)
        return {name: self._spread(part) for name, part in parts.items()}

    def _spread(self, parts: FloatMatrix) -> FloatMatrix:
        """Return [n_history, n_items]: `parts` [n_history, n_used] in their columns, zeros elsewhere."""
        table = np.zeros((len(parts), len(self._items)), dtype=np.float32)
        table[:, self._used] = parts * self._slope
        return table
