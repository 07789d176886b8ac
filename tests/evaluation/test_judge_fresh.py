"""A fresh judge asks the same question and has seen nobody."""

import numpy as np
from scipy import sparse

from sensorium.evaluation.judge import Judge


def test_a_fresh_judge_does_not_remember_and_does_not_disturb():
    relevant = sparse.csr_array(np.eye(3, dtype=np.float32))
    first = Judge(relevant, ks=(1,))
    second = first.fresh()
    first.add(np.arange(3), np.eye(3, dtype=np.float32))
    second.add(np.arange(3), 1 - np.eye(3, dtype=np.float32))
    assert first.result().metrics["ndcg@1"] == 1
    assert second.result().metrics["ndcg@1"] == 0
    assert first.result().exposure.tolist() == [1, 1, 1]
    assert second.result().exposure.tolist() == [2, 1, 0]
