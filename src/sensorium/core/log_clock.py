"""A log's own clock: from when to when it runs, whatever single users say the time is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import IntVector
from sensorium.core.crowd import crowd_size


class Span(NamedTuple):
    """When a log begins and ends, in seconds since 1970."""

    begin: float
    end: float


def log_span(users: IntVector, times: NDArray[np.float64]) -> Span | None:
    """Return when a log begins and ends by its own clock; None if no time is known.

    It ends at the latest moment at which a crowd has been there or came later (see `crowd_size`), and begins
    alike. `users` [n_events] are indices, `times` [n_events] seconds since 1970; NaN: unknown.
    """
    known = np.isfinite(times)
    users, times = users[known], np.asarray(times[known], dtype=np.float64)
    if not len(times):
        return None
    first, last = np.full(users.max() + 1, np.inf), np.full(users.max() + 1, -np.inf)
    np.minimum.at(first, users, times)
    np.maximum.at(last, users, times)
    there = np.isfinite(last)
    first, last = first[there], last[there]
    crowd = crowd_size(len(last))
    begin = float(np.partition(first, crowd - 1)[crowd - 1])
    end = float(np.partition(last, len(last) - crowd)[len(last) - crowd])
    return Span(min(begin, end), max(begin, end))


def date_undated(
    users: IntVector, times: NDArray[np.float64], known: tuple[IntVector, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return `times` [n_events] of events that come in now, with now for those that are NaN.

    Now is the end of the log, or of what comes in, or the user's own last event, whichever is latest. `known`
    are the users and times of all other events. Without any time none is set.
    """
    undated = np.isnan(times)
    everybody, moments = np.concatenate([known[0], users]), np.concatenate([known[1], times])
    log, incoming = log_span(everybody, moments), log_span(users, times)
    if log is None or not undated.any():
        return times
    now = log.end if incoming is None else max(log.end, incoming.end)
    own = np.full(everybody.max() + 1, now)
    there = np.isfinite(moments)
    np.maximum.at(own, everybody[there], moments[there])
    return np.where(undated, own[users], times)
