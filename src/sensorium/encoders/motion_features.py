"""How a clip moves, as numbers: optical flow between each sampled frame and the one after it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.video import VideoSample
from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.optical_flow import optical_flow, small_grey

SIDE_PX = 64
SPEED_EDGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Speeds in picture widths a second that divide still, slow and fast."""
N_SPEEDS = len(SPEED_EDGES) + 1
DIRECTIONS = 8
N_SUMMARY = 6
N_STATISTICS = N_SPEEDS + DIRECTIONS + N_SUMMARY
N_CHANGE = 4
DIMENSION = 2 * N_STATISTICS + N_CHANGE


def motion_row(sample: VideoSample) -> FloatVector:
    """Return mean and spread over the sampled pairs of what the flow is like, and how frames change [d]."""
    greys = [small_grey(frame, SIDE_PX, SIDE_PX) for frame in sample.frames]
    row = np.zeros(DIMENSION, dtype=np.float32)
    pairs = [
        _flow_statistics(grey, small_grey(after, SIDE_PX, SIDE_PX), float(gap_s))
        for grey, after, gap_s in zip(greys, sample.following, sample.gaps_s, strict=True)
        if gap_s > 0
    ]
    if pairs:
        statistics = np.stack(pairs)
        row[: 2 * N_STATISTICS] = np.concatenate([statistics.mean(axis=0), statistics.std(axis=0)])
    row[2 * N_STATISTICS :] = _changes(np.stack(greys).astype(np.float32) / 255.0)
    return row


def _flow_statistics(before: NDArray[np.uint8], after: NDArray[np.uint8], gap_s: float) -> FloatVector:
    """Return shares of speeds and directions, and the camera's part of the motion [N_STATISTICS]."""
    flow = optical_flow(before, after, gap_s)
    camera = np.median(flow.reshape(-1, 2), axis=0)
    speed, angle = cv2.cartToPolar(flow[:, :, 0], flow[:, :, 1])
    own = np.hypot(flow[:, :, 0] - camera[0], flow[:, :, 1] - camera[1])
    speeds = np.bincount(np.searchsorted(SPEED_EDGES, own.ravel()), minlength=N_SPEEDS) / own.size
    turned = (angle.ravel() * (DIRECTIONS / (2 * np.pi)) + 0.5).astype(np.int64) % DIRECTIONS
    directions = np.bincount(turned, weights=speed.ravel(), minlength=DIRECTIONS)
    summary = [
        np.log1p(speed.mean()),
        np.log1p(own.mean()),
        np.log1p(np.percentile(own, 95)),
        np.log1p(np.hypot(*camera)),
        own.std() / (own.mean() + 0.01),
        _divergence(flow),
    ]
    still = speed.mean() / (speed.mean() + SPEED_EDGES[0])  # directions of next to no motion are noise
    shares = directions / max(float(directions.sum()), 1e-6) * still
    return np.concatenate([np.sqrt(speeds), shares, summary]).astype(np.float32)


def _divergence(flow: FloatMatrix) -> float:
    """Return how much the picture grows (zoom in, positive) or shrinks, in widths a second."""
    ramp = np.linspace(-1, 1, SIDE_PX)
    outward = (flow[:, :, 0] * ramp[None, :]).mean() + (flow[:, :, 1] * ramp[:, None]).mean()
    return float(np.arcsinh(10 * outward))


def _changes(greys: NDArray[np.float32]) -> FloatVector:
    """Return how pictures and brightness change between samples, and how often the scene is cut [4]."""
    if len(greys) < 2:
        return np.zeros(N_CHANGE, dtype=np.float32)
    step = np.abs(np.diff(greys, axis=0)).mean(axis=(1, 2))
    brightness = greys.mean(axis=(1, 2))
    cuts = float((step > 0.15).mean())
    return np.array([step.mean(), step.std(), brightness.std(), cuts], dtype=np.float32)
