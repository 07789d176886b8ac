"""How much anybody may do in a while: token buckets, in the memory of one process.

Each of n processes lets through an n-th: no process asks another one, and none has to write to the database.
"""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

MOST_BUCKETS = 10_000
"""Whoever asked least recently is forgotten beyond so many, with a full bucket."""


@dataclass
class _Bucket:
    tokens: float
    filled_s: float


class Rates:
    """Buckets by name; each holds `burst` tokens, and `per_second` flow in."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, max(burst, 1.0)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, name: str, *, take: bool = True) -> float:
        """Take a token from the bucket `name` and return 0; or return in how many seconds there is one.

        Without `take` it stays in the bucket.
        """
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.pop(name, None) or _Bucket(self.burst, now)
            held = min(self.burst, bucket.tokens + (now - bucket.filled_s) * self.per_second)
            missing = 1.0 - held
            self._buckets[name] = _Bucket(held if missing > 0 or not take else held - 1.0, now)
            while len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return max(0.0, missing / self.per_second)


def whole_seconds(wait_s: float) -> str:
    """Return `wait_s` as `Retry-After` wants it."""
    return str(max(1, math.ceil(wait_s)))
