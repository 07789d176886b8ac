"""What the default encoder of pictures says of pictures whose colours, textures and lines are known."""

import cv2
import numpy as np
import pytest

from sensorium.encoders.image.color_histograms import BINS, GRID, N_HISTOGRAMS
from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.image.hog import DIRECTIONS, hog_row
from sensorium.encoders.image.lbp import BINS as PATTERNS

SIDE_PX = 192
COLOURS = {
    "red": ((255, 0, 0), (0, 2, 2), (53.2, 80.1, 67.2)),
    "yellow": ((255, 255, 0), (1, 2, 2), (97.1, -21.6, 94.5)),
    "green": ((0, 255, 0), (2, 2, 2), (87.7, -86.2, 83.2)),
    "cyan": ((0, 255, 255), (3, 2, 2), (91.1, -48.1, -14.1)),
    "blue": ((0, 0, 255), (4, 2, 2), (32.3, 79.2, -107.9)),
    "magenta": ((255, 0, 255), (5, 2, 2), (60.3, 98.2, -60.8)),
    "dark red": ((128, 0, 0), (0, 2, 1), (25.5, 48.0, 38.1)),
    "very dark blue": ((0, 0, 60), (4, 2, 0), (2.9, 20.7, -35.4)),
    "pale red": ((255, 200, 200), (0, 0, 2), (85.1, 20.2, 9.2)),
    "black": ((0, 0, 0), (0, 0, 0), (0, 0, 0)),
    "grey": ((128, 128, 128), (0, 0, 1), (53.6, 0, 0)),
    "white": ((255, 255, 255), (0, 0, 2), (100, 0, 0)),
}
"""Name -> sRGB; steps of hue, saturation and brightness; CIE Lab under D65."""


def encoded(pixels):
    """Return the parts of the row of RGB `pixels`, stored without loss."""
    content = cv2.imencode(".png", np.asarray(pixels, dtype=np.uint8)[..., ::-1])[1].tobytes()
    looks = ColorTextureShape()
    (row,) = looks.encode_batch([content]).values
    return {name: row[start:stop] for name, (start, stop) in looks.parts.items()}


def plain(colour):
    return np.full((SIDE_PX, SIDE_PX, 3), colour, dtype=np.uint8)


def histograms(colours):
    return colours[:N_HISTOGRAMS].reshape(GRID, GRID, *BINS)


def moments(colours):
    """Return mean, spread and skewness of Lab in each quarter [2, 2, 3, 3]."""
    return colours[N_HISTOGRAMS:].reshape(2, 2, 3, 3)


@pytest.mark.parametrize("name", COLOURS)
def test_a_plain_colour_fills_the_bin_of_its_hue_saturation_and_brightness(name):
    rgb, steps, _ = COLOURS[name]
    found = histograms(encoded(plain(rgb))["colours"])
    np.testing.assert_allclose(found[(slice(None), slice(None), *steps)], 1, atol=1e-6)
    assert found.sum() == pytest.approx(GRID * GRID)


@pytest.mark.parametrize("name", COLOURS)
def test_the_moments_of_a_plain_colour_are_its_place_in_cie_lab(name):
    rgb, _, (lightness, a, b) = COLOURS[name]
    found = moments(encoded(plain(rgb))["colours"])
    expected = np.asarray([lightness * 2.55, a + 128, b + 128]) / 255
    np.testing.assert_allclose(found[..., 0, :], np.broadcast_to(expected, (2, 2, 3)), atol=0.012)
    np.testing.assert_allclose(found[..., 1:, :], 0, atol=1e-5)


