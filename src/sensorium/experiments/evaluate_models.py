"""`sensorium.evaluate`: one or many models, judged on the same held-back events."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.read_tables import given_catalog
from sensorium.catalog.users import given_users
from sensorium.core.errors import ConfigError
from sensorium.core.progress import Progress
from sensorium.core.roles import Role
from sensorium.core.shown_progress import as_progress
from sensorium.core.sparse import column_counts
from sensorium.encoders.choice import EncoderChoice
from sensorium.encoders.report import EncodeReport
from sensorium.evaluation.result import EvaluationResult
from sensorium.evaluation.splits import Split
from sensorium.experiments.category_kinds import category_kinds
from sensorium.experiments.evaluate import FLOORS
from sensorium.experiments.evaluated_models import EvaluatedModels, reference
from sensorium.experiments.evaluation_options import EvaluationOptions, Mask
from sensorium.experiments.model_bench import ModelBench
from sensorium.experiments.model_choice import ModelChoice, chosen_seen, labelled, require_unseen_test
from sensorium.experiments.split_choice import SplitChoice, chosen_splits
from sensorium.features.ready_vectors import Features
from sensorium.metrics.metric_names import OF_BLOCKS, OF_CATEGORIES, OF_LISTS, MetricName, parse_metrics
from sensorium.metrics.ranking import METRICS
from sensorium.models.shared.imputation import Impute
from sensorium.ranking.seen_items import SeenChoice
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.user_profiles import UserProfiles
from sensorium.training.feature_plan import FeaturePlan
from sensorium.training.fit import require_run
from sensorium.training.fit_model import require_model

DEFAULT_METRICS = ("ndcg@10", "recall@10", "precision@10", "mrr@10", "coverage@10")
KNOWN_METRICS = (*METRICS, *OF_LISTS, OF_BLOCKS, OF_CATEGORIES)


def evaluate(
    models: ModelChoice | Iterable[ModelChoice] | Mapping[str, ModelChoice],
    catalog: object,
    events: object = None,
    *,
    users: object | None = None,
    split: SplitChoice = "auto",
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    against: str | None = None,
    features: Features | None = None,
    encoders: Mapping[str, EncoderChoice] | None = None,
    impute: Impute = "no",
    seconds: float | None = None,
    seed: int = 0,
    mask: Mask = "train+validation",
    seen: SeenChoice | None = None,
    refit: bool = False,
    ratings: bool = False,
    store: str | Path | None = None,
    progress: bool | Progress = False,
) -> EvaluatedModels:
    """Fit on train, tune on validation, judge once on test: every model on the same users, beside popularity.

    Parameters
    ----------
    models
        One, several, or a mapping of label -> model. A name (`auto`, `ease`, a block such as `image:poster`)
        is tuned on validation. A recommender made with settings is fitted on train as it is. What `sn.fit` or
        `sn.load` returned is not fitted again.
    catalog
        A `Catalog`; or a frame or file, whose columns are guessed.
    events
        What users did: `Events`, a frame or a file; not needed where `split` holds them.
    users
        Who they are: as in `sn.fit`. Models read it, and it gives slices by attribute.
    split
        `auto` (by time if events have times, else at random), `time`, `per-user`, `random`, `folds`,
        `cold-items`; what `sn.splits` makes; or several of these, which are pooled by user.
    metrics
        Each with the length of the list: `ndcg@10`, `coverage@20`, `category_diversity@10:genres`; see
        docs/evaluation.md. The first that has a value for each user orders and compares.
    against
        The label that others are compared with; if not given, the first of several models, the best
        baseline for one.
    features, encoders, store
        As in `sn.fit`.
    impute
        `neighbours` fills what an item lacks from the items that the same training users like.
    seconds
        How long each model that is tuned may take, as in `sn.fit`.
    seed
        Of the split, the fits and the intervals.
    mask
        What users knew before the test moment; `train` is the way of many published protocols.
    seen
        Which events take an item off a user's lists, as in `sn.fit`: `"all"`, types of events, or `[]`. What
        they do not take off is ranked, and counts where the user comes back to it. As fitted models among
        `models` were fitted, else `"all"`, if not given.
    refit
        Whether models learn from train and validation before the test.
    ratings
        Whether predicted ratings are evaluated too: `ratings` of the result.
    progress
        True draws bars in the terminal or the notebook; False logs to `sensorium`.

    Raises
    ------
    ConfigError
        If a model, split or metric is unknown; the message lists what is known.
    DataError
        If the events cannot be divided, or a fitted model has learnt from test interactions.
    """
    chosen, asked = labelled(models), parse_metrics(metrics, KNOWN_METRICS)
    metric = _comparing(asked)
    require_run(seconds, seed, impute, where="evaluate")
    catalog, report = given_catalog(catalog), as_progress(progress)
    rule = chosen_seen(seen, chosen)
    splits = _knowing(chosen_splits(split, catalog, events, seed=seed, seen=rule), users)
    most = max(len(one.train) for one in splits)
    seconds, seed = require_run(seconds, seed, impute, where="evaluate", n_events=most)
    options = EvaluationOptions(seconds=seconds, seed=seed, impute=impute, seen=rule)
    options = replace(options, more_ks=tuple(one.k for one in asked))
    options = EvaluationOptions.checked(options, mask=mask, refit=refit, model=None, seconds=None)
    for label, model in chosen.items():
        _require_label(label, model)
        if isinstance(model, FittedModel):
            require_unseen_test(label, model, splits)
    _require_reference(against, chosen)
    plan = FeaturePlan.of(catalog, features, encoders, chain(*(one.parts for one in splits)))
    for model in chosen.values():
        if not isinstance(model, FittedModel):
            require_model(model, plan.sources)
    kinds = category_kinds(catalog)
    _require_known_parts(asked, plan.blocks, kinds)
    made = plan.make(store, report)
    bench = ModelBench(made.read_in(splits), made.items.blocks, kinds, options, report)
    if not _is_one_name(chosen):
        bench.foretell(chosen)
    errors = bench.ratings() if ratings else {}
    return _evaluated(bench, chosen, asked, metric, against, catalog, made.encoding, errors)


def _comparing(asked: Sequence[MetricName]) -> str:
    """Return the metric by which models are compared: the first that has a value for each user."""
    metric = next((str(one) for one in asked if one.base in METRICS), None)
    if metric is None:
        raise ConfigError("no metric compares models", where="metrics", remedy="Name one such as ndcg@10 too")
    return metric


def _knowing(splits: Sequence[Split], users: object | None) -> list[Split]:
    """Return the splits, whose users are known as a table of `users` says, if there is one."""
    if users is None:
        return list(splits)
    people = UserProfiles.of(given_users(users)).people
    return [one.knowing(people) for one in splits]


def _evaluated(
    bench: ModelBench,
    chosen: Mapping[str, ModelChoice],
    asked: Sequence[MetricName],
    metric: str,
    against: str | None,
    catalog: Catalog,
    encoding: EncodeReport,
    ratings: Mapping[str, float],
) -> EvaluatedModels:
    """Return how each model did on the bench."""
    tuned = {
        label: replace(bench.tuned(label, name, is_foretold=not _is_one_name(chosen)), ratings=ratings)
        for label, name in chosen.items()
        if isinstance(name, str)
    }
    ready = {label: model for label, model in chosen.items() if not isinstance(model, str)}
    made = bench.as_made(ready) if ready else None
    found: dict[str, EvaluationResult] = dict(made.results) if made is not None else {}
    floors: dict[str, EvaluationResult] = {name: found[name] for name in FLOORS if name in found}
    for evaluation in tuned.values():
        floors |= evaluation.baselines
    results = {label: tuned[label].result if label in tuned else found[label] for label in chosen}
    seconds = {label: evaluation.fit_seconds for label, evaluation in tuned.items()}
    return EvaluatedModels(
        results=results,
        baselines={name: result for name, result in floors.items() if name not in results},
        metrics=tuple(str(one) for one in asked),
        metric=metric,
        against=against or reference(results, floors, metric),
        evaluations=tuned,
        ratings=ratings,
        fit_seconds=seconds | dict(made.fit_seconds if made is not None else {}),
        catalog=catalog,
        encoding=encoding,
        popularity=column_counts(bench.splits[0].train.interactions()).astype(np.int64),
    )


def _is_one_name(chosen: Mapping[str, ModelChoice]) -> bool:
    """Return whether one model is tuned and nothing else is evaluated: that says itself what it will take."""
    return len(chosen) == 1 and all(isinstance(model, str) for model in chosen.values())


def _require_label(label: str, model: ModelChoice) -> None:
    """Raise `ConfigError` where a model bears the name of a baseline that it is not."""
    name = model if isinstance(model, str) else getattr(model, "name", "")
    if label in FLOORS and name != label:
        raise ConfigError(
            f"{label!r} is a baseline, which is always evaluated", where="models", remedy="Use another label"
        )


def _require_reference(against: str | None, chosen: Collection[str]) -> None:
    if against is not None and against not in {*chosen, *FLOORS}:
        known = ", ".join(dict.fromkeys([*chosen, *FLOORS]))
        raise ConfigError(f"unknown model {against!r}", where="against", remedy=f"Evaluated are: {known}")


def _require_known_parts(
    asked: Sequence[MetricName], blocks: Collection[str], columns: Collection[str]
) -> None:
    """Raise `ConfigError` unless there are the blocks and category columns that metrics name."""
    for metric in asked:
        known = {OF_BLOCKS: blocks, OF_CATEGORIES: columns}.get(metric.base)
        if known is None or metric.of in known:
            continue
        role = Role.CATEGORY.value if metric.base == OF_CATEGORIES else "feature"
        listed = f"Known are: {', '.join(known)}" if known else "The catalogue has none"
        raise ConfigError(f"no {role} column {metric.of!r}", where=str(metric), remedy=listed)
