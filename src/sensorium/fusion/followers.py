"""Followers: members that take the settings chosen for another model, rather than being searched."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.side_by_side import n_cores
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, Trial, surely_better
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import PlannedTrial
from sensorium.fusion.search_schedule import Load
from sensorium.fusion.trial_cost import pace_of, trial_seconds
from sensorium.fusion.tuning_metric import ndcg_of_queries
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
        takes = _takes(least.settings, least.model, size)
        if leader_of(member) not in names:
            left_out[member.name] = f"it takes the settings of {leader_of(member)}, which is left out"
        elif takes > MOST_OF_TIME * seconds:
            left_out[member.name] = f"it may take {takes:,.1f} s, too large a part of the time"
    return [member for member in wanted if member.name not in left_out], left_out


def follower_loads(
    wanted: Sequence[MemberSpec], data: TrainingData, validation: ValidationData, seconds: float
) -> list[Load]:
    """Return what the followers among `wanted` will take of the `seconds`, by the trials of their leaders."""
    size = Size.of(data, validation)
    return [
        Load(leader_of(member), partial(_estimated, member, size, seconds * MOST_OF_TIME))
        for member in wanted
        if leader_of(member)
    ]


def _estimated(
    member: MemberSpec, size: Size, seconds: float, trials: Sequence[Trial]
) -> tuple[float, float]:
    """Return the seconds on one core of all settings that are tried, and of the dearest fitted again."""
    best = max(trials, key=lambda trial: trial.ndcg)
    whole, pace = _taking(member, best.settings), pace_of(leader_of(member), trials, size)
    tried = _affordable_settings(whole, member.settings, size, seconds * n_cores() / pace)
    fits = [make_model(member.model, settings).fit_cost(size) for settings in tried]
    return pace * sum(_takes(settings, member.model, size) for settings in tried), pace * max(fits)


def _taking(member: MemberSpec, settings: Mapping[str, Any]) -> MemberSpec:
    """Return `member` with those of its leader's `settings` that it has, too; what is given stays."""
    known = model_types()[member.model].config_type.model_fields
    taken = {name: value for name, value in settings.items() if name in known}
    return replace(member, settings={**taken, **member.settings})


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
        if _takes(smaller.settings, smaller.model, size) <= seconds:
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
    planned: Sequence[PlannedTrial] | None = None,
    clock: Clock = time.monotonic,
) -> tuple[Recommender[Any], ChosenSettings]:
    """Return `member` fitted with the settings of its `leader` where it has such, and how it did.

    It is made so small that it takes about `seconds`, at the pace of its leader, where its model allows that.
    As many of the model's portfolio as then fit into the same time are tried beside it, and taken where they
    are surely better. With a plan, just what it holds is tried.
    """
    whole = _taking(member, leader.settings)
    if planned is None:
        size = Size.of(data, validation)
        work_s = seconds * n_cores() / pace_of(leader.model, leader.trials, size)
        tried = _affordable_settings(whole, member.settings, size, work_s)
    else:
        tried = [{**whole.settings, **_own(member, one)} for one in planned] or [whole.settings]
    found: list[tuple[Recommender[Any], NDArray[np.float64], Trial]] = []
    for settings in tried:
        started_s = clock()
        model = make_model(member.model, settings).fit(data, options)
        reached = ndcg_of_queries(model, validation)
        trial = Trial(settings, float(reached.mean()), clock() - started_s, len(validation))
        found.append((model, reached, trial))
    best = found[0]
    for one in found[1:]:
        if one[2].ndcg > best[2].ndcg and surely_better(one[1], found[0][1]):
            best = one
    trials = tuple(trial for _, _, trial in found)
    spent_s = sum(trial.seconds for trial in trials)
    why = f"with the settings of {leader.name}"
    if len(trials) > 1:
        why = f"best of {len(trials)} with the settings of {leader.name}"
    return best[0], ChosenSettings(
        member.name, member.model, best[2].settings, best[2].ndcg, spent_s, trials, why
    )


def _affordable_settings(
    whole: MemberSpec, given: Mapping[str, Any], size: Size, work_s: float
) -> list[dict[str, Any]]:
    """Return the settings to try: those of `whole`, made small enough, and what of the portfolio fits."""
    first = _within(whole, work_s, size)
    tried, left_s = [dict(first.settings)], work_s - _takes(first.settings, whole.model, size)
    for known in model_types()[whole.model].portfolio:
        settings = {**whole.settings, **known.settings, **given}
        takes = _takes(settings, whole.model, size)
        if settings not in tried and takes <= left_s:
            tried.append(settings)
            left_s -= takes
    return tried


def _takes(settings: Mapping[str, Any], model: str, size: Size) -> float:
    return trial_seconds(make_model(model, settings), size)


def _own(member: MemberSpec, planned: PlannedTrial) -> dict[str, Any]:
    """Return what a planned trial does not take from the leader: what is halved, and what portfolios name."""
    model = model_types()[member.model]
    own = {model.auto.halved, *(name for known in model.portfolio for name in known.settings)}
    return {name: value for name, value in planned.settings.items() if name in own - member.settings.keys()}
