"""Which models suit the data, and what they weigh when there is nothing to tune on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.fusion.blend import Kind, kind_of
from sensorium.fusion.late import LateFusion
from sensorium.models.base import Recommender, TrainingData
from sensorium.models.registry import make_model, model_types


@dataclass(frozen=True)
class Wanted:
    """A member to fit."""

    name: str
    """Its name in the fusion: the block for content, else the model."""
    model: str
    """The name of the model."""
    settings: Mapping[str, Any]
    """The settings that are given, not searched."""

    @property
    def kind(self) -> Kind:
        """What the model reads."""
        return kind_of(make_model(self.model, self.settings))


def suitable(data: TrainingData, *, max_dense_items: int) -> tuple[list[Wanted], dict[str, str]]:
    """Return the members that suit `data`, and model or block -> why it is left out.

    Cheap ones come first, so that the time they leave goes to the others.
    """
    wanted = [Wanted("popularity", "popularity", {})]
    left_out: dict[str, str] = {}
    if data.times is None:
        left_out["recent-popularity"] = "events have no times"
    else:
        wanted.append(Wanted("recent-popularity", "recent-popularity", {}))
    # To find the nearest of each item costs n_items^2; to count all of them costs nothing.
    limited = {} if data.n_items <= max_dense_items else {"neighbours": None}
    for name, block in data.blocks.items():
        if block.present.any():
            wanted.append(Wanted(name, "content-knn", {"block": name, **limited}))
        else:
            left_out[name] = "no item has it"
    for model in ("user-knn", "item-knn", "rp3", "ease"):
        if model_types()[model].traits.dense_items and data.n_items > max_dense_items:
            left_out[model] = f"{data.n_items:,} items are more than {max_dense_items:,}"
        else:
            wanted.append(Wanted(model, model, {}))
    return wanted, left_out


FIXED_WEIGHTS: Mapping[str, float] = {
    "ease": 0.3,
    "rp3": 0.2,
    "user-knn": 0.1,
    "item-knn": 0.1,
    "popularity": 0.2,
    "recent-popularity": 0.2,
}
"""Weights by model where there is nothing to learn them from."""
FIXED_CONTENT = 0.2
"""The weight of all content together."""


def with_fixed_weights(members: Mapping[str, Recommender[Any]], fallback: str) -> LateFusion:
    """Return a fusion of fitted `members` under weights that suit most data."""
    n_content = sum(kind_of(member) == "content" for member in members.values())
    weights = {
        name: FIXED_CONTENT / n_content if kind_of(member) == "content" else FIXED_WEIGHTS[member.name]
        for name, member in members.items()
    }
    return LateFusion.from_members(members, weights, fallback=fallback)
