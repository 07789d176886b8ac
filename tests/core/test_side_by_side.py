import numpy as np
from threadpoolctl import threadpool_info

from sensorium.core.side_by_side import workers


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_linear_algebra_takes_one_thread_a_job_and_all_for_a_single_one():
    before = blas_threads()
    with workers(2) as pool:
        assert pool.submit(blas_threads).result() == {1}
    assert blas_threads() == before
    with workers(1) as pool:
        assert pool.submit(blas_threads).result() == before
