"""Scores of pictures are computed fast; each says what its plain definition says, whatever the size."""

import cv2
import numpy as np
import pytest

from sensorium.media.noise import noise_level
from sensorium.media.quality.image import picture_quality
from sensorium.media.quality.processing import halo_strength

SIZES = [(403, 311), (304, 200), (96, 101), (77, 64), (61, 8), (5, 90), (40, 3), (1, 1)]


def picture(height, width):
    """Noise before a ground that grows lighter, with a few sharpened edges."""
    rng = np.random.default_rng(height)
    ground = np.linspace(0, 255, height)[:, None, None] + np.zeros((height, width, 3))
    ground[:, width // 3 : width // 2] -= 90
    return np.clip(ground + rng.normal(0, 9, ground.shape), 0, 255).astype(np.uint8)


def plain_noise(grey):
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    light = grey.astype(np.float32)
    rest = np.abs(cv2.filter2D(light, cv2.CV_32F, kernel))
    inside = ((light > 4) & (light < 251)).astype(np.float32)
    share = cv2.boxFilter(inside, -1, (8, 8))[4::8, 4::8]
    mean = cv2.boxFilter(rest * inside, -1, (8, 8))[4::8, 4::8]
    full = share > 0.9
    if full.sum() < 10:
        return None
    return np.sqrt(np.pi / 2) / 6 * np.percentile(mean[full] / share[full], 10)


def plain_blur(light):
    shares = []
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        before = np.abs(np.diff(light, axis=axis))
        after = np.abs(np.diff(cv2.blur(light, size).reshape(light.shape), axis=axis))
        if before.sum() > 0:
            shares.append(1 - np.maximum(0, before - after).sum() / before.sum())
    return max(shares, default=1.0)


def plain_halos(grey):
    """The median overshoot along the slope, edge by edge."""
    light = grey.astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), 0.8)
    right = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    slope = np.hypot(right, down)
    found = []
    for row, column in np.argwhere(slope >= max(8.0, np.percentile(slope, 95))):
        along = np.arange(-4, 5, dtype=np.float32)
        x = column + right[row, column] / slope[row, column] * along
        y = row + down[row, column] / slope[row, column] * along
        across = cv2.remap(
            light, x[None].astype(np.float32), y[None].astype(np.float32), 1, borderMode=cv2.BORDER_REPLICATE
        )[0]
        dark, bright = across[:2].mean(), across[-2:].mean()
        if bright - dark > 20:
            above, below = across[4:8].max() - bright, dark - across[1:5].min()
            over = below if bright >= 250 else above if dark <= 5 else min(above, below)
            found.append(max(0, over) / (bright - dark))
    return float(np.median(found)) if len(found) >= 50 else 0.0


@pytest.mark.parametrize("size", SIZES)
def test_scores_are_those_of_their_plain_definitions(size):
    image = picture(*size)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).reshape(size)
    scores = picture_quality(image, thorough=False)
    noise = plain_noise(grey)
    assert scores.get("noise") == (None if noise is None else pytest.approx(noise, rel=1e-5))
    assert scores["halos"] == pytest.approx(plain_halos(grey), rel=5e-3, abs=1e-4)
    if max(size) <= 384:  # larger ones are shrunk first
        light = grey.astype(np.float32) / 255
        low, high = np.percentile(light, [5, 95])
        assert (scores["dark"], scores["bright"]) == pytest.approx((high, low), abs=1e-6)
    if max(size) <= 96:  # larger ones are also looked at when shrunk
        assert scores["blur"] == pytest.approx(plain_blur(grey.astype(np.float32) / 255), abs=1e-5)


def test_edges_of_a_large_picture_are_followed_in_pieces():
    grey = cv2.cvtColor(picture(1024, 1024), cv2.COLOR_RGB2GRAY)
    assert (1024 * 1024) // 20 > 32_767
    assert halo_strength(grey) == pytest.approx(plain_halos(grey), rel=5e-3)


def test_a_picture_without_clear_tiles_has_no_noise():
    assert noise_level(np.zeros((64, 64), dtype=np.uint8)) is None
