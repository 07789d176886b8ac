"""The report of an evaluation: everything that the page draws, gathered."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.searches import joined_searches
from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind
from sensorium.core.sparse import column_counts, row_counts
from sensorium.encoders.report import EncodeReport
from sensorium.evaluation.result import EvaluationResult
from sensorium.experiments.evaluate import Evaluation
from sensorium.insight.advice import advice
from sensorium.insight.report import write_report
from sensorium.insight.report_data import (
    Example,
    Failure,
    MediaFacts,
    RecommendedItem,
    ReportData,
    ReportItem,
)
from sensorium.insight.robustness import Robustness
from sensorium.insight.thumbnails import item_thumbnail
from sensorium.insight.words import words_in
from sensorium.models.base import QueryBatch
from sensorium.ranking.seen_items import split_by_type
from sensorium.ranking.top_k import top_k
from sensorium.serving.found_items import with_words
from sensorium.serving.history_events import ToldHistory, history_events, how_met, with_events

SHOWN_USERS = 4
SHOWN_HISTORY = 8
SHOWN_ITEMS = 6


def write_evaluation_report(
    path: Path,
    title: str,
    evaluation: Evaluation,
    catalog: Catalog,
    encoding: EncodeReport,
    *,
    robustness: Robustness | None = None,
    folder: str = "",
    language: str = "en",
    progress: Progress = SILENT,
) -> Path:
    """Write the page about `evaluation` to `path` and return it.

    `folder` is the workspace, for commands that the page advises; `language` is `en` or `zh`.
    """
    data = _report_data(title, evaluation, catalog, encoding, robustness, progress)
    return write_report(path, replace(data, folder=folder, language=language))


def write_comparison_report(
    path: Path,
    title: str,
    result: EvaluationResult,
    baselines: Mapping[str, EvaluationResult],
    others: Mapping[str, EvaluationResult],
    catalog: Catalog,
    encoding: EncodeReport,
    *,
    metric: str,
    popularity: IntVector,
    evaluation: Evaluation | None = None,
    language: str = "en",
    progress: Progress = SILENT,
) -> Path:
    """Write the page about one model beside all `others` to `path` and return it.

    Parameters
    ----------
    result, baselines, others
        The numbers of the model, of the baselines and of the other models, by label.
    metric
        What orders and compares them.
    popularity
        [n_items] training events of each item.
    evaluation
        The model's whole evaluation, if it was tuned: the page then also shows what that found out.
    language
        Of the page: `en` or `zh`.
    """
    if evaluation is None:
        data = ReportData(
            title=title,
            result=result,
            popularity=popularity,
            media=_media(encoding),
            failures=_failures(encoding),
        )
    else:
        data = replace(
            _report_data(title, evaluation, catalog, encoding, None, progress), weights={}, cold_weights={}
        )
    kinds = {**data.kinds, **dict.fromkeys(baselines, SourceKind.POPULARITY)}
    data = replace(
        data,
        baselines=baselines,
        members=others,
        kinds=kinds,
        metric=metric,
        rivals="models",
        language=language,
    )
    return write_report(path, data)


def _report_data(
    title: str,
    evaluation: Evaluation,
    catalog: Catalog,
    encoding: EncodeReport,
    robustness: Robustness | None,
    progress: Progress,
) -> ReportData:
    fusion = evaluation.fitted.fusion
    return replace(
        _what_was_found(title, evaluation, encoding),
        kinds=evaluation.source_kinds,
        weights=fusion.weights,
        cold_weights=fusion.cold_weights if len(evaluation.members) > 1 else {},
        popularity=column_counts(evaluation.train.interactions).astype(np.int64),
        titles=dict(zip(catalog.items, catalog.titles(), strict=True)),
        examples=_examples(evaluation, catalog, progress),
        facts=_facts(evaluation, catalog),
        failures=_failures(encoding),
        robustness=robustness,
    )


def _what_was_found(title: str, evaluation: Evaluation, encoding: EncodeReport) -> ReportData:
    """Return what advice is made from."""
    return ReportData(
        title=title,
        result=evaluation.result,
        baselines=evaluation.baselines,
        members=evaluation.members,
        without=evaluation.without,
        without_columns=evaluation.without_columns,
        columns=_lone_columns(evaluation),
        choices=_choices(evaluation),
        media=_media(encoding),
        metric=evaluation.metric,
    )


def evaluation_advice(
    evaluation: Evaluation, encoding: EncodeReport, *, folder: str = "", language: str = "en"
) -> list[str]:
    """Return what to do next, in five lines, as the page says it; parameters as for the page."""
    found = replace(_what_was_found("", evaluation, encoding), folder=folder)
    return advice(found, words_in(language))


def _lone_columns(evaluation: Evaluation) -> dict[str, str]:
    """Return modality -> its column, where it has one alone."""
    names = [BlockName(name) for name in evaluation.train.blocks]
    many = Counter(name.modality for name in names)
    return {name.modality: name.column for name in names if name.column and many[name.modality] == 1}


def _media(encoding: EncodeReport) -> list[MediaFacts]:
    return [
        MediaFacts(name, counts.encoded + counts.reused, counts.missing, counts.failed)
        for name, counts in encoding.blocks.items()
    ]


def _failures(encoding: EncodeReport) -> list[Failure]:
    return [Failure(f.item_id, f.location, f.reason) for f in encoding.failures]


def _choices(evaluation: Evaluation) -> dict[str, str]:
    return {
        choice.name: (", ".join(f"{key} = {value}" for key, value in choice.settings.items()) or "defaults")
        + f" ({choice.why})"
        for choice in evaluation.fitted.choices
    } | {name: f"left out: {why}" for name, why in evaluation.fitted.left_out.items()}


def _facts(evaluation: Evaluation, catalog: Catalog) -> dict[str, str | int | float]:
    train = evaluation.train
    facts: dict[str, str | int | float] = {
        "items": len(catalog),
        "users": train.n_users,
        "training interactions": int(train.interactions.nnz),
        "users judged": evaluation.result.n_users,
        "test interactions": evaluation.result.n_relevant,
        "fit and tuning, seconds": round(evaluation.fit_seconds, 1),
        "peak memory, MB": round(evaluation.peak_memory_mb),
    }
    return facts | {name: round(value, 4) for name, value in evaluation.ratings.items()}


def _examples(evaluation: Evaluation, catalog: Catalog, progress: Progress) -> list[Example]:
    """Return real recommendations for a few users: two with long histories, one short, one new."""
    chosen, split = _example_users(evaluation), evaluation.split
    by_type = split_by_type(Events.concat(split.train, split.validation))
    with progress.stage("illustrate", len(chosen), unit="users") as stage:
        found: list[Example] = []
        for user, note in chosen:
            found.append(_example(evaluation, catalog, by_type, user, note))
            stage.advance()
    return found


def _example_users(evaluation: Evaluation) -> list[tuple[int, str]]:
    judged = np.flatnonzero(np.isfinite(evaluation.result.per_user[evaluation.metric]))
    lengths = row_counts(evaluation.histories.interactions)[judged]
    median = np.median(lengths[lengths > 0]) if (lengths > 0).any() else 0
    picked: dict[int, str] = {}
    rng = np.random.default_rng(0)
    for mask, note, n in (
        (lengths >= max(median, 1), "a user with a long history", 2),
        ((lengths > 0) & (lengths < max(median, 1)), "a user with a short history", 1),
        (lengths == 0, "a user without a history", 1),
    ):
        candidates = judged[mask]
        for user in rng.permutation(candidates)[:n]:
            picked.setdefault(int(user), note)
    return list(picked.items())[:SHOWN_USERS]


def _example(
    evaluation: Evaluation, catalog: Catalog, by_type: Mapping[str, SparseMatrix], user: int, note: str
) -> Example:
    split, fusion = evaluation.split, evaluation.fitted.fusion
    query = QueryBatch.of_users(evaluation.histories, np.asarray([user], dtype=np.int64))
    fused = fusion.scored(query)
    seen = evaluation.known[[user]]
    found = top_k(fused.scores, SHOWN_ITEMS, exclude=seen)[0][0]
    found = found[found >= 0]
    reasons = fusion.explain(query, found, catalog.items, fused=fused)
    parts = (split.train.searches, split.validation.searches)
    mine = joined_searches([part and part.of_user(user) for part in parts])
    reasons = with_words(reasons, found, mine)
    columns = split.train.columns
    events = history_events(user, query.history, by_type, columns)
    told = ToldHistory.of(catalog.items, events, how_met(user, evaluation.histories, by_type, columns))
    reasons = with_events(reasons, catalog.items.ids_at(found), told)
    relevant = set(split.test.relevant()[[user]].indices.tolist())
    paths = fused.path_names(0, found)
    recommended = tuple(
        RecommendedItem(
            _shown(catalog, int(item)),
            float(fused.scores[0, item]),
            reasons[row],
            int(item) in relevant,
            paths[row],
        )
        for row, item in enumerate(found)
    )
    history = tuple(_shown(catalog, int(item)) for item in _latest(query)[:SHOWN_HISTORY])
    return Example(split.train.users.id(user), history, recommended, note)


def _latest(query: QueryBatch) -> IntVector:
    """Return the history's items, the latest first where times are known."""
    items = query.history.indices
    if query.times is None:
        return items.astype(np.int64)
    return items[np.argsort(-query.times.data, kind="stable")].astype(np.int64)


def _shown(catalog: Catalog, item: int) -> ReportItem:
    one = catalog.only([item])
    details = [
        " · ".join(values[:3])
        for column in one.columns(Role.CATEGORY)[:1]
        if (values := one.categories(column)[0])
    ]
    return ReportItem(one.items.id(0), one.titles()[0], item_thumbnail(one, 0), ", ".join(details))
