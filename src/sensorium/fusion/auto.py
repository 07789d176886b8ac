"""`auto`: which members suit the data, their hyperparameters and their weights, within a time budget."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from sensorium.core.config import Config
from sensorium.core.errors import DataError
from sensorium.fusion.blend import kind_of
from sensorium.fusion.late import LateFusion
from sensorium.fusion.search import Choice, Clock, search
from sensorium.fusion.tuning import FusionTuning
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, Recommender, TrainingData, ValidationData
from sensorium.models.registry import make_model


class AutoConfig(Config):
    """How long `auto` may search, and how large it may build."""

    seconds: NonNegativeFloat = 120.0
    """Time to tune in; every member is fitted at least once even if that takes longer."""
    max_dense_items: PositiveInt = 25_000
    """Members that hold a dense [n_items, n_items] matrix are left out beyond this many items."""
    max_queries: PositiveInt = 3_000
    """Validation queries that are used; a random sample of more."""


@dataclass(frozen=True)
class AutoFit:
    """A fitted fusion, and how `auto` came to it."""

    fusion: LateFusion
    choices: tuple[Choice, ...]
    """One for each member, in the order of the fusion."""
    left_out: Mapping[str, str]
    """Model or block -> why it is not a member."""
    tuning: FusionTuning | None
    """What weights were learnt from; None without validation data that has histories."""


FIXED_WEIGHTS: Mapping[str, float] = {
    "ease": 0.4,
    "rp3": 0.2,
    "user-knn": 0.1,
    "item-knn": 0.1,
    "popularity": 0.1,
    "recent-popularity": 0.2,
}
"""Weights without validation data, by model; all content together has `FIXED_CONTENT`."""
FIXED_CONTENT = 0.2

WEIGHING_SHARE = 0.25
"""The part of the time that is kept for learning weights."""


@dataclass(frozen=True)
class _Wanted:
    name: str
    model: str
    settings: Mapping[str, Any]


def fit_auto(
    data: TrainingData,
    validation: ValidationData | None,
    options: FitOptions = DEFAULT_OPTIONS,
    config: AutoConfig = AutoConfig(),  # noqa: B008 - frozen
    clock: Clock = time.monotonic,
) -> AutoFit:
    """Return a late fusion of all members that suit `data`, tuned on `validation` if given.

    Deterministic for a seed unless time runs out. Models that need what the data has not (times,
    a small enough number of items, feature blocks) are left out, each with its reason.
    """
    if not data.interactions.nnz:
        raise DataError(
            "there is nothing to learn from: no positive events", remedy="See `positive` in [events]"
        )
    wanted, left_out = _suitable(data, config)
    if validation is None or not len(validation):
        return _with_defaults(wanted, left_out, data, options)
    sample = _sampled(validation, config.max_queries, options.seed)
    deadline = clock() + config.seconds * (1 - WEIGHING_SHARE)
    members: dict[str, Recommender[Any]] = {}
    choices: list[Choice] = []
    with options.progress.stage("tune", len(wanted), unit="models") as stage:
        for position, member in enumerate(wanted):
            now = clock()
            share = max(deadline - now, 0.0) / (len(wanted) - position)
            members[member.name], choice = search(
                member.name,
                member.model,
                member.settings,
                data,
                sample,
                options,
                deadline=now + share,
                clock=clock,
            )
            choices.append(choice)
            stage.advance(note=f"{choice.name} NDCG@20 {choice.ndcg:.4f}")
    fallback = max(
        (choice for choice in choices if kind_of(members[choice.name]) == "popularity"),
        key=lambda choice: choice.ndcg or 0.0,
    ).name
    tuning = FusionTuning.of(members, sample, fallback=fallback, seed=options.seed)
    fusion = tuning.fusion if tuning else _fixed(members, fallback)
    _report(choices, left_out, fusion, tuning, options)
    return AutoFit(fusion, tuple(choices), left_out, tuning)


def _suitable(data: TrainingData, config: AutoConfig) -> tuple[list[_Wanted], dict[str, str]]:
    """Return the members to fit, cheap ones first, so that what they leave of their time goes to others."""
    wanted = [_Wanted("popularity", "popularity", {})]
    left_out: dict[str, str] = {}
    if data.times is None:
        left_out["recent-popularity"] = "events have no times"
    else:
        wanted.append(_Wanted("recent-popularity", "recent-popularity", {}))
    for name, block in data.blocks.items():
        if block.present.any():
            wanted.append(_Wanted(name, "content-knn", {"block": name}))
        else:
            left_out[name] = "no item has it"
    wanted += [_Wanted(model, model, {}) for model in ("user-knn", "item-knn", "rp3")]
    if data.n_items <= config.max_dense_items:
        wanted.append(_Wanted("ease", "ease", {}))
    else:
        left_out["ease"] = f"{data.n_items:,} items are more than {config.max_dense_items:,}"
    return wanted, left_out


def _sampled(validation: ValidationData, n: int, seed: int) -> ValidationData:
    if len(validation) <= n:
        return validation
    chosen = np.random.default_rng(seed).choice(len(validation), size=n, replace=False)
    return validation.rows(np.sort(chosen))


def _with_defaults(
    wanted: list[_Wanted], left_out: dict[str, str], data: TrainingData, options: FitOptions
) -> AutoFit:
    members: dict[str, Recommender[Any]] = {}
    with options.progress.stage("fit", len(wanted), unit="models") as stage:
        for member in wanted:
            members[member.name] = make_model(member.model, member.settings).fit(data, options)
            stage.advance(note=member.name)
    why = "default settings, there is nothing to tune on"
    choices = tuple(Choice(m.name, m.model, m.settings, None, 0.0, (), why) for m in wanted)
    fallback = "recent-popularity" if "recent-popularity" in members else "popularity"
    return AutoFit(_fixed(members, fallback), choices, left_out, None)


def _fixed(members: Mapping[str, Recommender[Any]], fallback: str) -> LateFusion:
    content = [name for name, member in members.items() if kind_of(member) == "content"]
    weights = {name: FIXED_WEIGHTS.get(name, FIXED_CONTENT / max(len(content), 1)) for name in members}
    return LateFusion.from_members(members, weights, fallback=fallback)


def _report(
    choices: list[Choice],
    left_out: Mapping[str, str],
    fusion: LateFusion,
    tuning: FusionTuning | None,
    options: FitOptions,
) -> None:
    say = options.progress.say
    for choice in choices:
        settings = ", ".join(f"{k}={v}" for k, v in choice.settings.items()) or "defaults"
        say(
            f"{choice.name}: NDCG@20 {choice.ndcg:.4f} alone with {settings} ({choice.why}); "
            f"weight {fusion.weights[choice.name]:.3f}"
        )
    for name, why in left_out.items():
        say(f"{name}: left out, {why}")
    if tuning is not None:
        held_out = ", ".join(f"{name} {value:.4f}" for name, value in tuning.learnt.held_out.items())
        say(f"weights by {tuning.learnt.method}; NDCG@20 on unseen queries with a history: {held_out}")
