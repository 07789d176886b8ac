import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from sensorium.core.side_by_side import n_cores, side_by_side, workers


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_answers_come_in_the_order_of_the_jobs():
    gate = threading.Event()

    def first():
        assert gate.wait(10) or n_cores() == 1
        return 1

    def second():
        gate.set()
        return 2

    assert side_by_side([first, second] if n_cores() > 1 else [second, first]) in ([1, 2], [2, 1])
    assert side_by_side([]) == []


def test_an_error_is_raised_once_all_have_ended():
    ended = []

    def fails():
        raise ValueError("no")

    def works():
        ended.append(1)

    with pytest.raises(ValueError, match="no"):
        side_by_side([fails, works, works])
    assert len(ended) == 2


def test_linear_algebra_takes_one_thread_a_job_and_all_for_a_single_one():
    before = blas_threads()
    with workers(2) as pool:
        assert pool.submit(blas_threads).result() == {1}
    assert blas_threads() == before
    with workers(1) as pool:
        assert pool.submit(blas_threads).result() == before
