"""The steps of the command line on a workspace: encode, fit, evaluate."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError
from sensorium.core.progress import SILENT, Progress
from sensorium.encoders.report import EncodeReport, EncodeResult
from sensorium.evaluation import splits
from sensorium.evaluation.splits import Split
from sensorium.experiments.category_kinds import category_kinds
from sensorium.experiments.cross_validation import cross_validate
from sensorium.experiments.evaluate import Evaluation, evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.evaluation_report import evaluation_advice, write_evaluation_report
from sensorium.experiments.fusion_levels import FusionLevels, compare_levels
from sensorium.experiments.robustness import measure_robustness
from sensorium.experiments.split_folder import read_split_folder
from sensorium.fusion.auto import AutoFit
from sensorium.fusion.plan import Effort, Plan
from sensorium.insight.robustness import Robustness
from sensorium.ranking.seen_items import ALL, Seen, SeenChoice, parse_seen, require_seen
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.persistence import save
from sensorium.serving.user_profiles import UserProfiles
from sensorium.training.default_seconds import default_seconds
from sensorium.training.feature_plan import FeaturePlan
from sensorium.training.fit import fit_tables, require_fittable, require_usable
from sensorium.training.fit_model import require_model
from sensorium.training.training_data import split_events
from sensorium.workspace.bundles import last_record, plan_of
from sensorium.workspace.event_batches import update_files
from sensorium.workspace.training_tables import judging_tables, training_tables
from sensorium.workspace.workspace import Workspace, is_split_folder

SEEN = "ranking.seen"
"""The setting that says what is not shown again."""


def encode_workspace(workspace: Workspace, *, progress: Progress = SILENT) -> EncodeResult:
    """Turn the workspace's columns into features, only what is new."""
    if workspace.settings.catalog.duplicates == "apart" and workspace.settings.events.columns.text is None:
        catalog, said = workspace.catalog_table().catalog, ()
    else:
        catalog, events = training_tables(workspace, progress=progress)
        said = (events,)
    plan, store = _feature_plan(workspace, catalog, said), workspace.store()
    result = plan.encode(store, progress)
    plan.encode_texts(store, progress, result)
    return result


def fit_workspace(
    workspace: Workspace,
    *,
    model: str | None = None,
    seconds: float | None = None,
    plan: str | Plan | None = None,
    chosen: AutoFit | None = None,
    progress: Progress = SILENT,
) -> tuple[FittedModel, Path]:
    """Fit the workspace's model on all events; return it and the folder of its new bundle.

    Parameters
    ----------
    model, seconds
        As in `sensorium.toml` if not given.
    plan
        A bundle, by its name or folder, or `last`, or what was tried for it: as many settings are tried as
        for it, in the place of model, seconds and seed.
    chosen
        What an evaluation has chosen; nothing is tuned then.
    """
    learnt = tuple(file.name for file in update_files(workspace))
    catalog, events = training_tables(workspace, progress=progress)
    require_fittable(catalog, events)
    seen = require_seen(workspace.settings.ranking.seen, events, SEEN)
    settings = workspace.settings.model
    repeated = plan_of(workspace, plan) if isinstance(plan, str) else plan
    asked_s = seconds or settings.seconds or default_seconds(len(events), SILENT if repeated else progress)
    wanted = repeated.model if repeated is not None else model or settings.name
    planned = _feature_plan(workspace, catalog, [events])
    require_model(wanted, planned.sources)
    made = planned.make_in(workspace.store(), progress)
    fitted = fit_tables(
        catalog,
        made.read(events),
        made.items,
        profiles=_profiles(workspace),
        model=wanted,
        effort=Effort(
            asked_s if repeated is None else repeated.seconds,
            plan=repeated,
            start=_last_settings(workspace, wanted),
            is_kept_by_hand=True,
        ),
        seed=settings.seed if repeated is None else repeated.seed,
        chosen=chosen,
        impute=workspace.settings.features.impute,
        ratings=settings.ratings,
        seen=seen,
        progress=progress,
    )
    fitted.record = replace(fitted.record, updates=learnt)
    return fitted, save(fitted, workspace.bundles)


def _last_settings(workspace: Workspace, model: str) -> dict[str, Mapping[str, Any]]:
    """Return, by member, the settings of the newest bundle if that is a `model`: a search starts there."""
    record = last_record(workspace)
    if record is None or record.model != model:
        return {}
    return {member.name: member.settings for member in record.members if member.settings}


@dataclass(frozen=True)
class EvaluationRun:
    """An evaluation and what it was made from."""

    title: str
    evaluation: Evaluation
    catalog: Catalog
    encoding: EncodeReport
    robustness: Robustness | None = None
    """How accuracy falls as modalities go missing, if asked for."""
    folder: str = ""
    """The workspace as it was named; empty of a split folder."""

    def advice(self, language: str = "en") -> list[str]:
        """Return what to do next, in five lines, as the page says it."""
        return evaluation_advice(self.evaluation, self.encoding, folder=self.folder, language=language)

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """Return what `sensorium evaluate --json` prints, its sentences in `language`."""
        found = self.evaluation.to_json(language) | {"advice": self.advice(language)}
        return found if self.robustness is None else {**found, "robustness": self.robustness.to_json()}


