"""What several fits on the same data compute once."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")


class FitCache:
    """Results by key, kept as long as the data that they were computed from.

    Two threads that ask at the same time may both compute; the answer is the same.
    """

    def __init__(self) -> None:
        self._results: dict[Hashable, Any] = {}

    def of(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Return what `compute` returned when `key` was first asked for."""
        if key not in self._results:
            self._results[key] = compute()
        return self._results[key]
