"""Optical flow between two frames of a clip, on small grey copies of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix


def small_grey(rgb: NDArray[np.uint8], width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Return a frame [height, width, 3] RGB as a grey picture [height_px, width_px]."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (width_px, height_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def optical_flow(before: NDArray[np.uint8], after: NDArray[np.uint8], gap_s: float) -> FloatMatrix:
    """Return the flow (Farneback 2003) in picture widths a second [height, width, 2] float32."""
    flow = cv2.calcOpticalFlowFarneback(
        before,
        after,
        np.zeros((*before.shape, 2), dtype=np.float32),
        pyr_scale=0.5,
        levels=3,
        winsize=9,
        iterations=2,
        poly_n=5,
        poly_sigma=1.1,
        flags=0,
    )
    return np.asarray(flow, dtype=np.float32) / np.float32(before.shape[1] * gap_s)
