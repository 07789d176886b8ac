"""Fit a model by its name; fit it again on more data with everything that was chosen kept."""

import time
from collections.abc import Mapping
from typing import Any

from sensorium.core.errors import ConfigError
from sensorium.fusion.auto import AutoConfig, AutoFit, fit_auto
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, search_model
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.member_selection import MemberSpec
from sensorium.models.base import FitOptions, TrainingData, ValidationData
from sensorium.models.content_knn import ContentKnn
from sensorium.models.multimodal_knn import MultimodalKnn
from sensorium.models.popularity import Popularity
from sensorium.models.registry import make_model, model_types

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
    model, fixed = _named(name, data)
    if validation is None or not len(validation):
        fitted = make_model(model, fixed).fit(data, options)
        choice = ChosenSettings(
            name, model, fixed, None, 0.0, (), "default settings, there is nothing to tune on"
        )
    else:
        wanted = MemberSpec(name, model, fixed)
        fitted, choice = search_model(wanted, data, validation, options, seconds=seconds, clock=clock)
    if model == Popularity.name:
        fusion = LateFusion.from_members({name: fitted}, {name: 1.0})
    else:
        fallback = Popularity().fit(data, options)
        members = {name: fitted, fallback.name: fallback}
        fusion = LateFusion.from_members(
            members, {name: 1.0}, cold_weights={name: 1.0}, fallback=fallback.name
        )
    return AutoFit(fusion, (choice,), {}, None)


def _named(name: str, data: TrainingData) -> tuple[str, Mapping[str, Any]]:
    if name in data.blocks:
        return ContentKnn.name, {"block": name}
    if name == MultimodalKnn.name:
        return name, {"weights": dict.fromkeys(data.blocks, 1.0)}
    ranking = [
        model for model, cls in model_types().items() if not cls.traits.needs_ratings and not cls.traits.block
    ]
    known = [AUTO, *(model for model in ranking if model != LateFusion.name), *data.blocks]
    if name not in known:
        raise ConfigError(f"unknown model {name!r}", where="model", remedy=f"Known are: {', '.join(known)}")
    return name, {}


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
