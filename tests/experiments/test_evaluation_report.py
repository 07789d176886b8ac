"""The examples, facts and choices of a report are those of the evaluation that it is about."""

import tracemalloc

import numpy as np
import polars as pl
import pytest
from tests.experiments.judging import BLOCKS, SEED, K
from tests.experiments.rated_world import N_ITEMS, rated_events

import sensorium as sn
from sensorium.core.progress import SILENT
from sensorium.evaluation import splits
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.evaluation_report import (
    SHOWN_HISTORY,
    SHOWN_ITEMS,
    SHOWN_USERS,
    _choices,
    _examples,
    _facts,
    _shown,
)
from sensorium.models.base import QueryBatch

CATALOG = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)]}))


@pytest.fixture(scope="module", params=["train", "train+validation"])
def evaluation(request):
    split = splits.time(rated_events(), 0.2, 0.2)
    options = EvaluationOptions(model="item-knn", seconds=0, seed=SEED, k=K, mask=request.param, ratings=True)
    return evaluate_split(split, BLOCKS, options)


@pytest.fixture(scope="module")
def examples(evaluation):
    return _examples(evaluation, CATALOG, SILENT)


def test_each_example_is_the_best_of_what_the_user_did_not_know_with_hits_marked(evaluation, examples):
    assert 2 <= len(examples) <= SHOWN_USERS
    users = evaluation.split.train.users
    liked = evaluation.split.test.interactions().toarray() > 0
    for example in examples:
        user = users.index(example.user_id)
        query = QueryBatch.of_users(evaluation.histories, np.asarray([user]))
        scores = evaluation.fitted.fusion.score(query)[0].copy()
        scores[evaluation.known.toarray()[user] > 0] = -np.inf
        best = np.argsort(-scores, kind="stable")[:SHOWN_ITEMS]
        assert [one.item.item_id for one in example.recommended] == CATALOG.items.ids_at(best)
        assert [one.score for one in example.recommended] == pytest.approx(scores[best].tolist())
        assert [one.chosen for one in example.recommended] == liked[user, best].tolist()
        for one in example.recommended:
            assert sum(reason.contribution for reason in one.reasons) == pytest.approx(one.score, abs=1e-4)


def test_the_history_is_what_the_user_is_asked_about_with_the_latest_first(evaluation, examples):
    users = evaluation.split.train.users
    for example in examples:
        user = users.index(example.user_id)
        times = evaluation.histories.times.toarray()[user]
        known = np.flatnonzero(evaluation.histories.interactions.toarray()[user])
        latest = known[np.argsort(-times[known], kind="stable")][:SHOWN_HISTORY]
        assert [one.item_id for one in example.history] == CATALOG.items.ids_at(latest)


def test_each_example_says_how_long_its_history_is(evaluation, examples):
    lengths = np.diff(evaluation.histories.interactions.indptr)
    judged = np.flatnonzero(np.isfinite(evaluation.result.per_user[evaluation.metric]))
    median = np.median(lengths[judged][lengths[judged] > 0])
    for example in examples:
        n = lengths[evaluation.split.train.users.index(example.user_id)]
        expected = "without a" if n == 0 else "long" if n >= max(median, 1) else "short"
        assert expected in example.note


def test_the_facts_are_counted(evaluation):
    facts = _facts(evaluation, CATALOG)
    assert facts["items"] == N_ITEMS
    assert facts["training interactions"] == evaluation.split.train.interactions().nnz
    assert facts["users judged"] == evaluation.result.n_users
    assert facts["test interactions"] == evaluation.result.n_relevant
    assert facts["rmse"] == round(evaluation.ratings["rmse"], 4)


def test_the_choices_name_settings_and_the_reason(evaluation):
    (choice,) = evaluation.fitted.choices
    assert _choices(evaluation)[choice.name].endswith(f"({choice.why})")


def test_an_item_is_shown_without_a_list_of_all():
    ids = [f"i{n}" for n in range(20_000)]
    frame = pl.DataFrame({"item_id": ids, "name": [f"item {n}" for n in range(20_000)], "kind": "a|b|c|d"})
    frame = frame.with_columns(photo=pl.concat_str(pl.lit("gone/"), "item_id", pl.lit(".jpg")))
    catalog = sn.Catalog.from_frame(frame, text="name", category="kind", image="photo")
    tracemalloc.start()
    shown = _shown(catalog, 7)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (shown.item_id, shown.title, shown.picture) == ("i7", "item 7", None)
    assert shown.detail == "a · b · c"
    assert peak_bytes < 500_000
