"""How much of a dense product is held at once, and how blocks of it are made on all cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

from sensorium.core.side_by_side import n_cores

PartT = TypeVar("PartT")

BLOCK_BYTES = 64 * 2**20


def block_rows(n_columns: int, *, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many float32 rows of `n_columns` fit in a block."""
    return max(1, block_bytes // (4 * max(1, n_columns)))


def in_threads(answer: Callable[[int, int], PartT], n_rows: int, step: int) -> list[PartT]:
    """Return what `answer` makes of each block `[start, stop)` of at most `step` rows, on all cores."""
    starts = range(0, max(n_rows, 1), step)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_cores()) as pool:
        return list(pool.map(lambda start: answer(start, min(start + step, n_rows)), starts))
