"""Which models suit the data, and what they weigh when there is nothing to tune on."""

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sensorium.core.errors import ConfigError
from sensorium.core.plugins import warn_of_plugin
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.plugin_trial import fault_of_plugin
from sensorium.fusion.trial_cost import as_searched
from sensorium.models.base import Kind, Recommender, Size, TrainingData
from sensorium.models.registry import (
    block_model,
    is_built_in,
    is_installed,
    make_model,
    model_types,
    package_of,
)


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
        return model_types()[self.model].traits.kind

    def given(self, settings: Mapping[str, Mapping[str, Any]]) -> "MemberSpec":
        """Return the member with those of `settings` (model or member -> its settings) that speak of it."""
        added = {**settings.get(self.model, {}), **settings.get(self.name, {})}
        return replace(self, settings={**added, **self.settings}) if added else self


@dataclass(frozen=True)
class Limits:
    """What a member may take."""

    memory_bytes: float
    """For all dense [n_items, n_items] matrices together, those at work included."""
    dense_items: int
    """Beyond this many items nothing that costs n_items^2 is done."""
    fit_seconds: float
    """For one fit, on two slow cores."""
    whole_seconds: float = math.inf
    """For one fit of a model that could learn a part of the items instead."""
    part_seconds: float = 0.0
    """For one fit of such a part."""

    @classmethod
    def of(cls, seconds: float, *, memory_bytes: float, dense_items: int) -> "Limits":
        """Return what a member may take of so many `seconds`, of which what is chosen takes several fits."""
        return cls(
            memory_bytes,
            dense_items,
            fit_seconds=max(FIT_SHARE * seconds, PATIENT_S),
            whole_seconds=max(WHOLE_SHARE * seconds, PATIENT_S / 2),
            part_seconds=max(PART_SHARE * seconds, PATIENT_S / 4),
        )


FIT_SHARE, WHOLE_SHARE, PART_SHARE = 0.25, 0.12, 0.06
"""The largest part of the time that one fit may take: of a member; of one that could learn a part of the
items instead; of such a part."""
PATIENT_S = 5.0
"""What a fit may take however short the time is."""
WORKING = 1.5
"""Dense matrices beside those kept, while one more is fitted."""


class Selection(NamedTuple):
    """Who takes part."""

    wanted: list[MemberSpec]
    left_out: dict[str, str]
    """Model or block -> why it is left out."""
    too_slow: set[str]
    """Those of them that more time would let in."""


def select_members(data: TrainingData, limits: Limits) -> Selection:
    """Return the members that suit `data`, and who is left out.

    By what each model declares, built in or of an installed package: `auto`, its traits, what a fit costs.
    A class that only this process knows is taken by name alone: no other could open what is fitted with it.
    """
    size = Size.of(data)
    wanted: list[MemberSpec] = []
    too_slow: set[str] = set()
    left_out = {name: "no item has it" for name, block in data.blocks.items() if not block.present.any()}
    blocks = [name for name in data.blocks if name not in left_out]
    room = limits.memory_bytes / max(size.dense_bytes, 1) - WORKING
    for model in filter(is_installed, ranking_models()):
        if model.traits.about and not data.tells(model.traits.about):
            continue
        part = _part(model, size, limits, room)
        why = "" if part else _unsuited(model, data, size, limits, room)
        if why:
            left_out |= {model.name: why} if model.auto.is_mentioned else {}
            continue
        for member in _members(model, blocks, data, limits, part):
            fault = fault_of_plugin(make_model(member.model, member.settings), data)
            if fault:
                left_out[member.name] = fault
                warn_of_plugin(member.name, package_of(model), fault)
                continue
            seconds = as_searched(member.model, member.settings).fit_cost(size)
            if seconds > limits.fit_seconds:
                left_out[member.name] = f"one fit may take {seconds:,.0f} s, more than the time allows"
                too_slow.add(member.name)
            elif model.traits.dense_items and not part and room < 1:
                left_out[member.name] = "the memory is taken by other dense members"
            else:
                wanted.append(member)
                room -= (make_model(member.model, member.settings).n_dense(size) / max(size.n_items, 1)) ** 2
    return Selection(wanted, left_out, too_slow)


def require_settings(settings: Mapping[str, Mapping[str, Any]], blocks: Collection[str] = ()) -> None:
    """Raise `ConfigError` unless `settings` are such as known models, or those of `blocks`, have."""
    models = {model.name: model for model in ranking_models() if not model.traits.fuses}
    members = models | dict.fromkeys(blocks, block_model())
    _require_mapping(settings, "settings", "{'ease': {'regularization': 500}}")
    for name, given in settings.items():
        if name not in members:
            near = difflib.get_close_matches(str(name), members, n=1)
            raise ConfigError(
                f"no model is called {name!r}",
                where="settings",
                remedy=f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(sorted(members))}",
            )
        model = members[name]
        _require_mapping(given, f"settings of {name!r}", "{'SETTING': VALUE}")
        fixed = {"block": "a:b"} if model.traits.block else {}
        model.config_type.parse({**fixed, **given}, where=f"settings of {name!r}")