def test_shares_are_counted_cell_by_cell_as_square_roots():
    pixels = plain(COLOURS["red"][0])
    pixels[:, SIDE_PX * 2 // 3 :] = COLOURS["blue"][0]
    pixels[SIDE_PX * 2 // 3 :, : SIDE_PX // 6] = COLOURS["white"][0]
    found = histograms(encoded(pixels)["colours"])
    red, blue, white = (found[(slice(None), slice(None), *COLOURS[n][1])] for n in ("red", "blue", "white"))
    np.testing.assert_allclose(blue, [[0, 0, 1]] * 3, atol=0.25)
    np.testing.assert_allclose(white, [[0, 0, 0], [0, 0, 0], [np.sqrt(0.5), 0, 0]], atol=0.12)
    assert red[2, 0] == pytest.approx(np.sqrt(0.5), abs=0.12)
    np.testing.assert_allclose(np.square(found).sum(axis=(2, 3, 4)), 1, rtol=1e-5)


def test_moments_stand_quarter_by_quarter_and_tell_spread_and_skewness():
    pixels = plain((0, 0, 0))
    pixels[: SIDE_PX // 2, SIDE_PX // 2 :] = 255  # at the top right all is white
    pixels[SIDE_PX // 2 :, : SIDE_PX // 8] = 255  # at the bottom left a quarter is
    lightness = moments(encoded(pixels)["colours"])[..., 0]
    np.testing.assert_allclose(lightness[0, 0], [0, 0, 0], atol=0.02)
    np.testing.assert_allclose(lightness[0, 1], [1, 0, 0], atol=0.02)
    share = 0.25
    expected = share, np.sqrt(share * (1 - share)), np.cbrt(share * (1 - share) * (1 - 2 * share))
    np.testing.assert_allclose(lightness[1, 0], expected, atol=0.04)


def pattern(rising):
    """Return the bin of the ring in which the neighbours `rising`, from the upper left on, are as bright."""
    code = sum(1 << bit for bit, is_bright in enumerate(rising) if is_bright)

    def changes(number):
        bits = [number >> bit & 1 for bit in range(8)]
        return sum(bits[n] != bits[n - 1] for n in range(8))

    return [number for number in range(256) if changes(number) <= 2].index(code)


@pytest.mark.parametrize(
    ("ramp", "rising"),
    [
        (lambda y, x: 0 * x + 90, [1] * 8),
        (lambda y, x: x, [0, 1, 1, 1, 1, 1, 0, 0]),
        (lambda y, x: 191 - x, [1, 1, 0, 0, 0, 1, 1, 1]),
        (lambda y, x: y, [0, 0, 0, 1, 1, 1, 1, 1]),
        (lambda y, x: 191 - y, [1, 1, 1, 1, 0, 0, 0, 1]),
    ],
)
def test_the_texture_of_a_ramp_is_the_ring_of_those_that_are_as_bright(ramp, rising):
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    pixels = np.repeat(ramp(y, x)[..., None], 3, axis=2)
    found = encoded(pixels)["texture"].reshape(4, PATTERNS)
    np.testing.assert_allclose(found[:, pattern(rising)], 1, atol=0.02)


@pytest.mark.parametrize(
    ("rule", "shares"),
    [
        (lambda y, x: x > 96.5, {0: 1.0}),
        (lambda y, x: y > 96.5, {4: 0.5, 5: 0.5}),
        (lambda y, x: x + y > 191, {2: 0.75, 3: 0.25}),
        (lambda y, x: x > y, {6: 0.25, 7: 0.75}),
    ],
)
@pytest.mark.parametrize("bright_first", [False, True])
def test_a_line_counts_in_the_direction_of_its_slope_whichever_side_is_bright(rule, shares, bright_first):
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    is_bright = rule(y, x) != bright_first
    pixels = cv2.GaussianBlur(np.where(is_bright, 220, 30).astype(np.uint8), (0, 0), 4)
    found = encoded(np.repeat(pixels[..., None], 3, axis=2))["shape"].reshape(-1, DIRECTIONS)
    strongest = found[np.argsort(-found.sum(axis=1))[:3]].mean(axis=0)
    expected = np.zeros(DIRECTIONS)
    expected[list(shares)] = list(shares.values())
    np.testing.assert_allclose(strongest / strongest.sum(), expected, atol=0.14)


def test_lines_count_in_the_cells_where_they_are():
    pixels = plain((30, 30, 30))
    pixels[:, 144:] = 220  # an upright edge in the fifth of six columns
    found = encoded(pixels)["shape"].reshape(6, 6, DIRECTIONS).sum(axis=2)
    assert (found.argmax(axis=1) == np.asarray([4] * 6)).all() or (found[:, 4] > 0).all()
    np.testing.assert_allclose(found[:, :3], 0, atol=1e-6)


def test_one_line_alone_says_no_more_than_the_limit():
    grey = np.full((48, 48), 100, dtype=np.uint8)
    grey[18:22, 19:21] = 250  # within one cell, whose normalised length would be one
    assert hog_row(grey).max() == pytest.approx(0.4)
