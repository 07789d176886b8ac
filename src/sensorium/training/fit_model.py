"""Fit a model by its name; fit it again on more data with everything that was chosen kept."""

import time
from collections.abc import Collection
from typing import Any

from sensorium.core.errors import ConfigError
from sensorium.fusion.auto import AutoConfig, AutoFit, fit_auto
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, search_model
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.member_selection import MemberSpec, floor_model, ranking_models
from sensorium.models.base import FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import block_model, make_model

AUTO = "auto"


def fit_model(
    name: str,
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions,
    seconds: float = 120,
    clock: Clock = time.monotonic,
) -> AutoFit:
    """Return the model `name`, tuned on `validation` if given.

    Parameters
    ----------
    name
        `auto`; a model such as `ease`; or a block such as `image:poster`, for the neighbours in it.
    seconds
        How long to tune.
    clock
        What ends a plan that takes longer than `seconds`.
    """
    if name == AUTO:
        return fit_auto(data, validation, options, AutoConfig(seconds=seconds), clock)
    wanted = _wanted(name, data)
    fitted, choice = _fitted(wanted, data, validation, options, seconds, clock)
    return AutoFit(with_fallback(name, fitted, data, options), (choice,), {}, None)


def with_fallback(name: str, fitted: Recommender[Any], data: TrainingData, options: FitOptions) -> LateFusion:
    """Return a fusion of one fitted model; popularity answers where it cannot."""
    members = {name: fitted}
    if fitted.traits.kind != "popularity":
        floor = floor_model()
        members[floor.name] = floor().fit(data, options)
    fallback = list(members)[-1]
    return LateFusion.from_members(members, {name: 1.0}, cold_weights={name: 1.0}, fallback=fallback)


def _fitted(
    wanted: MemberSpec,
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions,
    seconds: float,
    clock: Clock,
) -> tuple[Recommender[Any], ChosenSettings]:
    if validation is not None and len(validation):
        return search_model(wanted, data, validation, options, seconds=seconds, clock=clock)
    fitted = make_model(wanted.model, wanted.settings).fit(data, options)
    why = "default settings, there is nothing to tune on"
    return fitted, ChosenSettings(wanted.name, wanted.model, wanted.settings, None, 0.0, (), why)


def require_known_model(name: str, blocks: Collection[str]) -> None:
    """Raise `ConfigError` unless `name` is `auto`, a model that ranks alone, or one of the `blocks`."""
    alone = [model.name for model in ranking_models() if not model.traits.block and not model.traits.fuses]
    known = [AUTO, *sorted(alone), *blocks]
    if name not in known:
        raise ConfigError(f"unknown model {name!r}", where="model", remedy=f"Known are: {', '.join(known)}")


def _wanted(name: str, data: TrainingData) -> MemberSpec:
    require_known_model(name, data.blocks)
    if name in data.blocks:
        return MemberSpec(name, block_model().name, {"block": name})
    return MemberSpec(name, name, {})


def refit(fusion: LateFusion, data: TrainingData, options: FitOptions) -> LateFusion:
    """Return the fusion with the same members, settings and weights, learnt from `data`."""
    return LateFusion(fusion.config).fit(data, options)


def without_unused_members(fusion: LateFusion) -> LateFusion:
    """Return the fusion, not fitted, without the members that never have a say: what is to be served."""
    speaking = tuple(
        member
        for member in fusion.config.members
        if member.weight
        or any(member.weights_by_history)
        or (member.cold_weight and fusion.kind(member.name) == "content")
        or member.name == fusion.config.fallback
    )
    return LateFusion(fusion.config.model_copy(update={"members": speaking}))