def _require_mapping(given: object, where: str, example: str) -> None:
    if not isinstance(given, Mapping):
        kind = type(given).__name__
        raise ConfigError(f"a {kind} is no mapping", where=where, remedy=f"Write for example {example}")


def ranking_models() -> list[type[Recommender[Any]]]:
    """Return the models that rank, in the order in which `auto` asks for them."""
    ranking = [model for model in model_types().values() if not model.traits.needs_ratings]
    return sorted(ranking, key=lambda model: (model.auto.turn, model.name))


def floor_model() -> type[Recommender[Any]]:
    """Return the model of popularity that answers where no other can: the first built-in one in `auto`."""
    return next(
        model
        for model in filter(is_built_in, ranking_models())
        if model.traits.kind == "popularity" and not model.traits.needs_time and not model.traits.fuses
    )


def untuned_fallback(wanted: Sequence[MemberSpec]) -> str:
    """Return the member that answers where no other can and nothing can be tuned: by popularity, lately."""

    def preference(member: MemberSpec) -> tuple[bool, bool, bool]:
        model = model_types()[member.model]
        return model.traits.kind == "popularity", is_built_in(model), model.traits.needs_time

    return max(wanted, key=preference).name


def _unsuited(
    model: type[Recommender[Any]], data: TrainingData, size: Size, limits: Limits, room: float
) -> str:
    """Return why no member of `model` suits the data; empty if some may."""
    if model.auto.left_out:
        return model.auto.left_out
    if model.traits.blocks and not any(block.present.any() for block in data.blocks.values()):
        return "there is no content"
    if model.traits.needs_repeats and data.frequency is None:
        return "what was seen is not recommended again"
    if model.traits.needs_time and data.times is None:
        return "events have no times"
    if model.traits.dense_items:
        if data.n_items > limits.dense_items:
            return f"{data.n_items:,} items are more than {limits.dense_items:,}"
        if room < 1:
            gigabytes = size.dense_bytes / 1e9
            return (
                f"a matrix of {gigabytes:.1f} GB and those at work exceed {limits.memory_bytes / 1e9:.0f} GB"
            )
    return ""


def _part(model: type[Recommender[Any]], size: Size, limits: Limits, room: float) -> Mapping[str, Any]:
    """Return the settings under which `model` learns a part of the items, where all of them are too many."""
    suited = not model.auto.left_out and model.traits.dense_items
    if not suited:
        return {}
    whole_s = as_searched(model.name, {}).fit_cost(size)
    if size.n_items <= limits.dense_items and room >= 1 and whole_s <= limits.whole_seconds:
        return {}
    memory_bytes = min(limits.memory_bytes / (1 + WORKING), 4 * limits.dense_items**2)
    return model.part_within(size, memory_bytes, limits.part_seconds) or {}


def _members(
    model: type[Recommender[Any]],
    blocks: list[str],
    data: TrainingData,
    limits: Limits,
    part: Mapping[str, Any],
) -> list[MemberSpec]:
    """Return one member, or one for each of `blocks` if `model` reads a block."""
    fixed: dict[str, Any] = dict(part)
    if data.n_items > limits.dense_items:
        fields = model.config_type.model_fields
        fixed |= {name: fields[name].default for name, space in model.space.items() if space.quadratic}
    if not model.traits.block:
        return [MemberSpec(model.name, model.name, fixed)]
    by = "" if model is block_model() else f":{model.name}"
    return [MemberSpec(name + by, model.name, {"block": name, **fixed}) for name in blocks]


def untuned_members(wanted: list[MemberSpec]) -> list[MemberSpec]:
    """Return the members worth having where nothing can be tuned: those with a weight for that."""
    return [member for member in wanted if model_types()[member.model].auto.untuned_weight]


def with_fixed_weights(members: Mapping[str, Recommender[Any]], fallback: str) -> LateFusion:
    """Return a fusion of fitted `members` under weights that suit most data; all content shares one."""
    content = [member for member in members.values() if member.traits.kind == "content"]
    share = max((member.auto.untuned_weight for member in content), default=0.0) / max(len(content), 1)
    weights = {
        name: share if member.traits.kind == "content" else member.auto.untuned_weight
        for name, member in members.items()
    }
    return LateFusion.from_members(members, weights, fallback=fallback)
