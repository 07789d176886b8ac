"""Metrics on cases that can be checked by hand, and parity with ranx."""

import math
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sensorium.metrics.ranked_lists import top_lists
from sensorium.metrics.ranking import METRICS, Hits, metrics_at, ndcg_of_scores


def of(hits: list[int], n_relevant: int) -> Hits:
    return Hits.of_ranking(np.array([hits], dtype=bool), np.array([n_relevant]))


def value(name: str, hits: list[int], n_relevant: int, k: int) -> float:
    return float(METRICS[name](of(hits, n_relevant), k)[0])


def test_precision_divides_by_k() -> None:
    assert value("precision", [1, 0, 1, 0], 2, 4) == 0.5
    assert value("precision", [1, 0, 1, 0], 2, 1) == 1


def test_recall_divides_by_all_relevant_items() -> None:
    assert value("recall", [1, 0, 1, 0], 3, 4) == pytest.approx(2 / 3)


def test_f1_is_the_harmonic_mean() -> None:
    precision, recall = 2 / 4, 2 / 3
    assert value("f1", [1, 0, 1, 0], 3, 4) == pytest.approx(2 * precision * recall / (precision + recall))


def test_hit_rate_asks_for_one() -> None:
    assert value("hit_rate", [0, 0, 1, 1], 5, 4) == 1
    assert value("hit_rate", [0, 0, 1, 1], 5, 2) == 0


def test_reciprocal_rank_looks_at_the_first_hit() -> None:
    assert value("mrr", [0, 0, 1, 1], 2, 4) == pytest.approx(1 / 3)
    assert value("mrr", [0, 0, 1, 1], 2, 2) == 0


def test_average_precision_by_hand() -> None:
    assert value("map", [1, 0, 1, 0], 4, 4) == pytest.approx((1 / 1 + 2 / 3) / 4)


@pytest.mark.parametrize(("n_relevant", "k"), [(2, 4), (3, 4), (7, 4), (2, 3), (2, 1), (1, 1)])
def test_average_precision_divides_by_all_relevant_items_however_long_the_list(
    n_relevant: int, k: int
) -> None:
    gained = sum(([1 / 1, 0, 2 / 3, 0] if n_relevant > 1 else [1, 0, 0, 0])[:k])
    hits = [1, 0, 1, 0] if n_relevant > 1 else [1, 0, 0, 0]
    assert value("map", hits, n_relevant, k) == pytest.approx(gained / n_relevant)


def test_average_precision_of_one_list_with_every_relevant_item_first_is_one() -> None:
    assert value("map", [1, 1, 0, 0, 0], 2, 5) == 1
    assert value("map", [0, 0, 0, 1, 1], 2, 5) == pytest.approx((1 / 4 + 2 / 5) / 2)


@pytest.mark.parametrize("name", ["map", "mrr", "ndcg", "precision", "recall", "f1"])
def test_what_is_hit_behind_k_does_not_count(name: str) -> None:
    assert value(name, [1, 0, 0, 1], 2, 3) == value(name, [1, 0, 0, 0], 2, 3)
    assert value(name, [0, 0, 0, 1], 2, 3) == 0


def test_ndcg_by_hand() -> None:
    gained = 1 / math.log2(2) + 1 / math.log2(4)
    ideal = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert value("ndcg", [1, 0, 1, 0], 3, 4) == pytest.approx(gained / ideal)


def test_ndcg_ideal_ends_at_k() -> None:
    assert value("ndcg", [1, 1], 100, 2) == 1


def test_two_tied_items_of_which_one_is_relevant() -> None:
    tied = Hits(
        starts=np.zeros((1, 2), dtype=int),
        sizes=np.full((1, 2), 2),
        found=np.ones((1, 2), dtype=int),
        n_relevant=np.ones(1, dtype=int),
    )
    values = {name: column[0] for name, column in metrics_at(tied, (1, 2)).items()}
    assert values["recall@1"] == values["hit_rate@1"] == values["ndcg@1"] == values["mrr@1"] == 0.5
    assert values["mrr@2"] == values["map@2"] == 0.75
    assert values["hit_rate@2"] == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_all_metrics_agree_with_ranx() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ranx import Qrels, Run, evaluate

        rng = np.random.default_rng(7)
        scores = rng.normal(size=(60, 40)).astype(np.float32)
        relevant = rng.random((60, 40)) < rng.choice([0.03, 0.2, 0.6], size=(60, 1))
        relevant[np.arange(60), rng.integers(40, size=60)] = True
        judgements = {f"u{u}": {f"i{i}": 1 for i in np.flatnonzero(relevant[u])} for u in range(60)}
        rankings = {f"u{u}": {f"i{i}": float(scores[u, i]) for i in range(40)} for u in range(60)}
        names = [f"{name}@{k}" for k in (1, 5, 20) for name in METRICS]
        expected = evaluate(Qrels(judgements), Run(rankings), names)

    top = top_lists(scores, 20)
    ours = metrics_at(
        Hits.of_ranking(np.take_along_axis(relevant, top.items, 1), relevant.sum(1)), (1, 5, 20)
    )
    assert set(ours) == set(names)
    for name in names:
        assert_allclose(ours[name].mean(), expected[name], atol=1e-9, err_msg=name)


def test_ndcg_of_scores_is_that_of_the_definition_and_ties_count_by_expectation():
    scores = np.asarray([[3, 2, 1, 0], [1, 1, 0, -np.inf]], dtype=np.float32)
    rows, columns = np.asarray([0, 0, 1, 1]), np.asarray([0, 2, 1, 3])
    found = ndcg_of_scores(scores, rows, columns, np.asarray([2, 2]), 20)
    ideal = 1 + 1 / np.log2(3)
    expected = [(1 + 1 / np.log2(4)) / ideal, (1 / np.log2(2) + 1 / np.log2(3)) / 2 / ideal]
    np.testing.assert_allclose(found, expected)


def test_one_relevant_item_tied_with_one_other_gets_the_mean_of_both_places():
    found = ndcg_of_scores(
        np.ones((1, 2), np.float32), np.zeros(1, int), np.zeros(1, int), np.ones(1, int), 20
    )
    np.testing.assert_allclose(found, (1 + 1 / np.log2(3)) / 2)


def test_ndcg_of_scores_counts_only_the_first_k():
    scores = -np.arange(30, dtype=np.float32)[None]
    one, row = np.asarray([1]), np.asarray([0])
    inside, outside = (ndcg_of_scores(scores, row, np.asarray([c]), one, 20)[0] for c in (19, 20))
    np.testing.assert_allclose(inside, 1 / np.log2(21))
    assert outside == 0
