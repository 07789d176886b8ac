import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sensorium.core.errors import DataError
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.result import EvaluationResult, paired_difference


def csr(*rows: list[float]) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows, dtype=np.float32))


def random_case(seed: int = 0) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
    rng = np.random.default_rng(seed)
    relevant = sparse.csr_array((rng.random((50, 30)) < 0.1).astype(np.float32))
    train = sparse.csr_array(
        ((rng.random((50, 30)) < 0.2) & (np.arange(30) < 25) & (np.arange(50) > 4)[:, None]).astype(
            np.float32
        )
    )
    return relevant, train, rng.normal(size=(50, 30)).astype(np.float32)


def evaluated(relevant, train, scores, **options) -> EvaluationResult:
    judge = Judge(relevant, train, ks=(5, 10), train_interactions=train, **options)
    judge.add(judge.rows, scores[judge.rows])
    return judge.result("m", {"split": "none"})


def test_masked_items_are_neither_ranked_nor_asked_for() -> None:
    judge = Judge(csr([1, 0, 1]), csr([1, 0, 0]), ks=(1,))
    judge.add(np.array([0]), np.array([[9, 1, 5]], dtype=np.float32))
    result = judge.result()
    assert result.n_relevant == 1
    assert result.metrics["recall@1"] == 1


def test_a_relevant_item_without_a_score_is_a_miss() -> None:
    judge = Judge(csr([1, 0]), ks=(2,))
    judge.add(np.array([0]), np.array([[np.nan, 1]], dtype=np.float32))
    assert judge.result().metrics["recall@2"] == 0


def test_batches_give_what_one_call_gives() -> None:
    relevant, train, scores = random_case()
    whole = evaluated(relevant, train, scores)
    judge = Judge(relevant, train, ks=(5, 10), train_interactions=train)
    for row in reversed(judge.rows):
        judge.add(np.array([row]), scores[[row]])
    single = judge.result("m", {"split": "none"})
    assert single.metrics == whole.metrics
    assert single.beyond == whole.beyond
    assert_array_equal(single.exposure, whole.exposure)
    for name, part in whole.slices.items():
        assert single.slices[name].metrics == part.metrics
    for name, interval in whole.intervals.items():
        assert single.intervals[name].low == pytest.approx(interval.low, abs=1e-12)


