"""Metrics of plain lists: every form gives one number, that of the judge and of ranx."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.evaluation.judge import Judge

NAMES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
    "hit_rate": "hit_rate",
    "mrr": "reciprocal_rank",
    "map": "average_precision",
    "ndcg": "ndcg",
}
"""The judge's name -> the function's."""
N_USERS, N_ITEMS = 30, 25


def random_world(seed=0, *, ties=False):
    """Scores [n_users, n_items], some NaN, and what is relevant as CSR; some users have nothing relevant."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(N_USERS, N_ITEMS)).astype(np.float32)
    if ties:
        scores = np.round(scores)
    scores[rng.random(scores.shape) < 0.3] = np.nan
    relevant = sparse.csr_array((rng.random(scores.shape) < 0.15).astype(np.float32))
    return scores, relevant


def as_frame(scores):
    users, items = np.nonzero(~np.isnan(scores))
    return pl.DataFrame({"user_id": users, "item_id": items, "score": scores[users, items]})


def as_mapping(relevant):
    return {user: relevant[[user]].indices.tolist() for user in range(relevant.shape[0])}


def ordered(scores):
    """Each user's items with a score, the best first."""
    return [[int(i) for i in np.argsort(-row, kind="stable") if not np.isnan(row[i])] for row in scores]


def judged(scores, relevant, ks=(5, 10)):
    judge = Judge(relevant, ks=ks)
    judge.add(np.arange(N_USERS), scores)
    return judge.result()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_the_judge_finds_ties_included(name, ties):
    scores, relevant = random_world(ties=ties)
    for k in (5, 10):
        found = getattr(sn.metrics, NAMES[name])(as_frame(scores), as_mapping(relevant), k=k)
        assert found == pytest.approx(judged(scores, relevant).metrics[f"{name}@{k}"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_is_what_ranx_finds():
    from ranx import Qrels, Run, evaluate

    scores, relevant = random_world(seed=1)
    lists, wanted = ordered(scores), as_mapping(relevant)
    asked = [user for user in range(N_USERS) if wanted[user]]
    qrels = Qrels({str(u): {str(i): 1 for i in wanted[u]} for u in asked})
    run = Run({str(u): {str(i): float(-place) for place, i in enumerate(lists[u])} for u in asked})
    expected = evaluate(qrels, run, [f"{name}@5" for name in NAMES])
    for name, own in NAMES.items():
        found = getattr(sn.metrics, own)(lists, list(wanted.values()), k=5)
        assert found == pytest.approx(expected[f"{name}@5"]), name


def test_by_hand():
    recommended = {"ann": ["a", "b", "c"], "bob": ["c", "a"]}
    relevant = {"ann": {"c"}, "bob": {"x"}, "cid": {"a"}, "dan": set()}
    assert sn.metrics.reciprocal_rank(recommended, relevant) == pytest.approx((1 / 3) / 3)
    assert sn.metrics.hit_rate(recommended, relevant, k=2) == 0
    assert sn.metrics.recall(recommended, relevant) == pytest.approx(1 / 3)
    assert sn.metrics.precision(recommended, relevant, k=5) == pytest.approx((1 / 5) / 3)


@pytest.mark.parametrize(
    "recommended",
    [
        [[3, 1, 2], [2, 3]],
        [("3", "1", "2"), ("2", "3")],
        np.array([[3, 1, 2], [2, 3, -1]]),
        [np.array([3.0, 1.0, 2.0]), np.array([2, 3], dtype=np.int32)],
    ],
    ids=["lists", "text", "array", "arrays"],
)
@pytest.mark.parametrize(
    "relevant",
    [[{2}, {3, 7}], [["2", "2"], [3, "7"]], sparse.csr_matrix(np.eye(8)[[2, 3]] + np.eye(8)[[2, 7]])],
    ids=["sets", "lists", "csr"],
)
def test_rows_are_users_in_every_form(recommended, relevant):
    assert sn.metrics.reciprocal_rank(recommended, relevant) == pytest.approx((1 / 3 + 1 / 2) / 2)


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame, lambda data: pl.DataFrame(data).lazy()])
def test_frames_go_by_rank_then_by_score_then_by_row(frame):
    ids = {"user_id": [7, 7, 7], "item_id": [1, 2, 3]}
    relevant = frame({"user_id": [7, 7], "item_id": [3, 3], "score": [0.1, 0.2]})
    assert sn.metrics.reciprocal_rank(frame(ids), relevant) == pytest.approx(1 / 3)
    scored = ids | {"score": [0.1, 0.3, 0.2]}
    assert sn.metrics.reciprocal_rank(frame(scored), relevant) == pytest.approx(1 / 2)
    ranked = scored | {"rank": [3, 2, 1]}
    assert sn.metrics.reciprocal_rank(frame(ranked), {"7": [3]}) == 1


