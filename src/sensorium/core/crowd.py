"""How many users it takes to move what everybody sees, and what the events of one count at most."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import IntVector

FEWEST_USERS = 3
SHARE_OF_USERS = 0.01
AVERAGE_USERS = 2
"""What one user counts at most: so many average users, or a share of all, whichever is more."""


def crowd_size(n_users: int) -> int:
    """Return how many of `n_users` it takes to move what everybody sees: 1% of them, and three at least.

    Of fewer than six it takes half. Nobody else's clock, and no single user's thousand events, decide then.
    """
    few = min(FEWEST_USERS, (n_users + 1) // 2)
    return max(few, ceil(SHARE_OF_USERS * n_users))


def bounded_weights(users: IntVector, n_users: int) -> NDArray[np.float64]:
    """Return what each event counts [n_events]; together, nobody's count for more than two average users'.

    Or for 1% of all, where that is more. Events count one, those of a user with more than c of them so much
    less that they count c: with c = max(2 / n, 1%) sum_u min(n_u, c) for the n users who have any. `users`
    [n_events] are indices below `n_users`.
    """
    counts = np.bincount(users, minlength=n_users)
    there = counts[counts > 0]
    if not len(there):
        return np.ones(0)
    most = _most_of_one(there)
    return (most / np.maximum(counts, most))[users]


def _most_of_one(counts: IntVector) -> float:
    """Return c of `bounded_weights` for users with so many events [n_users], each at least one."""
    n = len(counts)
    like = max(AVERAGE_USERS, ceil(SHARE_OF_USERS * n))
    n_held = np.arange(
        (n - 1) // like + 1
    )  # so many of the busiest count c, which the others must agree with
    smallest = np.sort(counts)
    rest, busiest = np.cumsum(smallest)[n - 1 - n_held], smallest[n - 1 - n_held]
    first = int(np.argmax(like * rest >= busiest * (n - like * n_held)))
    return float(like * rest[first] / (n - like * n_held[first]))
