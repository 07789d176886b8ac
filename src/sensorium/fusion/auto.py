"""`auto`: which members suit the data, their hyperparameters and their weights, within a time budget."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from sensorium.core.config import Config
from sensorium.core.errors import DataError
from sensorium.core.side_by_side import n_cores
from sensorium.core.stopwatch import Stopwatch
from sensorium.fusion.cold_start_simulation import MAX_ASKING, fitted_again
from sensorium.fusion.fit_members import fit_members
from sensorium.fusion.followers import MOST_OF_TIME, affordable, fit_follower, follower_loads, leader_of
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.hyperparameter_search import ChosenSettings, Clock, sampled
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
from sensorium.fusion.plan import Effort
from sensorium.fusion.search_schedule import BY_HAND, Afterwards, search_all
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.fusion.weights import DRAWS, MOST_DRAWN
from sensorium.models.base import (
    DEFAULT_OPTIONS,
    FitOptions,
    Recommender,
    Size,
    TrainingData,
    ValidationData,
)
from sensorium.models.registry import make_model, model_types

Members = Mapping[str, Recommender[Any]]


class AutoConfig(Config):
    """How long `auto` may search, and how large it may build."""

    seconds: NonNegativeFloat = Field(default=120.0, allow_inf_nan=False)
    """Time for all of it, as the clock goes: settings, weights, and the fits that follow. Every member is
    fitted at least once even if that takes longer."""
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


DEFAULT_AUTO = AutoConfig()

MAX_VALIDATION_SCORES = 60_000_000
"""Scores of validation queries that one member computes to be judged: a second or two of work."""

SEARCHING_S = 2e-5
"""Seconds of a search for weights, for each query that it learns from and each pair of members."""
MORE_SEARCHED = 100
"""Queries beside those that it learns from, which stand for what a search takes however few there are."""
SECOND_LEVEL_S = 2.6e-3
"""Seconds of learning a second level, for each query."""
STANDARDISING_S = 2e-9
"""Seconds of making a score comparable with those of other members, beside finding the best."""


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
    out_of_time: frozenset[str] = frozenset()
    """Those left out that more time would have let in."""
    taken: Mapping[str, float] = field(default_factory=dict[str, float])
    """Step -> the seconds that it took."""


def fit_auto(
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions = DEFAULT_OPTIONS,
    config: AutoConfig = DEFAULT_AUTO,
    clock: Clock = time.monotonic,
    *,
    effort: Effort | None = None,
) -> AutoFit:
    """Return a late fusion of all members that suit `data`, tuned on `validation` if given.

    Without any events it is a fusion of content alone. How many settings are tried is a matter of time, so
    that two searches may differ; with the plan of a former one in the `effort`, the same settings are tried
    again, and the result is the same on the same data. Models that need what the data has not (times,
    feature blocks, a small enough number of items) are left out, each with its reason. Ctrl-C ends the
    search: what is best so far is taken.
    """
    watch, effort = Stopwatch(clock), effort or Effort(config.seconds)
    plan = effort.plan
    asked_s = effort.seconds if plan is None else plan.seconds
    limits = limits_of(config, asked_s)
    if plan is not None:
        limits = replace(limits, fit_seconds=math.inf)
    wanted, left_out, too_slow = select_members(data, limits)
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
    if plan is None:
        wanted, late = affordable(wanted, data, sample, effort.seconds)
    else:
        late = {m.name: plan.left_out[m.name] for m in wanted if m.name in plan.left_out}
        wanted = [member for member in wanted if member.name not in plan.left_out]
    left = effort.less(watch.total)
    members, choices, fallback = _searched(wanted, data, sample, options, left, clock)
    watch.lap("settings")
    late |= {member.name: BY_HAND for member in wanted if member.name not in members}
    left_out |= late
    out_of_time = frozenset(too_slow | late.keys())
    tuning = FusionTuning.of(members, sample, fallback=fallback, seed=options.seed, data=data)
    fusion = tuning.fusion if tuning else None
    if fusion is None:  # nobody in validation has a history
        new = learn_for_new_users(members, data, sample, {}, fallback=fallback, seed=options.seed)
        fusion = weighed_for_new_users(with_fixed_weights(members, fallback), new)
    watch.lap("weights")
    fit = AutoFit(fusion, choices, left_out, tuning, out_of_time, watch.laps)
    for line in fit_in_words(fit):
        options.progress.say(line)
    return fit


def limits_of(config: AutoConfig, seconds: float) -> Limits:
    """Return what a member may take under `config`, of so many `seconds`."""
    return Limits.of(seconds, memory_bytes=config.memory_gb * 1e9, dense_items=config.max_dense_items)


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
    effort: Effort,
    clock: Clock,
) -> tuple[Members, tuple[ChosenSettings, ...], str]:
    """Return the best of each member, how they were chosen, and who answers where nobody else can.

    What reads no history is searched on all queries, the others on those that have one. There all of them
    are judged in the end, so that their numbers can be compared.
    """
    asking = validation.with_history()
    reads = {m.name: bool(len(asking)) and m.kind not in ("popularity", "profile") for m in wanted}
    judges = {name: asking if with_history else validation for name, with_history in reads.items()}
    alone = [member for member in wanted if not leader_of(member)]
    followers = [member for member in wanted if leader_of(member)]
    loads = follower_loads(wanted, data, asking, effort.seconds)
    weighing_s, n_asked = _weighing(wanted, data, len(asking))
    found = search_all(
        alone,
        data,
        [judges[member.name] for member in alone],
        options,
        effort=effort,
        afterwards=Afterwards(weighing_s, n_asked, loads),
        clock=clock,
    )
    if not any(member.kind == "popularity" and member.name in found for member in alone):  # stopped by hand
        floor = next(member for member in alone if member.name == floor_model().name)
        found |= search_all([floor], data, [judges[floor.name]], options, effort=Effort(0.0), clock=clock)
    leaders = {choice.name: choice for _, choice in found.values()}
    for member in [one for one in followers if leader_of(one) in leaders]:
        found[member.name] = fit_follower(
            member,
            leaders[leader_of(member)],
            data,
            judges[member.name],
            options,
            seconds=MOST_OF_TIME * effort.seconds,
            planned=None if effort.plan is None else effort.plan.trials.get(member.name),
            clock=clock,
        )
    kept = [member for member in wanted if member.name in found]
    members = {member.name: found[member.name][0] for member in kept}
    choices = {member.name: found[member.name][1] for member in kept}
    floors = [member.name for member in kept if member.kind == "popularity"]
    fallback = max(floors, key=lambda name: choices[name].ndcg or 0.0)
    if 0 < len(asking) < len(validation):
        for name in [name for name in choices if not reads[name]]:
            choices[name] = replace(choices[name], ndcg=mean_ndcg(members[name], asking))
    return members, tuple(choices.values()), fallback


def _weighing(wanted: Sequence[MemberSpec], data: TrainingData, n_asking: int) -> tuple[float, int]:
    """Return the seconds that weights and a second level take, and how many queries all members are asked.

    The queries that have a history are asked three times, twice for weights and once for a second level, and
    those of simulated cold items beside them.
    """
    models = {member.name: make_model(member.model, member.settings) for member in wanted}
    n_asked, seconds = 3 * n_asking, SECOND_LEVEL_S * n_asking + _searching_s(n_asking, len(wanted))
    if n_content := sum(member.kind == "content" for member in wanted):
        seconds += _searching_s(MAX_ASKING, n_content)
        size, again = Size.of(data), fitted_again(models, data)
        seconds += sum(models[name].fit_cost(size, again=True) for name in again) / n_cores()
        n_asked += 3 * MAX_ASKING
    return seconds + STANDARDISING_S * n_asked * data.n_items * len(wanted), n_asked


def _searching_s(n_queries: int, n_members: int) -> float:
    """Return the seconds of a search for the weights of so many members on so many queries."""
    n_learnt_from = min(n_queries, MOST_DRAWN) + MORE_SEARCHED
    return SEARCHING_S * DRAWS * n_learnt_from * n_members**2 / n_cores()


def _with_defaults(
    wanted: Sequence[MemberSpec], data: TrainingData, options: FitOptions
) -> tuple[Members, tuple[ChosenSettings, ...]]:
    unfitted = {member.name: make_model(member.model, member.settings) for member in wanted}
    members = fit_members(unfitted, data, options)
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
