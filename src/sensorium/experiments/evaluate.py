"""The numbers: fit on train, tune on validation, judge once on test, beside baselines and ablations."""

import time
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sensorium.catalog.events import Events
from sensorium.core.arrays import SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.memory import peak_memory_mb
from sensorium.core.progress import SILENT, Progress
from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluation_options import DEFAULT_EVALUATION, EvaluationOptions
from sensorium.experiments.forecast import Evaluated
from sensorium.experiments.model_comparison import ModelComparison, member_alone, share_members
from sensorium.experiments.rating_errors import rating_errors
from sensorium.experiments.refitted_fusions import refitted_fusions
from sensorium.features.block import FeatureBlock
from sensorium.fusion.auto import AutoFit
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.plan import Effort
from sensorium.fusion.source_origins import source_origins
from sensorium.insight.ablation import Ablation, leave_one_out
from sensorium.insight.verdict import Verdict, verdict
from sensorium.insight.words import words_in
from sensorium.models.base import FitOptions, Recommender, Scorer, TrainingData
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.models.shared.imputation import impute_missing
from sensorium.serving.fit_record import WeightingRecord
from sensorium.training.event_weighting import weighed_split
from sensorium.training.fit_model import fit_model
from sensorium.training.training_data import training_data, validation_data

FLOORS = (Popularity.name, RecentPopularity.name)
"""Baselines that are always reported."""
WITHOUT = "without "
MOST_COLUMNS = 12
"""Of more columns, modalities alone are left out."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and the model it was measured on."""

    result: EvaluationResult
    baselines: Mapping[str, EvaluationResult]
    members: Mapping[str, EvaluationResult]
    """Each source of the fusion alone, but for popularity and for the model itself, if it is a source."""
    without: Mapping[str, EvaluationResult]
    """Modality -> the fusion learnt without it."""
    without_columns: Mapping[str, EvaluationResult]
    """Block -> the fusion learnt without it, where a modality has several columns."""
    fitted: AutoFit
    """The judged model and how it was chosen."""
    train: TrainingData
    """What it was fitted on."""
    histories: TrainingData
    """What users were asked about with: everything before the test moment, or train alone."""
    known: SparseMatrix = field(repr=False)
    """[n_users, n_items]: what was not ranked, since users knew it."""
    split: Split = field(repr=False)
    weighting: WeightingRecord | None
    """What the model learnt from, where events differ in strength."""
    ratings: Mapping[str, float]
    """`rmse`, `mae` and more of predicted ratings, and of their baseline; empty without ratings."""
    k: int
    """Length of the judged lists."""
    fit_seconds: float
    """Fitting and tuning, without encoding and judging."""
    judge_seconds: float
    """Judging everything that was fitted."""
    peak_memory_mb: float

    @property
    def metric(self) -> str:
        """The metric of verdicts."""
        return f"ndcg@{self.k}"

    @property
    def source_kinds(self) -> dict[str, SourceKind]:
        """What kind of source each baseline and each source of the fusion is, by name."""
        fusion = self.fitted.fusion
        origins = source_origins(fusion.members, fusion.sources)
        floors = dict.fromkeys(self.baselines, SourceKind.POPULARITY)
        return floors | {name: origin.kind for name, origin in origins.items()}

    def verdict(self) -> Verdict:
        """Return how the model compares with the best baseline and with the best single source."""
        return verdict(self.result, self.baselines, self.members, self.metric)

    def ablations(self) -> list[Ablation]:
        """Return the effect of each modality on the metric of verdicts, the most valuable first."""
        return leave_one_out(self.result, self.without, self.metric)

    def columns(self) -> list[Ablation]:
        """Return the effect of each column that shares its modality with others, the most valuable first."""
        return leave_one_out(self.result, self.without_columns, self.metric)

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """Return what `sensorium evaluate --json` prints, the verdict in `language`."""
        found = self.result.to_json(
            baselines=self.baselines, fit_seconds=self.fit_seconds, peak_memory_mb=self.peak_memory_mb
        )
        found["sources"] = {name: dict(result.metrics) for name, result in self.members.items()}
        found["without"] = {name: dict(result.metrics) for name, result in self.without.items()}
        found["without_columns"] = {name: dict(r.metrics) for name, r in self.without_columns.items()}
        found["weights"] = dict(self.fitted.fusion.weights)
        found["adds"] = {a.modality: a.gain.to_json() for a in self.ablations()}
        judged = self.verdict()
        if self.weighting is not None:
            found["strengths"] = self.weighting.to_json()
        found["verdict"] = judged.headline_in(words_in(language))
        floors = {
            name: (name, result) for name, result in self.baselines.items() if name != self.result.model
        }
        if judged.best_source is not None:
            floors["the best single source"] = judged.best_source, self.members[judged.best_source]
        found["against"] = {
            role: {"model": name, **paired_difference(self.result, other, self.metric).to_json()}
            for role, (name, other) in floors.items()
        }
        found["metrics"] |= self.ratings
        return found


