"""How a clip moves, as numbers that do not depend on what it shows: speeds, jolts, and their course.

A jolt is a change of velocity between two short steps: what shakes, strikes or stops
has many, what walks or drives past has few (the idea of Hassner, Itcher and Kliper-Gross 2012, who look
at changes of speed to find violent crowds).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.video import VideoSample
from sensorium.core.arrays import FloatVector
from sensorium.encoders.optical_flow import optical_flow, small_grey

WIDTH_PX, HEIGHT_PX = 64, 48
SPEED_EDGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Speeds in picture widths a second that divide still, slow and fast."""
N_SPEEDS = len(SPEED_EDGES) + 1
_STATISTICS: tuple[Callable[[NDArray[np.float32]], Any], ...] = (np.mean, np.std, np.max, np.min)
N_TRACKS = 4
N_COURSE = N_TRACKS * len(_STATISTICS) + 5
DIMENSION = 2 * N_SPEEDS + N_COURSE
BUSIEST = 0.1
"""The share of the picture that moves most."""


def jolt_parts() -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `jolt_row`."""
    return {"speeds": (0, N_SPEEDS), "jolts": (N_SPEEDS, 2 * N_SPEEDS), "course": (2 * N_SPEEDS, DIMENSION)}


def jolt_row(sample: VideoSample) -> FloatVector:
    """Return how a clip moves [DIMENSION]; zeros where no three frames follow one another."""
    steps = [
        np.stack([optical_flow(first, second, gap_s), optical_flow(second, third, later_gap_s)])
        for first, second, third, gap_s, later_gap_s in _triples(sample)
    ]
    if not steps:
        return np.zeros(DIMENSION, dtype=np.float32)
    flow = np.stack(steps)  # [n, 2 steps, height, width, 2]
    n = len(flow)
    camera = np.median(flow.reshape(n, 2, -1, 2), axis=2)
    own = flow - camera[:, :, None, None, :]
    speed = np.linalg.norm(own, axis=-1)  # [n, 2, height, width]
    jolt = np.linalg.norm(own[:, 1] - own[:, 0], axis=-1)  # [n, height, width]
    seen = np.linalg.norm(flow, axis=-1).mean(axis=(1, 2, 3))
    return np.concatenate([_shares(speed), _shares(jolt), _course(own, speed, jolt, seen)], dtype=np.float32)


def _triples(sample: VideoSample) -> list[tuple[Any, Any, Any, float, float]]:
    """Return three small grey pictures and the seconds between them, for each sample that has them."""
    gaps = zip(sample.gaps_s.tolist(), sample.later_gaps_s.tolist(), strict=True)
    return [
        (
            small_grey(sample.frames[index], WIDTH_PX, HEIGHT_PX),
            small_grey(sample.following[index], WIDTH_PX, HEIGHT_PX),
            small_grey(sample.later[index], WIDTH_PX, HEIGHT_PX),
            *pair,
        )
        for index, pair in enumerate(gaps)
        if min(pair) > 0
    ]


def _shares(speed: NDArray[np.float32]) -> FloatVector:
    """Return the square root of the share of each range of speeds [N_SPEEDS]."""
    counts = np.bincount(np.searchsorted(SPEED_EDGES, speed.ravel()), minlength=N_SPEEDS)
    return np.sqrt(counts / speed.size).astype(np.float32)


def _course(
    own: NDArray[np.float32], speed: NDArray[np.float32], jolt: NDArray[np.float32], seen: FloatVector
) -> FloatVector:
    """Return how motion changes over the clip, where it is, and how sharp its borders are [N_COURSE]."""
    pace, jolts = speed.mean(axis=(1, 2, 3)), jolt.mean(axis=(1, 2))
    tracks = np.log1p(5 * np.stack([pace, np.percentile(speed, 95, axis=(1, 2, 3)), jolts, seen]))
    over_time = [statistic(track) for track in tracks for statistic in _STATISTICS]
    ordered = np.sort(speed[:, 0].reshape(len(speed), -1), axis=1)
    n_busiest = int(ordered.shape[1] * BUSIEST)
    gathered = ordered[:, -n_busiest:].sum(axis=1) / np.maximum(ordered.sum(axis=1), 1e-6)
    abrupt = (jolts / np.maximum(pace, 0.01)).mean()
    borders = [np.log1p(np.abs(np.diff(own[:, 0], axis=axis)).mean()) for axis in (2, 1)]
    return np.array([*over_time, gathered.mean(), gathered.std(), abrupt, *borders], dtype=np.float32)
