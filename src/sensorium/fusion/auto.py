"""`auto`: which members suit the data, their hyperparameters and their weights, within a time budget."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from sensorium.core.config import Config
from sensorium.core.errors import DataError
from sensorium.fusion.followers import affordable, fit_follower, follower_seconds, leader_of
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, sampled, search_all
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.member_selection import (
    Limits,
    MemberSpec,
    floor_model,
    select_members,
    untuned_fallback,
    untuned_members,
    with_fixed_weights,
)
from sensorium.fusion.new_user_weights import learn_for_new_users, weighed_for_new_users
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import make_model, model_types

Members = Mapping[str, Recommender[Any]]


class AutoConfig(Config):
    """How long `auto` may search, and how large it may build."""

    seconds: NonNegativeFloat = Field(default=120.0, allow_inf_nan=False)
    """Time to tune in, on two slow cores: what is tried is planned by expected costs, so that two runs agree.
    Every member is fitted at least once even if that takes longer."""
    memory_gb: PositiveFloat = 8.0
    """For dense [n_items, n_items] matrices, 4 n_items^2 bytes each, those at work included. Members that
    do not fit are left out."""
    max_dense_items: PositiveInt = 25_000
    """Beyond this many items nothing that costs n_items^2 is done: members that hold a dense
    [n_items, n_items] matrix are left out, and content kNN counts all items rather than the nearest."""
    max_queries: PositiveInt = 3_000
    """Validation queries that are used, a random sample of more; fewer where items are so many that
    their scores would exceed `MAX_VALIDATION_SCORES`, but never fewer than `LEAST_QUERIES` where there are so
    many."""
    settings: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict[str, Mapping[str, Any]])
    """Model or member -> settings that are given; its other ones are searched."""
    trials: Mapping[str, PositiveInt] | None = None
    """Member -> how many settings of it are tried, as in a plan; None: as many as the time allows."""


DEFAULT_AUTO = AutoConfig()

MAX_VALIDATION_SCORES = 60_000_000
"""Scores of validation queries that one member computes to be judged: a second or two of work."""

WEIGHING_SHARE = 0.2
"""The part of the time that is kept for learning weights."""
FIT_SHARE = 0.5
"""The largest part of the time that one fit of one member may take."""
PATIENT_S = 20.0
"""What a fit may take however short the time is."""


@dataclass(frozen=True)
class AutoFit:
    """A fitted fusion, and how `auto` came to it."""

    fusion: LateFusion
    choices: tuple[ChosenSettings, ...]
    """One for each member, in the order of the fusion."""
    left_out: Mapping[str, str]
    """Model or block -> why it is not a member."""
    tuning: FusionTuning | None
    """What weights were learnt from; None without validation data that has histories."""


def fit_auto(
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions = DEFAULT_OPTIONS,
    config: AutoConfig = DEFAULT_AUTO,
    clock: Clock = time.monotonic,
) -> AutoFit:
    """Return a late fusion of all members that suit `data`, tuned on `validation` if given.

    Without any events it is a fusion of content alone. Deterministic for a seed and a time, unless the
    machine is so slow that the clock ends the plan. Models that need what the data has not (times, feature
    blocks, a small enough number of items) are left out, each with its reason.
    """
    limits = Limits(
        memory_bytes=config.memory_gb * 1e9,
        dense_items=config.max_dense_items,
        fit_seconds=max(FIT_SHARE * config.seconds, PATIENT_S),
    )
    wanted, left_out = select_members(data, limits)
    wanted = [member.given(config.settings) for member in wanted]
    if not data.interactions.nnz:
        return _of_content_alone(wanted, left_out, data, options)
    if validation is None or not len(validation):
        wanted = untuned_members(wanted)
        members, choices = _with_defaults(wanted, data, options)
        fallback = untuned_fallback(wanted)
        return AutoFit(with_fixed_weights(members, fallback), choices, left_out, None)
    n_scores = min(MAX_VALIDATION_SCORES, config.max_queries * max(data.n_items, 1))
    sample = sampled(validation, n_scores, options.seed)
    wanted, slow = affordable(wanted, data, sample, config.seconds)
    left_out |= slow
    members, choices, fallback = _searched(wanted, data, sample, options, config, clock)
    tuning = FusionTuning.of(members, sample, fallback=fallback, seed=options.seed, data=data)
    fusion = tuning.fusion if tuning else None
    if fusion is None:  # nobody in validation has a history
        new = learn_for_new_users(members, data, sample, {}, fallback=fallback, seed=options.seed)
        fusion = weighed_for_new_users(with_fixed_weights(members, fallback), new)
    fit = AutoFit(fusion, choices, left_out, tuning)
    for line in fit_in_words(fit):
        options.progress.say(line)
    return fit


def _of_content_alone(
    wanted: Sequence[MemberSpec], left_out: Mapping[str, str], data: TrainingData, options: FitOptions
) -> AutoFit:
    """Return a fusion of what needs no events, all content alike; popularity counts those that may come."""
    types = model_types()
    content = [member for member in wanted if not types[member.model].traits.learns_from_events]
    if not content:
        raise DataError(
            "there is nothing to learn from: no events, and nothing that tells which items are alike",
            remedy="Give events, or columns with text, media, labels or numbers",
        )
    floor = MemberSpec(floor_model().name, floor_model().name, {})
    kept = [floor, *content]
    others = {member.name: NO_EVENTS for member in wanted if member.name not in {one.name for one in kept}}
    members, choices = _with_defaults(kept, data, options)
    fusion = with_fixed_weights(members, floor.name)
    return AutoFit(fusion, choices, {**left_out, **others}, None)


NO_EVENTS = "it learns from events, and there are none"
"""Why a model is left out where there is a catalogue alone."""


def _searched(
    wanted: Sequence[MemberSpec],
    data: TrainingData,
    validation: ValidationData,
    options: FitOptions,
    config: AutoConfig,
    clock: Clock,
) -> tuple[Members, tuple[ChosenSettings, ...], str]:
    """Return the best of each member, how they were chosen, and who answers where nobody else can.

    What reads no history is searched on all queries, the others on those that have one. There all of them
    are judged in the end, so that their numbers can be compared.
    """
    asking = validation.with_history()
    asked = [len(asking) and member.kind not in ("popularity", "profile") for member in wanted]
    judges = [asking if with_history else validation for with_history in asked]
    kept = follower_seconds(wanted, config.seconds)
    seconds = config.seconds * (1 - WEIGHING_SHARE) - kept
    alone = [n for n, member in enumerate(wanted) if not leader_of(member)]
    searched = search_all(
        [wanted[n] for n in alone],
        data,
        [judges[n] for n in alone],
        options,
        seconds=seconds,
        trials=config.trials,
        clock=clock,
    )
    known = dict(zip(alone, searched, strict=True))
    leaders = {choice.name: choice for _, choice in searched}
    found = [
        known.get(n)
        or fit_follower(
            member, leaders[leader_of(member)], data, judges[n], options, seconds=kept, clock=clock
        )
        for n, member in enumerate(wanted)
    ]
    members = {member.name: model for member, (model, _) in zip(wanted, found, strict=True)}
    choices = [choice for _, choice in found]
    floor = [n for n, member in enumerate(wanted) if member.kind == "popularity"]
    fallback = max(floor, key=lambda n: choices[n].ndcg or 0.0)
    if 0 < len(asking) < len(validation):
        for n in [n for n, with_history in enumerate(asked) if not with_history]:
            choices[n] = replace(choices[n], ndcg=mean_ndcg(found[n][0], asking))
    return members, tuple(choices), choices[fallback].name


def _with_defaults(
    wanted: Sequence[MemberSpec], data: TrainingData, options: FitOptions
) -> tuple[Members, tuple[ChosenSettings, ...]]:
    members: dict[str, Recommender[Any]] = {}
    with options.progress.stage("fit", len(wanted), unit="models") as stage:
        for member in wanted:
            members[member.name] = make_model(member.model, member.settings).fit(data, options)
            stage.advance(note=member.name)
    why = "default settings, there is nothing to tune on"
    return members, tuple(ChosenSettings(m.name, m.model, m.settings, None, 0.0, (), why) for m in wanted)


def fit_in_words(fit: AutoFit) -> list[str]:
    """Return what was chosen and why, a line for each member and one for the weights."""
    lines: list[str] = []
    for choice in fit.choices:
        settings = ", ".join(f"{name}={value}" for name, value in choice.settings.items()) or "defaults"
        alone = "" if choice.ndcg is None else f"NDCG@20 {choice.ndcg:.4f} alone, "
        weight = fit.fusion.weights[choice.name]
        lines.append(f"{choice.name}: weight {weight:.3f}; {alone}{settings} ({choice.why})")
    lines += [f"{name}: left out, {why}" for name, why in fit.left_out.items()]
    if fit.tuning is not None:
        learnt = fit.tuning.learnt
        contest = ", ".join(f"{name} {value:.4f}" for name, value in learnt.held_out.items())
        by = ", moving with ".join([learnt.method, *fit.tuning.moving_with])
        lines.append(f"weights by {by}; NDCG@20 on queries held out from learning: {contest}")
    return lines
