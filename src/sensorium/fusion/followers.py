"""Followers: members that take the settings chosen for another model, rather than being searched."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, Trial
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.trial_cost import trial_seconds
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, Recommender, Size, TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types

MOST_OF_TIME = 0.2
"""The part of the time that is kept for one follower, if it needs so much."""


def leader_of(member: MemberSpec) -> str:
    """Return the model whose settings `member` takes; empty: it is searched by itself."""
    return model_types()[member.model].auto.like


def affordable(
    wanted: Sequence[MemberSpec], data: TrainingData, validation: ValidationData, seconds: float
) -> tuple[list[MemberSpec], dict[str, str]]:
    """Return the members without the followers that take too long or have nobody to follow, and why."""
    names, size = {member.name for member in wanted}, Size.of(data, validation)
    left_out = dict[str, str]()
    for member in (one for one in wanted if leader_of(one)):
        least = _within(member, 0.0, size)
        takes = trial_seconds(make_model(least.model, least.settings), size)
        if leader_of(member) not in names:
            left_out[member.name] = f"it takes the settings of {leader_of(member)}, which is left out"
        elif takes > MOST_OF_TIME * seconds:
            left_out[member.name] = f"it may take {takes:,.1f} s, too large a part of the time"
    return [member for member in wanted if member.name not in left_out], left_out


def follower_seconds(wanted: Sequence[MemberSpec], seconds: float) -> float:
    """Return how many of the `seconds` are kept for followers."""
    return MOST_OF_TIME * seconds * sum(bool(leader_of(member)) for member in wanted)


def _within(member: MemberSpec, seconds: float, size: Size) -> MemberSpec:
    """Return `member` with what its model lets be halved so small that it takes no more than `seconds`."""
    halved = model_types()[member.model].auto.halved
    model = make_model(member.model, member.settings)
    if not halved or halved in member.settings or trial_seconds(model, size) <= seconds:
        return member
    many, smaller = getattr(model.config, halved), member
    while many > FEWEST:
        many = max(many // 2, FEWEST)
        smaller = replace(member, settings={**member.settings, halved: many})
        if trial_seconds(make_model(smaller.model, smaller.settings), size) <= seconds:
            break
    return smaller


FEWEST = 2
"""What can be halved is not halved any more."""


def fit_follower(
    member: MemberSpec,
    leader: ChosenSettings,
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    *,
    seconds: float,
    clock: Clock = time.monotonic,
) -> tuple[Recommender[Any], ChosenSettings]:
    """Return `member` fitted with the settings of its `leader` where it has such, and how it did.

    It is made so small that it takes about `seconds`, where its model allows that.
    """
    known = model_types()[member.model].config_type.model_fields
    taken: Mapping[str, Any] = {name: value for name, value in leader.settings.items() if name in known}
    whole = replace(member, settings={**taken, **member.settings})
    settings = _within(whole, seconds, Size.of(data, validation)).settings
    started_s = clock()
    fitted = make_model(member.model, settings).fit(data, options)
    trial = Trial(settings, mean_ndcg(fitted, validation), clock() - started_s)
    why = f"with the settings of {leader.name}"
    return fitted, ChosenSettings(
        member.name, member.model, settings, trial.ndcg, trial.seconds, (trial,), why
    )
