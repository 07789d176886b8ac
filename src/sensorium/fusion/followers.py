"""Followers: members that take the settings chosen for another model, rather than being searched."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, Trial
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.trial_cost import trial_seconds
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, Recommender, Size, TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types

MOST_OF_TIME = 0.3
"""The largest part of the time that one follower may take."""


def leader_of(member: MemberSpec) -> str:
    """Return the model whose settings `member` takes; empty: it is searched by itself."""
    return model_types()[member.model].auto.like


def affordable(
    wanted: Sequence[MemberSpec], data: TrainingData, validation: ValidationData, seconds: float
) -> tuple[list[MemberSpec], dict[str, str]]:
    """Return the members without the followers that take too long or have nobody to follow, and why."""
    names = {member.name for member in wanted}
    left_out = dict[str, str]()
    for member in wanted:
        leader = leader_of(member)
        if not leader:
            continue
        takes = follower_seconds([member], data, validation)
        if leader not in names:
            left_out[member.name] = f"it takes the settings of {leader}, which is left out"
        elif takes > MOST_OF_TIME * seconds:
            left_out[member.name] = f"it may take {takes:,.1f} s, too large a part of the time"
    return [member for member in wanted if member.name not in left_out], left_out


def follower_seconds(members: Sequence[MemberSpec], data: TrainingData, validation: ValidationData) -> float:
    """Return about how long it takes to fit and judge those of `members` that follow."""
    size = Size.of(data, validation)
    following = [make_model(one.model, one.settings) for one in members if leader_of(one)]
    return sum(trial_seconds(model, size) for model in following)


def fit_follower(
    member: MemberSpec,
    leader: ChosenSettings,
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    clock: Clock = time.monotonic,
) -> tuple[Recommender[Any], ChosenSettings]:
    """Return `member` fitted with the settings of its `leader` where it has such, and how it did."""
    known = model_types()[member.model].config_type.model_fields
    taken: Mapping[str, Any] = {name: value for name, value in leader.settings.items() if name in known}
    settings = {**taken, **member.settings}
    started_s = clock()
    fitted = make_model(member.model, settings).fit(data, options)
    trial = Trial(settings, mean_ndcg(fitted, validation), clock() - started_s)
    why = f"with the settings of {leader.name}"
    return fitted, ChosenSettings(
        member.name, member.model, settings, trial.ndcg, trial.seconds, (trial,), why
    )
