"""The closed forms against the plain twin: every order of the tied items, one by one."""

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

from sensorium.evaluation.judge import Judge
from sensorium.metrics.ranking import METRICS, ndcg_of_scores

KS = (1, 2, 3, 7)


@st.composite
def cases(draw: st.DrawFn, max_items: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties and holes, relevant items (at least one) and masked items of one user."""
    n = draw(st.integers(1, max_items))
    levels = st.sampled_from([0.0, 1.0, 2.0, float("nan")])
    scores = np.array(draw(st.lists(levels, min_size=n, max_size=n)), dtype=np.float32)
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    relevant, masked = np.array(draw(flags)), np.array(draw(flags))
    asked = draw(st.integers(0, n - 1))
    relevant[asked], masked[asked] = True, False
    return scores, relevant, masked


def judged(scores: np.ndarray, relevant: np.ndarray, masked: np.ndarray) -> dict[str, float]:
    judge = Judge(sparse.csr_array(relevant[None] * 1.0), sparse.csr_array(masked[None] * 1.0), ks=KS)
    judge.add(np.array([0]), scores[None])
    return dict(judge.result("one user").metrics)


def textbook(hits: list[bool], n_relevant: int, k: int) -> dict[str, float]:
    """Every metric of one ranking, written for reading."""
    first = hits[:k]
    found = sum(first)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(n_relevant, k)))
    positions = [i for i, hit in enumerate(first) if hit]
    precision, recall = found / k, found / n_relevant
    return {
        f"precision@{k}": precision,
        f"recall@{k}": recall,
        f"f1@{k}": 2 * precision * recall / (precision + recall) if found else 0.0,
        f"hit_rate@{k}": float(found > 0),
        f"mrr@{k}": 1 / (positions[0] + 1) if positions else 0.0,
        f"map@{k}": sum(sum(first[: i + 1]) / (i + 1) for i in positions) / n_relevant,
        f"ndcg@{k}": sum(1 / math.log2(i + 2) for i in positions) / ideal,
    }


def every_order(scores: np.ndarray, relevant: np.ndarray, masked: np.ndarray) -> dict[str, float]:
    """The mean of the textbook values over all orders of the tied items."""
    candidates = [i for i in range(len(scores)) if not masked[i] and not np.isnan(scores[i])]
    groups = [[i for i in candidates if scores[i] == level] for level in (2.0, 1.0, 0.0)]
    n_relevant = int(np.sum(relevant & ~masked))
    tables = []
    for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
        hits = [bool(relevant[i]) for i in itertools.chain(*orders)]
        tables.append({name: v for k in KS for name, v in textbook(hits, n_relevant, k).items()})
    return {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}


@settings(max_examples=150)
@given(cases())
def test_every_metric_is_its_mean_over_all_orders_of_ties(case: tuple[np.ndarray, ...]) -> None:
    measured, expected = judged(*case), every_order(*case)
    for name, value in expected.items():
        assert_allclose(measured[name], value, atol=1e-12, err_msg=name)


def tuned_for(scores: np.ndarray, relevant: np.ndarray, masked: np.ndarray, k: int) -> float:
    """NDCG at k as tuning computes it."""
    ranked = np.where(masked | np.isnan(scores), -np.inf, scores).astype(np.float32)[None]
    columns = np.flatnonzero(relevant & ~masked)
    rows = np.zeros_like(columns)
    return float(ndcg_of_scores(ranked, rows, columns, np.array([len(columns)]), k)[0])


@settings(max_examples=150)
@given(cases())
def test_tuning_maximises_the_ndcg_that_is_reported(case: tuple[np.ndarray, ...]) -> None:
    expected, measured = every_order(*case), judged(*case)
    for k in KS:
        assert_allclose(tuned_for(*case, k), expected[f"ndcg@{k}"], atol=1e-12)
        assert_allclose(tuned_for(*case, k), measured[f"ndcg@{k}"], atol=1e-12)


@settings(max_examples=100)
@given(cases(max_items=12))
def test_metrics_lie_between_zero_and_one(case: tuple[np.ndarray, ...]) -> None:
    measured = judged(*case)
    for name in (f"{metric}@{k}" for metric in METRICS for k in KS):
        assert -1e-12 <= measured[name] <= 1 + 1e-12, name


@settings(max_examples=100)
@given(cases(max_items=12), st.randoms(use_true_random=False))
def test_the_order_of_items_in_the_catalogue_changes_nothing(case: tuple[np.ndarray, ...], random) -> None:
    order = list(range(len(case[0])))
    random.shuffle(order)
    measured, shuffled = judged(*case), judged(*(column[order] for column in case))
    for name in (f"{metric}@{k}" for metric in METRICS for k in KS):
        assert_allclose(measured[name], shuffled[name], atol=1e-12, err_msg=name)


@settings(max_examples=100)
@given(cases(max_items=12), st.floats(-10, 10, width=32) | st.just(float("nan")), st.booleans())
def test_a_masked_item_changes_nothing(case: tuple[np.ndarray, ...], score: float, asked: bool) -> None:
    scores, relevant, masked = case
    more = judged(np.append(scores, np.float32(score)), np.append(relevant, asked), np.append(masked, True))
    for name, value in judged(*case).items():
        if name.partition("@")[0] in METRICS:
            assert_allclose(more[name], value, atol=1e-12, err_msg=name)


@settings(max_examples=100)
@given(cases(max_items=12))
def test_a_perfect_ranking_gets_full_marks(case: tuple[np.ndarray, ...]) -> None:
    _, relevant, masked = case
    n_relevant = int(np.sum(relevant & ~masked))
    best = np.arange(len(relevant), dtype=np.float32) + 100 * relevant
    measured = judged(best, relevant, masked)
    for k in KS:
        assert_allclose([measured[f"{name}@{k}"] for name in ("ndcg", "mrr", "hit_rate")], 1)
        assert_allclose(measured[f"recall@{k}"], min(k, n_relevant) / n_relevant)
        assert_allclose(measured[f"map@{k}"], min(k, n_relevant) / n_relevant)
        assert_allclose(measured[f"precision@{k}"], min(k, n_relevant) / k)
