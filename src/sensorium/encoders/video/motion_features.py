"""How a clip moves, as numbers that do not depend on what it shows.

A jolt is a change of velocity between two short steps: what shakes, strikes or stops
has many, what walks or drives past has few (the idea of Hassner, Itcher and Kliper-Gross 2012, who look
at changes of speed to find violent crowds).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.encoders.video.camera_motion import CameraMotion, camera_motion
from sensorium.encoders.video.optical_flow import optical_flow, small_grey
from sensorium.media.video import VideoSample

WIDTH_PX, HEIGHT_PX = 64, 48
SPEED_EDGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Speeds in picture widths a second that divide still, slow and fast."""
N_SPEEDS = len(SPEED_EDGES) + 1
DIRECTIONS = 8
_STATISTICS: tuple[Callable[[NDArray[np.float32]], Any], ...] = (np.mean, np.std, np.max, np.min)
N_TRACKS = 4
BUSIEST = 0.1
"""The share of the picture that moves most."""

_PARTS: Mapping[str, int] = {
    "speeds": N_SPEEDS,
    "jolts": N_SPEEDS,
    "course": N_TRACKS * len(_STATISTICS) + 5 + DIRECTIONS,
    "camera": 2 * 6 + 1,
}


class _Steps(NamedTuple):
    """What moves between the three frames of each moment, apart from the camera."""

    own: NDArray[np.float32]
    """[n, 2, height, width, 2] picture widths a second."""
    speed: NDArray[np.float32]
    """[n, 2, height, width]"""
    jolt: NDArray[np.float32]
    """[n, height, width] by how much the velocity changes."""
    seen: FloatVector
    """[n] mean speed, the camera's included."""
    camera: NDArray[np.float32]
    """[n, 2, 5] pan, tilt, zoom, roll, agreement."""


def motion_parts() -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `motion_row`."""
    stops = np.cumsum(list(_PARTS.values())).tolist()
    return {name: (stop - width, stop) for (name, width), stop in zip(_PARTS.items(), stops, strict=True)}


def motion_row(sample: VideoSample) -> FloatVector:
    """Return how a clip moves [d]; zeros where no three frames of a scene follow one another."""
    parts = motion_parts()
    row = np.zeros(max(stop for _, stop in parts.values()), dtype=np.float32)
    steps = _steps(sample)
    if steps is not None:
        row[slice(*parts["speeds"])] = _shares(steps.speed)
        row[slice(*parts["jolts"])] = _shares(steps.jolt)
        row[slice(*parts["camera"])] = _camera(steps.camera)
        row[slice(*parts["course"])] = np.concatenate([_course(steps), _directions(steps.own)])
    return row


def _steps(sample: VideoSample) -> _Steps | None:
    flows: list[list[NDArray[np.float32]]] = []
    cameras: list[list[CameraMotion]] = []
    for index, gaps in enumerate(zip(sample.gaps_s.tolist(), sample.later_gaps_s.tolist(), strict=True)):
        if min(gaps) <= 0:
            continue
        shown = (sample.frames[index], sample.following[index], sample.later[index])
        first, second, third = (small_grey(frame, WIDTH_PX, HEIGHT_PX) for frame in shown)
        pair = [optical_flow(first, second, gaps[0]), optical_flow(second, third, gaps[1])]
        flows.append(pair)
        cameras.append([camera_motion(flow, gap_s) for flow, gap_s in zip(pair, gaps, strict=True)])
    if not flows:
        return None
    flow = np.array(flows)
    own = flow - np.array([[camera.flow for camera in pair] for pair in cameras])
    return _Steps(
        own=own,
        speed=np.linalg.norm(own, axis=-1),
        jolt=np.linalg.norm(own[:, 1] - own[:, 0], axis=-1),
        seen=np.linalg.norm(flow, axis=-1).mean(axis=(1, 2, 3)),
        camera=np.array([[camera[:5] for camera in pair] for pair in cameras], dtype=np.float32),
    )


def _shares(speed: NDArray[np.float32]) -> FloatVector:
    """Return the square root of the share of each range of speeds [N_SPEEDS]."""
    counts = np.bincount(np.searchsorted(SPEED_EDGES, speed.ravel()), minlength=N_SPEEDS)
    return np.sqrt(counts / speed.size).astype(np.float32)


def _directions(own: NDArray[np.float32]) -> FloatVector:
    """Return the share of motion in each direction [DIRECTIONS]: right, right and down, down, ..."""
    across, down = (np.ascontiguousarray(own[..., axis]).reshape(-1, own.shape[-2]) for axis in (0, 1))
    speed, angle = cv2.cartToPolar(across, down)
    turned = (angle.ravel() * (DIRECTIONS / (2 * np.pi)) + 0.5).astype(np.int64) % DIRECTIONS
    amounts = np.bincount(turned, weights=speed.ravel(), minlength=DIRECTIONS)
    still = speed.mean() / (speed.mean() + SPEED_EDGES[0])  # directions of next to no motion are noise
    return (amounts / max(float(amounts.sum()), 1e-6) * still).astype(np.float32)


def _course(steps: _Steps) -> FloatVector:
    """Return how motion changes over the clip, where it is, and how sharp its borders are."""
    speed = steps.speed
    pace, jolts = speed.mean(axis=(1, 2, 3)), steps.jolt.mean(axis=(1, 2))
    tracks = np.log1p(5 * np.stack([pace, np.percentile(speed, 95, axis=(1, 2, 3)), jolts, steps.seen]))
    over_time = [statistic(track) for track in tracks for statistic in _STATISTICS]
    ordered = np.sort(speed[:, 0].reshape(len(speed), -1), axis=1)
    n_busiest = int(ordered.shape[1] * BUSIEST)
    gathered = ordered[:, -n_busiest:].sum(axis=1) / np.maximum(ordered.sum(axis=1), 1e-6)
    abrupt = (jolts / np.maximum(pace, 0.01)).mean()
    borders = [np.log1p(np.abs(np.diff(steps.own[:, 0], axis=axis)).mean()) for axis in (2, 1)]
    return np.array([*over_time, gathered.mean(), gathered.std(), abrupt, *borders], dtype=np.float32)


def _camera(camera: NDArray[np.float32]) -> FloatVector:
    """Return mean and spread over the clip of pan, tilt, shift, zoom, roll, agreement; and shake [13]."""
    pan, tilt, zoom, roll, agreement = camera.mean(axis=1).T
    tracks = np.stack(
        [
            np.arcsinh(10 * pan),
            np.arcsinh(10 * tilt),
            np.log1p(10 * np.hypot(pan, tilt)),
            np.arcsinh(5 * zoom),
            np.arcsinh(5 * roll),
            agreement,
        ]
    )
    shake = np.linalg.norm(camera[:, 1, :2] - camera[:, 0, :2], axis=1)
    return np.array([*tracks.mean(axis=1), *tracks.std(axis=1), np.log1p(10 * shake).mean()])
