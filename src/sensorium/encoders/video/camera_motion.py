"""How the camera moves: the turn, zoom and shift that explain most of an optical flow."""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix

STEP_PX = 4
"""Every fourth place of the flow, across and down, votes for the camera."""
TOLERANCE_PX = 0.25
"""How far a place may lie from where the camera would have it."""


class CameraMotion(NamedTuple):
    """What the camera does between two frames, and what it would do to the picture."""

    pan: float
    """Picture widths a second by which the picture moves to the right at its middle."""
    tilt: float
    """The same, downwards."""
    zoom: float
    """Logarithm of growth, a second; positive where the picture grows."""
    roll: float
    """Radians a second, clockwise as the picture turns."""
    agreement: float
    """Share of the places that move with the camera; one where nothing else moves."""
    flow: NDArray[np.float32]
    """[height, width, 2] picture widths a second."""


def camera_motion(flow: FloatMatrix, gap_s: float) -> CameraMotion:
    """Return the similarity that most places of a flow [height, width, 2] agree on (RANSAC).

    `flow` is in picture widths a second, `gap_s` the seconds between its frames. Where no two places
    agree the camera is taken to stand still.
    """
    height, width = flow.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    places = np.stack([across - (width - 1) / 2, down - (height - 1) / 2], axis=2)  # from the middle
    chosen = places[::STEP_PX, ::STEP_PX].reshape(-1, 2)
    moved = chosen + flow[::STEP_PX, ::STEP_PX].reshape(-1, 2) * np.float32(width * gap_s)
    estimated: tuple[Any, Any] = cv2.estimateAffinePartial2D(
        chosen, moved, ransacReprojThreshold=TOLERANCE_PX
    )
    found, inlier = estimated  # typed too narrowly: None where nothing is found
    if found is None or not np.isfinite(found).all():
        return CameraMotion(0.0, 0.0, 0.0, 0.0, 0.0, np.zeros_like(flow))
    matrix = np.asarray(found, dtype=np.float32)
    a, b = float(matrix[0, 0]), float(matrix[1, 0])
    per_s = 1.0 / (width * gap_s)
    own = (places @ matrix[:, :2].T + matrix[:, 2] - places) * np.float32(per_s)
    zoom, roll = float(np.log(np.hypot(a, b))) / gap_s, float(np.arctan2(b, a)) / gap_s
    pan, tilt = float(matrix[0, 2]) * per_s, float(matrix[1, 2]) * per_s
    return CameraMotion(pan, tilt, zoom, roll, float(np.mean(inlier)), own.astype(np.float32))
