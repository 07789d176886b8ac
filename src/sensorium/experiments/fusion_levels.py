"""Every level of fusion over the same fitted members: features, scores, ranks, learnt weights."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
import polars as pl

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.forecast import Evaluated
from sensorium.experiments.model_comparison import ModelComparison, member_alone, with_members
from sensorium.features.block import FeatureBlock
from sensorium.fusion.age_weights import AgeFactors, factors_by_age
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.history_weights import HistoryWeights, weights_by_history
from sensorium.fusion.hyperparameter_search import sampled
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankMethod, RankScorer
from sensorium.fusion.shared_scorer import shared_scorers
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.insight.tables import html_table, number, text_table
from sensorium.insight.verdict import bracketed, with_ends
from sensorium.models.base import FitOptions, Recommender, Scorer, TrainingData, ValidationData
from sensorium.models.joint_content import Fusion, JointContent, JointContentConfig
from sensorium.models.shared.imputation import impute_missing
from sensorium.training.event_weighting import weighed_split
from sensorium.training.fit_model import AUTO, fit_model
from sensorium.training.training_data import training_data, validation_data

MAX_JOINT_SCORES = 20_000_000
"""Scores of validation queries that one member computes to learn weights beside joint content."""
SPACES: tuple[Fusion, ...] = get_args(Fusion)
METHODS: tuple[RankMethod, ...] = get_args(RankMethod)
N_OTHERS = 7
"""Fusions of scores: two with common weights, and those whose weights move or are learnt."""
JOINT = "joint:"


@dataclass(frozen=True)
class FusionMethod:
    """One way to fuse, and how it did."""

    level: str
    """`features`, `scores`, `ranks` or `learnt weights`; `one source` for the best member alone."""
    name: str
    result: EvaluationResult
    against: Interval | None
    """This one minus what `auto` takes, paired by user; None for that itself."""


TAKEN = "what auto takes"


@dataclass(frozen=True, repr=False)
class FusionLevels:
    """The comparison of all levels."""

    methods: tuple[FusionMethod, ...]
    metric: str
    n_users: int
    protocol: Mapping[str, Any]
    seconds: float

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row a way to fuse, level by level.

        Columns: `level`, `method`, `n_users`, the metric with `_low` and `_high`, the ends of its 95%
        interval; `difference`, `difference_low`, `difference_high` and `p_value` to what `auto` takes, paired
        by user; then the other metrics.
        """
        return pl.DataFrame([self._row(method) for method in self.methods], infer_schema_length=None)

    def to_frame(self) -> pl.DataFrame:
        """Return `frame`."""
        return self.frame

    @property
    def best(self) -> str:
        """The way with the highest metric."""
        return max(self.methods, key=lambda method: method.result.metrics[self.metric]).name

    def _row(self, method: FusionMethod) -> dict[str, object]:
        interval, against = method.result.intervals[self.metric], method.against
        row: dict[str, object] = {"level": method.level, "method": method.name, "n_users": self.n_users}
        row |= {self.metric: interval.mean}
        row |= {f"{self.metric}_low": interval.low, f"{self.metric}_high": interval.high}
        for name, end in (("", "mean"), ("_low", "low"), ("_high", "high")):
            row[f"difference{name}"] = None if against is None else getattr(against, end)
        row["p_value"] = None if against is None else against.p_value
        return row | {name: value for name, value in method.result.metrics.items() if name != self.metric}

    def _cells(self) -> list[list[str]]:
        """Return level, method, the metric, its interval and the difference as text, the head first."""
        found = [["level", "method", self.metric, "95%", f"difference to {TAKEN}"]]
        for method in self.methods:
            interval = method.result.intervals[self.metric]
            against = "" if method.against is None else with_ends(method.against)
            found.append([method.level, method.name, number(interval.mean), bracketed(interval), against])
        return found

    def __repr__(self) -> str:
        return text_table(self._headline(), self._cells(), n_names=2)

    def _repr_html_(self) -> str:
        return html_table(self._headline(), self._cells())

    def _headline(self) -> str:
        return f"{self.protocol['split']} split, {self.n_users:,} users"

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium compare --json` prints."""
        return {
            "metric": self.metric,
            "n_users": self.n_users,
            "protocol": dict(self.protocol),
            "seconds": round(self.seconds, 1),
            "methods": [
                {
                    "level": method.level,
                    "method": method.name,
                    "metrics": dict(method.result.metrics),
                    "interval": method.result.intervals[self.metric].to_json(),
                    "against_auto": None if method.against is None else method.against.to_json(),
                }
                for method in self.methods
            ],
        }


def compare_levels(
    split: Split,
    blocks: Mapping[str, FeatureBlock],
    options: EvaluationOptions,
    *,
    progress: Progress = SILENT,
) -> FusionLevels:
    """Return how every level of fusion does on the test part of `split`.

    Members are fitted and tuned once, on train and validation; every method fuses the same ones. Feature
    levels put one joint block in the place of all content members, under weights learnt anew.

    Raises
    ------
    DataError
        If there are no feature blocks, or no validation queries with a history to learn weights from.
    """
    started_s = time.perf_counter()
    fit_options = FitOptions(seed=options.seed, progress=progress)
    split, _ = weighed_split(split, fit_options, options.seen)
    train = impute_missing(training_data(split.train, blocks, options.seen), options.impute)
    if not train.blocks:
        raise DataError(
            "there is nothing to fuse but behaviour", where="compare", remedy="Name columns in [catalog]"
        )
    validation = validation_data(train, split.tuning, options.seen)
    Evaluated.of(split, train, validation, options).of_levels(
        len(SPACES), 2 * len(METHODS), N_OTHERS
    ).announced(progress)
    fitted = fit_model(AUTO, train, validation, fit_options, options.seconds)
    if fitted.tuning is None:
        raise DataError(
            "nobody in the validation part has a history", where="compare", remedy="Hold back fewer events"
        )
    comparison = ModelComparison.of(split, train, options, progress=progress)
    with_joint = _with_joint(fitted.tuning, train, validation, fit_options)
    members = shared_scorers(with_joint.members)
    scorers = _scorers(fitted.fusion, fitted.tuning, with_joint, members)
    results = comparison.results({name: model for _, name, model in scorers})
    metric = f"ndcg@{options.k}"
    taken = results[TAKEN]
    best = max((name for _, name, _ in scorers if name in members), key=lambda n: results[n].metrics[metric])
    methods = tuple(
        FusionMethod(level, name, results[name], _difference(results[name], taken, metric))
        for level, name, _ in scorers
        if name not in members or name == best
    )
    return FusionLevels(methods, metric, taken.n_users, comparison.protocol, time.perf_counter() - started_s)


def _difference(result: EvaluationResult, taken: EvaluationResult, metric: str) -> Interval | None:
    return None if result is taken else paired_difference(result, taken, metric)


def _with_joint(
    tuning: FusionTuning, train: TrainingData, validation: ValidationData, options: FitOptions
) -> FusionTuning:
    """Return a tuning of the members and of a joint block for each way to make one."""
    sample = sampled(validation, MAX_JOINT_SCORES, options.seed).with_history()
    weights = {name: weight for name, weight in tuning.cold_weights.items() if name in train.blocks}
    members: dict[str, Recommender[Any]] = dict(tuning.members)
    with options.progress.stage("join", len(SPACES), unit="spaces") as stage:
        for space in SPACES:
            members[JOINT + space] = _joint(space, weights, train, sample, options)
            stage.advance(note=space)
    options.progress.say("learning weights for each level")
    found = FusionTuning.of(members, sample, fallback=tuning.fallback, seed=options.seed)
    assert found is not None  # noqa: S101 - the sample has histories
    return found


def _joint(
    space: Fusion,
    weights: Mapping[str, float],
    train: TrainingData,
    sample: ValidationData,
    options: FitOptions,
) -> JointContent:
    """Return joint content with equal weights or those of late fusion, whichever is better on validation."""
    tried = [
        JointContent(JointContentConfig(fusion=space, blocks=chosen)).fit(train, options)
        for chosen in ({}, weights)
        if not chosen or any(chosen.values())
    ]
    return max(tried, key=lambda model: float(ndcg_of_queries(model, sample).mean()))


def _scorers(
    fusion: LateFusion,
    tuning: FusionTuning,
    with_joint: FusionTuning,
    members: Mapping[str, Scorer],
) -> list[tuple[str, str, Scorer]]:
    """Return level, name and model of everything to judge."""
    own = {name: member for name, member in members.items() if not name.startswith(JOINT)}
    content = [name for name in own if own[name].declaration.traits.kind == "content"]
    equal = dict.fromkeys(own, 1.0)
    found: list[tuple[str, str, Scorer]] = [
        ("one source", name, member_alone(name, own, fusion.config.fallback)) for name in own
    ]
    for space in SPACES:
        left_out = content + [JOINT + other for other in SPACES if other != space]
        found.append(
            ("features", f"{space}, with behaviour", with_members(with_joint.without(left_out), members))
        )
    for space in SPACES:
        alone = member_alone(JOINT + space, members, fusion.config.fallback)
        found.append(("features", f"{space}, content alone", alone))
    found.append(("scores", "z-scores, equal", _fused(fusion, own, weights=equal)))
    found.append(("scores", "z-scores, learnt", _fused(fusion, own)))
    for method in METHODS:
        words = method.replace("-", " ")
        found.append(("ranks", f"{words}, equal", RankScorer.of(own, method=method)))
        weighted = RankScorer.of(own, fusion.weights, method=method)
        found.append(("ranks", f"{words}, learnt", weighted))
    moving = _moving(tuning)
    found.append(("learnt weights", "by length of history", _fused(fusion, own, moving=moving)))
    half = fusion.config.half_warm_events
    found.append(("learnt weights", "by events of item", _fused(fusion, own, half_warm_events=half)))
    ageing = _ageing(tuning, fusion.ages) if len(fusion.ages) else None
    if ageing is not None:
        found.append(("learnt weights", "by age of item", _fused(fusion, own, ageing=ageing)))
    together = _fused(fusion, own, moving=moving, ageing=ageing, half_warm_events=half)
    found.append(("learnt weights", "by all of these", together))
    found.append(("learnt weights", TAKEN, with_members(fusion, members)))
    return found


def _moving(tuning: FusionTuning) -> HistoryWeights:
    """Return weights that move with the length of the history, whether they surely help or not."""
    warm = tuning.scores.warm()
    return weights_by_history(warm, np.asarray([tuning.learnt.weights[name] for name in warm.names]))


def _ageing(tuning: FusionTuning, ages: FloatVector) -> AgeFactors:
    """Return factors that move with the age of the item, whether they surely help or not."""
    warm = tuning.scores.warm()
    common = np.asarray([tuning.learnt.weights[name] for name in warm.names])
    return factors_by_age(warm, common, ages, seed=tuning.seed)


def _fused(
    fusion: LateFusion,
    members: Mapping[str, Scorer],
    *,
    weights: Mapping[str, float] | None = None,
    moving: HistoryWeights | None = None,
    ageing: AgeFactors | None = None,
    half_warm_events: float = 0.0,
) -> FusedScorer:
    """Return `fusion` with other `weights`, that only move as given; the rest is as it was."""
    described = tuple(
        member.model_copy(
            update={
                "weight": member.weight if weights is None else weights[member.name],
                "weights_by_history": () if moving is None else tuple(moving.table[position].tolist()),
                "factors_by_age": () if ageing is None else tuple(ageing.table[position].tolist()),
            }
        )
        for position, member in enumerate(fusion.config.members)
    )
    changes = {
        "members": described,
        "history_lengths": () if moving is None else moving.lengths,
        "item_ages": () if ageing is None else ageing.ages,
        "half_warm_events": half_warm_events,
        "second_level": None,
    }
    config = fusion.config.model_copy(update=changes)
    return FusedScorer(config, members, fusion.n_events, fusion.ages)