def test_everybody_is_asked_for_in_batches() -> None:
    relevant, train, scores = random_case()
    asked: list[int] = []

    def score(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return scores[rows]

    judge = Judge(relevant, train, ks=(5, 10), train_interactions=train).add_all(score, batch_size=20)
    assert judge.result("m").metrics == evaluated(relevant, train, scores).metrics
    assert max(asked) == 20
    assert sum(asked) == len(judge.rows)


def test_the_scores_given_stay_untouched() -> None:
    relevant, train, scores = random_case()
    before = scores.copy()
    evaluated(relevant, train, scores)
    assert_array_equal(scores, before)


def test_users_with_nothing_to_find_do_not_count() -> None:
    judge = Judge(csr([0, 1], [0, 0]), ks=(1,))
    judge.add(np.array([0, 1]), np.array([[0, 1], [0, 1]], dtype=np.float32))
    result = judge.result()
    assert result.n_users == 1
    assert result.metrics["recall@1"] == 1
    assert np.isnan(result.per_user["recall@1"][1])


def test_slices_by_item_divide_what_is_to_be_found() -> None:
    relevant, train, scores = random_case()
    result = evaluated(relevant, train, scores)
    warm, cold = result.slices["warm"], result.slices["cold"]
    assert cold.n_relevant > 0
    assert warm.n_relevant + cold.n_relevant == result.n_relevant
    only_cold = relevant.toarray() * (train.toarray().sum(axis=0) == 0)
    expected = evaluated(sparse.csr_array(only_cold), train, scores)
    assert dict(cold.metrics) == pytest.approx(dict(expected.metrics))


def test_slices_by_user_divide_the_users() -> None:
    relevant, train, scores = random_case()
    result = evaluated(relevant, train, scores)
    slices = result.slices
    assert slices["warm_users"].n_users + slices["cold_users"].n_users == result.n_users
    buckets = [part for name, part in slices.items() if name.startswith("history:")]
    assert sum(part.n_users for part in buckets) == slices["warm_users"].n_users
    mean = sum(
        part.metrics["ndcg@10"] * part.n_users for part in (slices["warm_users"], slices["cold_users"])
    )
    assert mean / result.n_users == pytest.approx(result.metrics["ndcg@10"])


def test_exposure_is_counted_in_the_longest_lists() -> None:
    judge = Judge(csr([1, 0, 0], [0, 1, 0]), ks=(1, 2))
    judge.add(np.array([0, 1]), np.array([[3, 2, 1], [3, 1, 2]], dtype=np.float32))
    assert judge.result().exposure.tolist() == [2, 1, 1]


def test_an_empty_slice_has_counts_and_no_numbers() -> None:
    judge = Judge(csr([1, 0]), train_interactions=csr([1, 1]), ks=(1,))
    judge.add(np.array([0]), np.array([[1, 0]], dtype=np.float32))
    assert judge.result().slices["cold"].to_json() == {"n_users": 0, "n_relevant": 0, "intervals": {}}


def test_a_user_added_twice_is_refused() -> None:
    judge = Judge(csr([1, 0]), ks=(1,))
    scores = np.zeros((1, 2), dtype=np.float32)
    judge.add(np.array([0]), scores)
    with pytest.raises(DataError, match="twice"):
        judge.add(np.array([0]), scores)


def test_a_user_left_out_is_refused() -> None:
    judge = Judge(csr([1, 0], [1, 0]), ks=(1,))
    judge.add(np.array([0]), np.zeros((1, 2), dtype=np.float32))
    with pytest.raises(DataError, match="1 users have not been added"):
        judge.result()


def test_nothing_to_find_is_refused() -> None:
    with pytest.raises(DataError, match="no user has a test interaction"):
        Judge(csr([0, 0])).result()


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(DataError, match=r"masked \(1, 3\)"):
        Judge(csr([1, 0]), csr([1, 0, 0]))
    with pytest.raises(DataError, match="instead of"):
        Judge(csr([1, 0])).add(np.array([0]), np.zeros((1, 3), dtype=np.float32))
    with pytest.raises(DataError, match="1 or more"):
        Judge(csr([1, 0]), ks=(0,))


def test_a_model_does_not_differ_from_itself() -> None:
    result = evaluated(*random_case())
    interval = paired_difference(result, result, "recall@10")
    assert (interval.mean, interval.low, interval.high, interval.p_value) == (0, 0, 0, 1)
    assert not interval.excludes_zero


def test_a_better_model_is_shown_to_be_better() -> None:
    relevant, train, scores = random_case()
    better = evaluated(relevant, train, scores + 2 * relevant.toarray())
    interval = paired_difference(better, evaluated(relevant, train, scores), "ndcg@10")
    assert interval.low > 0
    assert interval.p_value < 0.01
    reversed_interval = paired_difference(evaluated(relevant, train, scores), better, "ndcg@10")
    assert_allclose([reversed_interval.mean, reversed_interval.low], [-interval.mean, -interval.high])


def test_different_users_cannot_be_paired() -> None:
    relevant, train, scores = random_case()
    other = evaluated(*random_case(seed=1))
    with pytest.raises(DataError, match="different users"):
        paired_difference(evaluated(relevant, train, scores), other, "ndcg@10")
    with pytest.raises(DataError, match="no metric 'ndcg@99'.*recall@10"):
        paired_difference(other, other, "ndcg@99")


def test_the_json_has_the_keys_that_the_command_line_promises() -> None:
    result = evaluated(*random_case())
    printed = result.to_json(baselines={"popularity": result}, fit_seconds=1.5, peak_memory_mb=200)
    assert {"model", "protocol", "metrics", "intervals", "baselines", "slices"} <= set(printed)
    assert printed["baselines"]["popularity"]["recall@10"] == printed["metrics"]["recall@10"]
    low, high = printed["intervals"]["recall@10"]
    assert low <= printed["metrics"]["recall@10"] <= high
    assert {"recall@10", "n_users", "n_relevant"} <= set(printed["slices"]["warm"])
    assert (printed["fit_seconds"], printed["peak_memory_mb"]) == (1.5, 200)
