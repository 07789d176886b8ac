"""Fit a model by its name; fit it again on more data with everything that was chosen kept."""

import difflib
import inspect
import time
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sensorium.core.component import find_by_name
from sensorium.core.errors import ConfigError, DataError
from sensorium.fusion.auto import AutoConfig, AutoFit, fit_auto
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.member_selection import MemberSpec, floor_model, ranking_models
from sensorium.fusion.plan import Effort, as_effort
from sensorium.fusion.plugin_trial import fault_of_plugin
from sensorium.fusion.search_schedule import search_model
from sensorium.models.base import FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import block_model, make_model, package_of

AUTO = "auto"


Settings: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Model -> the settings that are given; what a model is not given is searched."""
NO_SETTINGS: Mapping[str, Mapping[str, Any]] = {}
ModelChoice: TypeAlias = str | Recommender[Any]
"""`auto`; the name of a model or a block; or an unfitted model, which is taken as it is."""


def fit_model(
    model: str,
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions,
    effort: Effort | float = 120,
    clock: Clock = time.monotonic,
    settings: Settings = NO_SETTINGS,
) -> AutoFit:
    """Return the `model`, tuned on `validation` if given.

    Parameters
    ----------
    model
        `auto`; a model such as `ease`; or a block such as `image:poster`, for the neighbours in it.
    effort
        How long it may take, in seconds, and what is tried.
    clock
        What the seconds are read from.
    settings
        Model -> settings that are not searched.
    """
    effort = as_effort(effort)
    if model == AUTO:
        return fit_auto(data, validation, options, AutoConfig(settings=settings), clock, effort=effort)
    wanted = wanted_model(model, data).given(settings)
    if validation is not None and len(validation):
        fitted, choice = search_model(wanted, data, validation, options, effort=effort, clock=clock)
    else:
        fitted = make_model(wanted.model, wanted.settings).fit(data, options)
        why = "default settings, there is nothing to tune on"
        choice = ChosenSettings(wanted.name, wanted.model, wanted.settings, None, 0.0, (), why)
    return AutoFit(with_fallback(wanted.name, fitted, data, options), (choice,), {}, None)


def plan_as_given(model: Recommender[Any], data: TrainingData) -> AutoFit:
    """Return what `refit` fits of an unfitted model: nothing is tuned, so that nothing is fitted before."""
    wanted = wanted_model(model, data)
    made = make_model(wanted.model, wanted.settings)
    choice = ChosenSettings(wanted.name, wanted.model, wanted.settings, None, 0.0, (), "as given")
    return AutoFit(_beside_floor(wanted.name, made, floor_model()()), (choice,), {}, None)


def with_fallback(name: str, fitted: Recommender[Any], data: TrainingData, options: FitOptions) -> LateFusion:
    """Return a fusion of one fitted model; popularity answers where it cannot."""
    floor = floor_model()()
    return _beside_floor(name, fitted, floor if _is_floor(fitted) else floor.fit(data, options))


def _is_floor(model: Recommender[Any]) -> bool:
    return model.traits.kind == "popularity"


def _beside_floor(name: str, model: Recommender[Any], floor: Recommender[Any]) -> LateFusion:
    """Return a fusion of one model, and of `floor` unless the model is one itself."""
    members = {name: model} if _is_floor(model) else {name: model, floor.name: floor}
    fallback = list(members)[-1]
    return LateFusion.from_members(members, {name: 1.0}, cold_weights={name: 1.0}, fallback=fallback)


def wanted_model(model: ModelChoice, data: TrainingData) -> MemberSpec:
    """Return what is to be fitted, which is not `auto`; see `require_model`.

    A model of another package that cannot be fitted to `data` is refused, too.
    """
    require_model(model, data.blocks)
    if isinstance(model, str) and model in data.blocks:
        return MemberSpec(model, block_model().name, {"block": model})
    made = make_model(model) if isinstance(model, str) else model
    require_repeats(made, data)
    if fault := fault_of_plugin(made, data):
        package = package_of(type(made))
        raise ConfigError(
            f"model {made.name!r} of package {package} cannot be used: {fault}",
            where="model",
            remedy=f"Mend or update {package}, or take another model",
        )
    if not data.interactions.nnz and made.traits.learns_from_events:
        raise DataError(
            f"model {made.name!r} learns from events, and there are none",
            where="model",
            remedy=f"Give events, or take auto or a block: {', '.join(data.blocks) or 'there is none'}",
        )
    settings = {} if isinstance(model, str) else model.config.model_dump(mode="json", exclude_defaults=True)
    return MemberSpec(made.name, made.name, settings)


def require_repeats(model: Recommender[Any], data: TrainingData) -> None:
    """Raise `ConfigError` if all that `model` could recommend is left out as seen."""
    if model.traits.needs_repeats and data.frequency is None:
        raise ConfigError(
            f"{model.name} recommends what a user has met, and all of that is left out",
            where="seen",
            remedy="Say that it may come again: seen = [] or a list of types of events",
        )


def require_model(model: ModelChoice, blocks: Collection[str]) -> None:
    """Refuse a name that is neither `auto`, nor a model that ranks by itself, nor one of the `blocks`.

    An unfitted model has to rank by itself, too.
    """
    if not isinstance(model, str):
        require_recommender(model, "model")
        if model.traits.needs_ratings or model.traits.fuses:
            raise ConfigError(
                f"{model.name} does not rank items by itself",
                where="model",
                remedy="Give a model that ranks: see `sensorium models`",
            )
        return
    alone = [known for known in ranking_models() if not known.traits.block and not known.traits.fuses]
    if model in (AUTO, *blocks) or find_by_name(model, alone) is not None:
        return
    known = [AUTO, *sorted(one.name for one in alone), *blocks]
    near = difflib.get_close_matches(model, known, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    remedy = f"{meant}Known are: {', '.join(known)}"
    raise ConfigError(f"unknown model {model!r}", where="model", remedy=remedy)


def require_recommender(model: object, where: str) -> None:
    """Raise `ConfigError` unless `model` is a recommender: neither a class nor anything else."""
    if inspect.isclass(model) and issubclass(model, Recommender):
        name = model.__name__
        raise ConfigError(f"{name} is a class", where=where, remedy=f"Make a model of it: {name}()")
    if not isinstance(model, Recommender):
        raise ConfigError(
            f"a {type(model).__name__} is no model",
            where=where,
            remedy='Give a name such as "auto", or a recommender of sn.models',
        )


def refit(fusion: LateFusion, data: TrainingData, options: FitOptions) -> LateFusion:
    """Return the fusion with the same members, settings and weights, learnt from `data`."""
    return LateFusion(fusion.config).fit(data, options)


def without_unused_members(fusion: LateFusion) -> LateFusion:
    """Return the fusion, not fitted, without the members that never have a say: what is to be served."""
    speaking = tuple(
        member
        for member in fusion.config.members
        if member.is_heard(fusion.kind(member.name)) or member.name == fusion.config.fallback
    )
    return LateFusion(fusion.config.model_copy(update={"members": speaking}))