def test_of_events_the_positive_ones_are_relevant():
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["a", "b"]}))
    log = pl.DataFrame({"user_id": ["u", "u", "u"], "item_id": ["a", "b", "b"], "rating": [1, 5, 4]})
    events = sn.Events.from_frame(log, items=catalog.items, positive=["rating >= 4"])
    assert sn.metrics.recall({"u": ["b"]}, events) == 1


def test_of_a_matrix_the_positive_entries_are_relevant():
    ratings = sparse.csr_array([[-1.0, 2.0, 0.0], [1.0, -2.0, -1.0]])
    assert sn.metrics.recall([[1], [0]], ratings) == 1
    assert sn.metrics.hit_rate([[0], [1, 2]], ratings) == 0


def test_items_without_a_score_are_not_recommended():
    frame = pl.DataFrame({"user_id": ["u"] * 4, "item_id": list("abcd"), "score": [None, np.nan, 0.5, 1.0]})
    assert sn.metrics.recall(frame, {"u": ["a", "b"]}) == 0
    assert sn.metrics.reciprocal_rank(frame, {"u": ["a", "c"]}) == pytest.approx(1 / 2)


def test_per_user_has_a_row_for_everybody_with_something_relevant():
    found = sn.metrics.per_user({2: [1], 9: [5]}, {2: [1], 9: [4], 3: []}, metrics=["mrr@5", "recall@1"])
    assert found.to_dict(as_series=False) == {
        "user_id": [2, 9], "mrr@5": [1.0, 0.0], "recall@1": [1.0, 0.0]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("recommended", "relevant", "said"),
    [
        ({"a": ["x"]}, [["x"]], "names users, the other gives a row"),
        ([["x"]], [["x"], ["y"]], "1 rows .* 2 are given"),
        ({"a": ["x", "x"]}, {"a": ["x"]}, "'x' stands twice"),
        ({"a": "xyz"}, {"a": ["x"]}, "'xyz' is given where a list"),
        ({"a": ["x"]}, {"b": ["x"]}, "no user of `relevant` has a recommendation.*'b'"),
        ({"a": ["x"]}, {"a": []}, "nothing is relevant"),
        ({"a": [None]}, {"a": ["x"]}, "None is no id"),
        ({"a": [True]}, {"a": ["x"]}, "True is no id"),
        ({"a": ["x"], 1: ["y"], "1": ["z"]}, {"a": ["x"]}, "user '1' stands twice"),
        ("x", {"a": ["x"]}, "str is given where lists"),
        (7, {"a": ["x"]}, "int is given where lists"),
        (pl.DataFrame({"user": ["a"], "item_id": ["x"]}), {"a": ["x"]}, "no column 'user_id'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_place_and_the_remedy(recommended, relevant, said):
    with pytest.raises(DataError, match=said):
        sn.metrics.ndcg(recommended, relevant)


def test_unknown_metrics_and_lengths_are_refused():
    with pytest.raises(ConfigError, match="k is 0. Ask for at least one item"):
        sn.metrics.ndcg({"a": ["x"]}, {"a": ["x"]}, k=0)
    for name, said in (
        ("ndgc@10", "Did you mean ndcg"),
        ("ndcg", "Write ndcg@10"),
        ("ndcg@0", "Write ndcg@10"),
        ("ndcg@5:image:a", "Write for example ndcg@5"),
    ):
        with pytest.raises(ConfigError, match=said):
            sn.metrics.per_user({"a": ["x"]}, {"a": ["x"]}, metrics=name)
    with pytest.raises(ConfigError, match="no metric is named"):
        sn.metrics.per_user({"a": ["x"]}, {"a": ["x"]}, metrics=[])
