"""Weights where a query has no history: of popularity, and of what is known of who asks if that helps."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.sparse import entry_rows, keep_entries, row_counts
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.later_queries import stacked
from sensorium.fusion.validation_scores import ValidationScores, Weights, validation_scores
from sensorium.fusion.weights import CLEARLY, FEWEST_QUERIES, dealt, lead, searched_from
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, ValidationData

HIDDEN_SHARE = 0.2
"""Of the users with events, those whose events are hidden: the last to come; without times, any."""
MOST_HIDDEN = 1_000
FOLDS = 3


def learn_for_new_users(
    members: Mapping[str, Recommender[Any]],
    data: TrainingData | None,
    validation: ValidationData,
    common: Mapping[str, float],
    *,
    fallback: str,
    seed: int = 0,
) -> dict[str, float] | None:
    """Return source -> weight where the query has no history; None where no source reads what else is known.

    The sources that need no history are fitted again without the events of some users, who then ask as new
    users do, beside those of `validation` who have no history. The search for weights begins at what answers
    without such sources: popularity, as much as its sources count in the weights `common` to all, else the
    `fallback`. Unless it helps those who were held out of it by more than `weights.CLEARLY` standard errors,
    the sources that read what else is known get none. Circumstances, which are nobody's own, keep the share
    that they have in the weights common to all.
    """
    able = {name: one for name, one in members.items() if one.traits.kind in ("popularity", "profile")}
    if data is None or all(one.traits.kind == "popularity" for one in able.values()):
        return None
    apart = {name for name, one in able.items() if one.traits.about and one.traits.about not in data.about}
    asked = {name: one for name, one in able.items() if name not in apart}
    found = _of_users(asked, data, validation, common, fallback, seed)
    total = sum(common.values()) or 1.0
    shares = {name: common.get(name, 0.0) / total for name in apart}
    left = 1 - sum(shares.values())
    return {name: weight * left for name, weight in found.items()} | shares


def _of_users(
    asked: Mapping[str, Recommender[Any]],
    data: TrainingData,
    validation: ValidationData,
    common: Mapping[str, float],
    fallback: str,
    seed: int,
) -> dict[str, float]:
    """Return the weights of popularity and of what is known of users; they sum to one."""
    plain = {
        name: common.get(name, 0.0) if one.traits.kind == "popularity" else 0.0 for name, one in asked.items()
    }
    start = plain if any(plain.values()) else dict.fromkeys(asked, 0.0) | {fallback: 1.0}
    start = {name: weight / sum(start.values()) for name, weight in start.items()}
    if all(one.traits.kind == "popularity" for one in asked.values()):
        return start
    hidden = _drawn(data, seed)
    asking = _asking(data, hidden, validation)
    if len(asking) < FEWEST_QUERIES:
        return start
    shown = without_users(data, hidden)
    if not shown.interactions.nnz:
        return start
    options = FitOptions(seed=seed)
    fitted = {name: type(one)(one.config).fit(shown, options) for name, one in asked.items()}
    scores = validation_scores(fitted, asking, seed=seed)
    scores = replace(scores, askers=np.arange(len(scores)))  # all of them are new, and each is somebody else
    begin: Weights = np.asarray([start[name] for name in scores.names])
    found = _found_surely(scores, begin, seed)
    return dict(zip(scores.names, found.tolist(), strict=True))


def _found_surely(scores: ValidationScores, begin: Weights, seed: int) -> Weights:
    """Return the weights of a search from `begin`, unless it does not clearly help people it has not seen."""
    fold = dealt(scores, FOLDS, seed)
    before, after = np.zeros(len(scores)), np.zeros(len(scores))
    for part in np.unique(fold):
        judged, judging = fold == part, scores.rows(fold == part)
        before[judged] = judging.ndcg(judging.fused(begin))
        after[judged] = judging.ndcg(judging.fused(searched_from(begin, scores.rows(~judged))))
    return searched_from(begin, scores) if lead(after, before) > CLEARLY else begin


def weighed_for_new_users(fusion: LateFusion, weights: Mapping[str, float] | None) -> LateFusion:
    """Return `fusion` with these weights where the query has no history; None: as elsewhere."""
    if weights is None:
        return fusion
    members = tuple(
        member.model_copy(update={"weight_without_history": weights.get(member.name)})
        for member in fusion.config.members
    )
    config = fusion.config.model_copy(update={"members": members})
    return LateFusion.fitted(config, fusion.members, fusion.n_events, fusion.ages)


def without_users(data: TrainingData, hidden: IntVector) -> TrainingData:
    """Return `data` without any event of the users `hidden`; all rows stay."""
    gone = np.zeros(data.n_users, dtype=np.bool_)
    gone[hidden] = True
    return data.map_matrices(lambda matrix: keep_entries(matrix, ~gone[entry_rows(matrix)]))


def _drawn(data: TrainingData, seed: int) -> IntVector:
    """Return the users whose events are hidden, of those of whom anything is known beside their events."""
    told = np.zeros(data.n_users, dtype=np.bool_)
    for known in data.about.values():
        told |= row_counts(known) > 0
    active = row_counts(data.interactions) > 0
    n = min(round(HIDDEN_SHARE * int(active.sum())), MOST_HIDDEN)
    users = np.flatnonzero(active & told)
    if data.times is None:
        return np.sort(np.random.default_rng(seed).permutation(users)[:n])
    return np.sort(users[np.argsort(-_first_event(data, active)[users], kind="stable")[:n]])


def _first_event(data: TrainingData, active: BoolVector) -> "np.ndarray[Any, Any]":
    """Return when each user's first event happened [n_users]; minus infinity without any."""
    first = np.full(data.n_users, -np.inf)
    times = data.times
    if times is not None:
        starts = times.indptr[:-1][active]
        first[active] = np.minimum.reduceat(times.data, starts)
    return first


def _asking(data: TrainingData, hidden: IntVector, validation: ValidationData) -> ValidationData:
    """Return the users `hidden` without their histories, and those of `validation` who have none."""
    liked = sparse.csr_array(data.interactions[hidden])
    nothing = sparse.csr_array(liked.shape, dtype=np.float32)
    about = {name: sparse.csr_array(known[hidden]) for name, known in data.about.items()}
    nobody = np.full(len(hidden), -1, dtype=np.int64)
    as_new = ValidationData(QueryBatch(nothing, nobody, about=about), liked, nothing)
    new = validation.rows(np.flatnonzero(row_counts(validation.queries.history) == 0))
    new = replace(new, queries=replace(new.queries, times=None, ratings=None))
    return stacked(as_new, new) if len(new) else as_new