def evaluate_folder(
    folder: Path,
    *,
    report: Path | None = None,
    mask: str = "train+validation",
    seen: SeenChoice | None = None,
    refit: bool = False,
    model: str | None = None,
    seconds: float | None = None,
    plan: Plan | None = None,
    robustness: bool = False,
    language: str = "en",
    progress: Progress = SILENT,
) -> EvaluationRun:
    """Evaluate a workspace or a split folder; with `report`, also write the page.

    `robustness` also judges with shares of each modality removed; of folds, on the first. The page is in
    `language`: `en` or `zh`. `seen` says what is not ranked in the place of a workspace's settings. With a
    `plan`, just what it holds is tried.
    """
    EvaluationOptions.checked(EvaluationOptions(), mask=mask, refit=refit, model=model, seconds=seconds)
    if report is not None:
        _require_writable(report)
    brought = _brought(folder, progress, model, seen)
    parts, blocks = brought.splits, brought.item_features.blocks
    options = EvaluationOptions.checked(brought.base, mask=mask, refit=refit, model=model, seconds=seconds)
    options = replace(options, plan=plan)
    kinds = category_kinds(brought.catalog)
    if len(parts) > 1:
        evaluation = cross_validate(parts, blocks, options, kinds=kinds, progress=progress)
    else:
        evaluation = evaluate_split(parts[0], blocks, options, kinds=kinds, progress=progress)
    fallen = measure_robustness(evaluation, blocks, options, progress=progress) if robustness else None
    workspace = "" if is_split_folder(folder) else str(folder)
    title = folder.resolve().name
    measured = EvaluationRun(title, evaluation, brought.catalog, brought.encoding, fallen, workspace)
    if report is not None:
        write_evaluation_report(
            report,
            measured.title,
            evaluation,
            brought.catalog,
            brought.encoding,
            robustness=fallen,
            folder=measured.folder,
            language=language,
            progress=progress,
        )
    return measured


def compare_folder(
    folder: Path,
    *,
    mask: str = "train+validation",
    seen: SeenChoice | None = None,
    seconds: float | None = None,
    progress: Progress = SILENT,
) -> FusionLevels:
    """Return how every level of fusion does on a workspace or a split folder; of folds, on the first.

    `seen` as in `evaluate_folder`.
    """
    EvaluationOptions.checked(EvaluationOptions(), mask=mask, refit=False, model=None, seconds=seconds)
    brought = _brought(folder, progress, seen=seen)
    options = EvaluationOptions.checked(brought.base, mask=mask, refit=False, model=None, seconds=seconds)
    return compare_levels(brought.splits[0], brought.item_features.blocks, options, progress=progress)


@dataclass(frozen=True)
class _Brought:
    """What there is to evaluate on."""

    splits: list[Split]
    item_features: ItemFeatures
    catalog: Catalog
    encoding: EncodeReport
    base: EvaluationOptions


def _brought(
    folder: Path, progress: Progress, model: str | None = None, seen: SeenChoice | None = None
) -> _Brought:
    rule = None if seen is None else parse_seen(seen)
    if is_split_folder(folder):
        ready = read_split_folder(folder, progress=progress)
        base = EvaluationOptions(seen=ALL if rule is None else rule)
        require_seen(base.seen, ready.split.train)
        return _Brought([ready.split], ready.item_features, ready.catalog, ready.encoding, base)
    workspace = Workspace.open(folder)
    catalog, events = judging_tables(workspace, progress=progress)
    require_usable(catalog, events)
    plan = _feature_plan(workspace, catalog, [events])
    require_model(model or workspace.settings.model.name, plan.sources)
    made = plan.make_in(workspace.store(), progress)
    profiles = _profiles(workspace)
    if profiles is not None:
        events = replace(events, people=profiles.people)
    parts, base = split_workspace(workspace, made.read(events), rule)
    return _Brought(parts, made.items, catalog, made.encoding, base)


def _profiles(workspace: Workspace) -> UserProfiles | None:
    """Return what is known of users; None without a table of them."""
    users = workspace.users_table()
    return None if users is None else UserProfiles.of(users)


def _feature_plan(workspace: Workspace, catalog: Catalog, events: Iterable[Events]) -> FeaturePlan:
    """Return which features the settings ask for."""
    return FeaturePlan.of(
        catalog,
        None,
        workspace.settings.encoders.choices(),
        events,
        folder=workspace.folder,
        where="[encoders]",
        cleaning=workspace.settings.media.cleaning,
    )


def _require_writable(report: Path) -> None:
    """Find out before the work, not after it."""
    if report.is_dir():
        raise ConfigError("this is a folder", where=str(report), remedy="Name a file, such as report.html")
    folder = next(parent for parent in report.resolve().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            "the report cannot be written there", where=str(report), remedy="Name another folder"
        ) from error


def split_workspace(
    workspace: Workspace, events: Events, seen: Seen | None = None
) -> tuple[list[Split], EvaluationOptions]:
    """Return the workspace's split, or folds, and how its settings ask to judge; `seen` instead of theirs."""
    wanted, model = workspace.settings.evaluation, workspace.settings.model
    seen = require_seen(workspace.settings.ranking.seen if seen is None else seen, events, SEEN)
    options = EvaluationOptions(
        model=model.name,
        seconds=model.seconds or default_seconds(len(events)),
        seed=model.seed,
        k=wanted.k,
        ratings=model.ratings,
        impute=workspace.settings.features.impute,
        seen=seen,
    )
    if wanted.split == "folds":
        return splits.folds(events, wanted.folds, seed=model.seed, seen=seen), options
    shares = {"test": wanted.test, "validation": wanted.validation}
    return [split_events(events, wanted.split, **shares, seed=model.seed, seen=seen)], options
