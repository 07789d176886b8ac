"""Work side by side: several jobs on the cores that there are, each on one thread of its own."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


def n_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(n_jobs: int) -> Generator[ThreadPoolExecutor]:
    """Open a pool of threads for `n_jobs`; inside, linear algebra takes one thread for each of several jobs.

    So what a job computes does not depend on how many cores there are, nor on what runs beside it. Sparse
    products, factorisations and what NumPy does with large arrays run outside the interpreter's lock.
    """
    with (
        threadpool_limits(1 if n_jobs > 1 else None, "blas"),
        ThreadPoolExecutor(max(min(n_cores(), n_jobs), 1), thread_name_prefix="sensorium") as pool,
    ):
        yield pool