def evaluate_split(
    split: Split,
    blocks: Mapping[str, FeatureBlock],
    options: EvaluationOptions = DEFAULT_EVALUATION,
    *,
    kinds: Mapping[str, SparseMatrix] | None = None,
    progress: Progress = SILENT,
    n_foretold: int = 1,
) -> Evaluation:
    """Return how well a model fitted and tuned on `split` ranks the held-back items of its test part.

    Tuning sees `split.tuning` alone. Every model is judged on the same users with the same masks. `kinds`, by
    category column, are those of `category_kinds`. What `n_foretold` such evaluations will take is said
    beforehand; zero: nothing is said.

    Raises
    ------
    DataError
        If nobody has anything liked in test that was not known before.
    """
    started_s = time.perf_counter()
    fit_options = FitOptions(seed=options.seed, progress=progress)
    split, weighting = weighed_split(split, fit_options, options.seen)
    train = impute_missing(training_data(split.train, blocks, options.seen), options.impute)
    validation = validation_data(train, split.tuning, options.seen)
    if n_foretold:
        foretold = Evaluated.of(split, train, validation, options).of_tuned(options.model)
        foretold.repeated(n_foretold).announced(progress)
    fitted = fit_model(options.model, train, validation, fit_options, _effort(options, split))
    modalities = () if fitted.tuning is None else fitted.tuning.modalities
    ablations = _ablations(fitted)
    without = {WITHOUT + name: name for name in ablations}
    fusions = {options.model: fitted.fusion} | {WITHOUT + name: ablations[name] for name in ablations}
    if options.refit:
        past = Events.concat(split.train, split.validation)
        train = impute_missing(training_data(past, blocks, options.seen), options.impute)
        fusions = refitted_fusions(fusions, train, without, fit_options)
    fit_seconds = time.perf_counter() - started_s
    fusion = fusions[options.model]
    comparison = ModelComparison.of(split, train, options, blocks=blocks, kinds=kinds, progress=progress)
    found = comparison.results(_judged(fusions, fusion, fit_floors(train, fit_options, but=fusion.members)))
    return Evaluation(
        judge_seconds=time.perf_counter() - started_s - fit_seconds,
        result=found[options.model],
        baselines={name: found[name] for name in FLOORS if name in found},
        members={
            name: found[name] for name in fusion.members if name not in (Popularity.name, options.model)
        },
        without={left: found[name] for name, left in without.items() if left in modalities},
        without_columns={left: found[name] for name, left in without.items() if left not in modalities},
        fitted=replace(fitted, fusion=fusion),
        train=train,
        histories=comparison.histories,
        known=comparison.known,
        split=split,
        weighting=weighting,
        ratings=rating_errors(train, split, fit_options) if options.wants_ratings else {},
        k=options.k,
        fit_seconds=fit_seconds,
        peak_memory_mb=peak_memory_mb(),
    )


def _effort(options: EvaluationOptions, split: Split) -> Effort:
    """Return what a fit may take; with `refit`, of the same time one on validation too."""
    refits = 1 + len(split.validation) / max(len(split.train), 1) if options.refit else 0.0
    return Effort(options.seconds, refits, options.plan)


def _judged(
    fusions: Mapping[str, LateFusion], fusion: LateFusion, floors: Mapping[str, Recommender[Any]]
) -> dict[str, Scorer]:
    """Return what is judged: each member of `fusion` alone, all `fusions`, and the `floors`."""
    shared = share_members(fusions)
    members = next(one.members for name, one in shared.items() if fusions[name] is fusion)
    alone = {name: member_alone(name, members, fusion.config.fallback) for name in members}
    return {**alone, **shared, **floors}


def _ablations(fitted: AutoFit) -> dict[str, LateFusion]:
    """Return the fusion learnt without each modality, and without each of the columns that share one."""
    tuning = fitted.tuning
    if tuning is None or tuning.data is None:
        return {}
    blocks = [name for name, block in tuning.data.blocks.items() if block.present.any()]
    shared = Counter(BlockName(name).modality for name in blocks)
    columns = [name for name in blocks if shared[BlockName(name).modality] > 1]
    left_out = [*tuning.modalities, *(columns if len(blocks) <= MOST_COLUMNS else ())]
    return {name: tuning.without([name]) for name in dict.fromkeys(left_out)}


def fit_floors(
    train: TrainingData, options: FitOptions, *, but: Container[str] = ()
) -> dict[str, Recommender[Any]]:
    """Return the baselines fitted on `train`, `but` those that there are already; recent needs times."""
    floors: list[Recommender[Any]] = [
        Popularity(),
        *([RecentPopularity()] if train.times is not None else []),
    ]
    return {floor.name: floor.fit(train, options) for floor in floors if floor.name not in but}
