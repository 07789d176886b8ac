"""Which models suit the data, and what they weigh when there is nothing to tune on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.fusion.blend import Kind, kind_of
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.trial_cost import Size, column_counts, fit_seconds
from sensorium.models.base import Recommender, TrainingData
from sensorium.models.content_knn import ContentKnn
from sensorium.models.registry import BUILT_IN, make_model, model_types


@dataclass(frozen=True)
class MemberSpec:
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


@dataclass(frozen=True)
class Limits:
    """What a member may take."""

    memory_bytes: float
    """For all dense [n_items, n_items] matrices together, those at work included."""
    dense_items: int
    """Beyond this many items nothing that costs n_items^2 is done."""
    fit_seconds: float
    """For one fit, on two slow cores."""


FIRST = (
    "popularity",
    "recent-popularity",
    ContentKnn.name,
    "user-knn",
    "item-knn",
    "rp3",
    "graph-filter",
    "ease",
)
"""Who is asked first, and so gets the memory where it does not do for all; the others follow by name."""
ONLY_IF_ASKED: Mapping[str, str] = {
    "late-fusion": "it is what the members are put into",
    "multimodal-knn": "each block is a member of its own",
    "joint-content": "only if asked for: its blocks do as well on their own",
    "bpr": "only if asked for: it takes long and others rank better",
    "vbpr": "only if asked for: it takes long and others rank better",
}
"""Models that `auto` never takes, and why."""
SILENT = ("late-fusion", "multimodal-knn")
"""Those of them of which nothing is said: what they do, `auto` does."""
WORKING = 1.5
"""Dense matrices beside those kept, while one more is fitted."""


def select_members(data: TrainingData, limits: Limits) -> tuple[list[MemberSpec], dict[str, str]]:
    """Return the members that suit `data`, and model or block -> why it is left out.

    By what each model declares: needs times, reads a block, holds a dense matrix; and by what a fit costs.
    """
    size = Size.of(data)
    wanted: list[MemberSpec] = []
    left_out = {name: "no item has it" for name, block in data.blocks.items() if not block.present.any()}
    room = limits.memory_bytes / max(size.dense_bytes(), 1) - WORKING
    for model in built_in():
        why = _unsuited(model, data, size, limits, room)
        if why:
            left_out[model.name] = why
            continue
        for member in _members(model, data, left_out, limits):
            seconds = fit_seconds(model, member.settings, size, column_counts(model, data, member.settings))
            if seconds > limits.fit_seconds:
                left_out[member.name] = f"one fit may take {seconds:,.0f} s, more than the time allows"
            elif model.traits.dense_items and room < 1:
                left_out[member.name] = "the memory is taken by other dense members"
            else:
                wanted.append(member)
                room -= model.traits.dense_items
    return wanted, {name: why for name, why in left_out.items() if name not in SILENT}


def built_in() -> list[type[Recommender[Any]]]:
    """Return the built-in models that rank, those of `FIRST` first."""
    own = {module.__name__ for module in BUILT_IN} | {LateFusion.__module__}
    models = [model for model in model_types().values() if model.__module__ in own]
    ranking = [model for model in models if not model.traits.needs_ratings]
    return sorted(ranking, key=lambda m: (FIRST.index(m.name) if m.name in FIRST else len(FIRST), m.name))


def _unsuited(
    model: type[Recommender[Any]], data: TrainingData, size: Size, limits: Limits, room: float
) -> str:
    """Return why no member of `model` suits the data; empty if some may."""
    if model.name in ONLY_IF_ASKED:
        return ONLY_IF_ASKED[model.name]
    if model.traits.blocks and not any(block.present.any() for block in data.blocks.values()):
        return "there is no content"
    if model.traits.needs_time and data.times is None:
        return "events have no times"
    if model.traits.dense_items:
        if data.n_items > limits.dense_items:
            return f"{data.n_items:,} items are more than {limits.dense_items:,}"
        if room < 1:
            gigabytes = size.dense_bytes() / 1e9
            return (
                f"a matrix of {gigabytes:.1f} GB and those at work exceed {limits.memory_bytes / 1e9:.0f} GB"
            )
    return ""


def _members(
    model: type[Recommender[Any]], data: TrainingData, left_out: Mapping[str, str], limits: Limits
) -> list[MemberSpec]:
    """Return one member, or one for each block if `model` reads a block."""
    # To find the nearest of each item costs n_items^2; to count all of them costs nothing.
    fields = model.config_type.model_fields
    counts_all = "neighbours" in fields and fields["neighbours"].default is None
    limited = {"neighbours": None} if counts_all and data.n_items > limits.dense_items else {}
    if not model.traits.block:
        return [MemberSpec(model.name, model.name, limited)]
    blocks = [name for name in data.blocks if name not in left_out]
    by = "" if model is ContentKnn else f":{model.name}"
    return [MemberSpec(name + by, model.name, {"block": name, **limited}) for name in blocks]


FIXED_WEIGHTS: Mapping[str, float] = {
    "graph-filter": 0.3,
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


def untuned_members(wanted: list[MemberSpec]) -> list[MemberSpec]:
    """Return the members worth having where nothing can be tuned: those with a fixed weight."""
    return [member for member in wanted if member.model in FIXED_WEIGHTS or member.model == ContentKnn.name]


def with_fixed_weights(members: Mapping[str, Recommender[Any]], fallback: str) -> LateFusion:
    """Return a fusion of fitted `members` under weights that suit most data."""
    n_content = sum(kind_of(member) == "content" for member in members.values())
    weights = {
        name: FIXED_CONTENT / n_content
        if kind_of(member) == "content"
        else FIXED_WEIGHTS.get(member.name, 0.0)
        for name, member in members.items()
    }
    return LateFusion.from_members(members, weights, fallback=fallback)
