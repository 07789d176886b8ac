"""Families of picture features: each says what it is named after, and may be chosen alone."""

from types import MappingProxyType

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import ConfigError
from sensorium.encoders.choice import chosen_encoders
from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.image.edge_histogram import GRID, KINDS, edge_row
from sensorium.encoders.image.feature_families import DEFAULT_FAMILIES, image_parts, image_row
from sensorium.encoders.image.glcm import DISTANCES_PX, SPREADS, glcm_row
from sensorium.encoders.image.palette import dominant_colors, palette_row
from sensorium.encoders.registry import make_encoder
from sensorium.testing.encoder_contract import EncoderContract
from sensorium.workspace.settings import Settings

EVERY = ["colours", "palette", "texture", "co-occurrence", "shape", "edges"]
PHOTO = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (150, 100, 3), np.uint8), (0, 0), 5)


class TestEveryFamily(EncoderContract):
    encoder = ColorTextureShape
    config = MappingProxyType({"parts": EVERY})


class TestPaletteAlone(EncoderContract):
    encoder = ColorTextureShape
    config = MappingProxyType({"parts": ["palette"]})


def squares(*colours) -> np.ndarray:
    """Return 64 x 64 pixels in equal upright stripes of `colours`."""
    return np.concatenate(
        [np.full((64, 64 // len(colours), 3), colour, np.uint8) for colour in colours], axis=1
    )


def likeness(first, second) -> float:
    return float(palette_row(first) @ palette_row(second))


def test_a_part_has_the_columns_that_it_has_among_others():
    whole = image_row(PHOTO, tuple(EVERY))
    for family, (start, stop) in image_parts(tuple(EVERY)).items():
        np.testing.assert_array_equal(image_row(PHOTO, (family,)), whole[start:stop])


def test_histograms_and_moments_are_the_colours():
    halves = image_row(PHOTO, ("colour-histograms", "colour-moments"))
    np.testing.assert_array_equal(halves, image_row(PHOTO, ("colours",)))


def test_the_default_is_what_it_was():
    assert ColorTextureShape().config.parts == DEFAULT_FAMILIES == ("colours", "texture", "shape")
    assert ColorTextureShape().dimension == 1082


def test_the_same_choice_in_another_order_is_the_same():
    first, second = (make_encoder("color-texture-shape", {"parts": parts}) for parts in (EVERY, EVERY[::-1]))
    assert first.spec() == second.spec()
    assert list(first.parts) == EVERY


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "at least 1"),
        (["smell"], "'palette'"),
        (["edges", "edges"], "the same part twice"),
        (["colours", "colour-moments"], "'colours' holds"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(parts, message):
    with pytest.raises(ConfigError, match=message):
        make_encoder("color-texture-shape", {"parts": parts})


def test_dominant_colours_come_with_their_shares_the_largest_first():
    found = dominant_colors(squares((255, 0, 0), (255, 0, 0), (255, 0, 0), (0, 0, 255)))
    np.testing.assert_allclose(found.shares, [0.75, 0.25])
    np.testing.assert_allclose(found.colours[0], [53.2, 80.1, 67.2], atol=0.5)  # red in CIE Lab
    np.testing.assert_allclose(found.colours[1], [32.3, 79.2, -107.9], atol=0.5)


def test_palettes_do_not_depend_on_where_the_colours_stand():
    red, green, blue = (220, 40, 40), (40, 200, 60), (40, 60, 200)
    assert likeness(squares(red, green, blue), squares(blue, red, green)) > 0.999
    assert likeness(squares(red, red, blue), squares(red, blue, blue)) > likeness(
        squares(red, red, blue), squares(green, green, blue)
    )


def test_the_farther_a_colour_the_less_alike_the_palette():
    red = squares((200, 30, 30))
    shades = [(205, 35, 30), (215, 60, 40), (220, 120, 40), (60, 160, 60), (30, 60, 200)]
    found = [likeness(red, squares(shade)) for shade in shades]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.95
    assert found[-1] < 0.05


def test_noise_moves_a_palette_little():
    rng = np.random.default_rng(1)
    plain = squares((180, 60, 60), (60, 60, 150), (200, 190, 170))
    noisy = np.clip(plain + rng.normal(0, 6, plain.shape), 0, 255).astype(np.uint8)
    assert likeness(plain, noisy) > 0.97


def statistic(grey, which) -> np.ndarray:
    """Return one statistic by distance and angle."""
    return glcm_row(grey).reshape(len(DISTANCES_PX), 4, len(SPREADS))[:, :, which] * SPREADS[which]


def test_co_occurrence_sees_the_period_and_direction_of_stripes():
    stripes = np.tile(np.array([40, 40, 200, 200], np.uint8), (96, 24))  # upright, repeated after four pixels
    across, along = statistic(stripes, 1)[:, 0], statistic(stripes, 1)[:, 2]
    np.testing.assert_allclose(along, 0, atol=1e-6)  # no contrast downwards
    assert across[1] == across.max()  # two pixels aside everything is different
    np.testing.assert_allclose(across[2:], 0, atol=1e-6)  # four and eight aside all is the same
    correlation = statistic(stripes, 2)[:, 0]
    np.testing.assert_allclose(correlation, [0, -1, 1, 1], atol=0.05)


def test_co_occurrence_of_a_flat_picture_is_finite():
    row = glcm_row(np.full((96, 96), 90, np.uint8))
    assert np.isfinite(row).all()


def test_co_occurrence_agrees_with_counting_pair_by_pair():
    grey = PHOTO[:96, :96, 0]
    level = grey.astype(int) * 16 // 256
    counts = np.zeros((16, 16))
    for y in range(1, 96):
        for x in range(95):
            counts[level[y, x], level[y - 1, x + 1]] += 1
            counts[level[y - 1, x + 1], level[y, x]] += 1
    share = counts / counts.sum()
    entropy = -sum(p * np.log(p) for p in share.ravel() if p)
    assert statistic(grey, 3)[0, 1] == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (0, lambda y, x: x > 40.5),
        (1, lambda y, x: y > 40.5),
        (2, lambda y, x: y + x < 81),
        (3, lambda y, x: y > x),
    ],
)
def test_an_edge_of_each_direction_is_counted_as_such(kind, rule):
    y, x = np.mgrid[:96, :96]
    drawn = cv2.GaussianBlur(np.where(rule(y, x), 220, 30).astype(np.uint8), (0, 0), 1.5)
    found = edge_row(drawn).reshape(GRID * GRID, KINDS)
    assert found.sum(axis=0).argmax() == kind
    assert found[:, kind].sum() > 0.8 * found.sum()


def test_a_flat_picture_has_no_edges():
    assert not edge_row(np.full((96, 96), 128, np.uint8)).any()


@pytest.mark.parametrize(("step", "n_kinds"), [(5, 0), (6, 1)])
def test_what_answers_more_weakly_than_the_standard_says_is_no_edge(step, n_kinds):
    stripes = np.tile(np.asarray([128, 128 + step], np.uint8), (96, 48))
    assert np.count_nonzero(edge_row(stripes).reshape(GRID * GRID, KINDS).any(axis=0)) == n_kinds


def test_a_workspace_chooses_the_parts(tmp_path):
    file = tmp_path / "sensorium.toml"
    file.write_text(
        '[catalog]\nitems = "i.csv"\n[events]\nfile = "e.csv"\n'
        '[encoders]\nimage = { encoder = "color-texture-shape", parts = ["palette", "colours"] }\n'
    )
    catalog = Catalog.from_frame(pl.DataFrame({"item_id": ["a"], "photo": ["a.jpg"]}), image="photo")
    chosen = chosen_encoders(catalog, Settings.read(file).encoders.choices())
    assert list(chosen["image:photo"].parts) == ["colours", "palette"]
