"""Which colours stand where: histograms and moments."""

import cv2
import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image.grid_cells import Pixels, shares_by_cell

GRID = 3
BINS = (6, 3, 3)
"""Steps of hue, saturation and brightness in each cell's histogram."""
N_HISTOGRAMS = GRID * GRID * BINS[0] * BINS[1] * BINS[2]
N_MOMENTS = 36
DIMENSION = N_HISTOGRAMS + N_MOMENTS


def color_row(rgb: Pixels) -> FloatVector:
    """Return histograms and moments, one after the other [DIMENSION]."""
    return np.concatenate([histogram_row(rgb), moment_row(rgb)])


def histogram_row(rgb: Pixels) -> FloatVector:
    """Return an HSV histogram for each cell of a grid, as square roots of shares (Hellinger)."""
    hue, saturation, brightness = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV))
    hues, saturations, brightnesses = BINS
    code = hue.astype(np.int64) * hues // 180 * saturations + saturation.astype(np.int64) * saturations // 256
    code = code * brightnesses + brightness.astype(np.int64) * brightnesses // 256
    return shares_by_cell(code, GRID, hues * saturations * brightnesses)


def moment_row(rgb: Pixels) -> FloatVector:
    """Return mean, spread and cube root of the skewness of the Lab channels in each quarter [36]."""
    half = rgb.shape[0] // 4  # every second pixel: moments do not need them all
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[::2, ::2].astype(np.float32) / 255.0
    quarters = lab.reshape(2, half, 2, half, 3).transpose(0, 2, 4, 1, 3).reshape(4, 3, -1)
    mean = quarters.mean(axis=2)
    centred = quarters - mean[:, :, None]
    squared = centred * centred
    spread = np.sqrt(squared.mean(axis=2))
    skewness = np.cbrt((squared * centred).mean(axis=2))
    return np.concatenate([mean, spread, skewness], axis=1).ravel()
