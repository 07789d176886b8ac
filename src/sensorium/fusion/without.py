"""A fusion without some of its sources: the other weights are renormalised, nothing is learnt anew."""

from collections.abc import Collection
from typing import Any

from sensorium.fusion.late import LateFusion
from sensorium.models.base import Recommender
from sensorium.models.on_content_graph import OnContentGraph


def without(fusion: LateFusion, names: Collection[str]) -> LateFusion:
    """Return the fitted `fusion` in which the sources `names` have no weight; it shares what is fitted.

    A member on a content graph loses only the blocks that are named, unless it is named itself. A fallback
    among them still orders what nothing else can score.
    """
    members = tuple(
        member.model_copy(
            update={"weight": 0.0, "cold_weight": 0.0, "weights_by_history": (), "factors_by_age": ()}
        )
        if member.name in names
        else member
        for member in fusion.config.members
    )
    config = fusion.config.model_copy(update={"members": members})
    fewer = {name: _reading_less(name, model, names) for name, model in fusion.members.items()}
    return LateFusion.fitted(config, fewer, fusion.n_events, fusion.ages)


def _reading_less(name: str, model: Recommender[Any], names: Collection[str]) -> Recommender[Any]:
    if not isinstance(model, OnContentGraph):
        return model
    left_out = [block for block, _ in model.weights if f"{name}:{block}" in names]
    return model.without_blocks(left_out) if left_out else model
