"""Folds are pooled by user: a user judged twice counts once."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import DataError
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.pooling import pooled
from sensorium.evaluation.result import EvaluationResult


def fold(relevant: list[list[int]], scores: list[list[float]], model: str = "m") -> EvaluationResult:
    matrix = sparse.csr_array(np.asarray(relevant, dtype=np.float32))
    judge = Judge(
        matrix, ks=(1,), train_interactions=sparse.csr_array(np.ones(matrix.shape, dtype=np.float32))
    )
    rows = judge.rows
    judge.add(rows, np.asarray(scores, dtype=np.float32)[rows])
    return judge.result(model, {"n_events": {"train": 4, "test": 2}})


def test_a_user_counts_once_with_the_mean_of_the_folds():
    both = [[1, 0], [0, 1]]
    right, wrong = [[1, 0], [0, 1]], [[0, 1], [1, 0]]
    result = pooled([fold(both, right), fold([[1, 0], [0, 0]], wrong)])
    assert result.per_user["ndcg@1"].tolist() == [0.5, 1.0]
    assert result.metrics["ndcg@1"] == 0.75
    assert (result.n_users, result.n_relevant) == (2, 3)
    assert result.protocol["folds"] == 2
    assert result.exposure.tolist() == [1, 2], "in the first fold each item once, in the second the other"


def test_a_fold_in_a_slice_counts_by_its_users():
    result = pooled([fold([[1, 0], [0, 1]], [[1, 0], [0, 1]]), fold([[1, 0], [0, 0]], [[0, 1], [0, 1]])])
    assert result.slices["warm"].n_users == 3
    assert result.slices["warm"].metrics["ndcg@1"] == pytest.approx(2 / 3)


def test_different_models_are_not_pooled():
    one = fold([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    other = fold([[1, 0], [0, 1]], [[1, 0], [0, 1]], model="other")
    with pytest.raises(DataError, match="folds of one model"):
        pooled([one, other])
