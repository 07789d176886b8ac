"""Maps of labelled media."""

import cv2
import numpy as np
import pytest

from sensorium.catalog.labels_file import LabeledMedia
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role
from sensorium.features.block import FeatureBlock
from sensorium.insight.label_map import draw_map, draw_places, layout, require_drawable
from sensorium.media.reference import MediaRef


@pytest.fixture
def media(tmp_path) -> LabeledMedia:
    rng = np.random.default_rng(0)
    refs = []
    for n in range(24):
        hue = (40, 40, 230) if n % 2 else (230, 90, 40)
        cv2.imwrite(
            str(tmp_path / f"{n}.png"), np.clip(rng.normal(hue, 20, (40, 60, 3)), 0, 255).astype(np.uint8)
        )
        refs.append(MediaRef(f"{n}.png", tmp_path))
    refs[3] = MediaRef("gone.png", tmp_path)
    return LabeledMedia(tuple(refs), Role.IMAGE, ("blue $1", "_red"), np.arange(24) % 2, None)


def block_of(n: int) -> FeatureBlock:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(n, 60)) * 0.3 + (np.arange(n) % 2)[:, None] * 3
    return FeatureBlock("image:x", values.astype(np.float32), np.ones(n, dtype=bool))


def test_media_that_are_alike_lie_together():
    places = layout(block_of(24).values)
    assert places.shape == (24, 2)
    assert np.abs(places).max() <= 1.0
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (distance.argmin(axis=1) % 2 == np.arange(24) % 2).all()
    np.testing.assert_array_equal(places, layout(block_of(24).values))


GREEN, MAGENTA = (0, 255, 0), (255, 0, 255)  # blue, green, red; no point and no frame has them


def pixels_in_thirds(drawn: np.ndarray, hue: tuple[int, int, int]) -> np.ndarray:
    """Return how many pixels [3, 3] of this colour each third of the height and width has."""
    hit = np.abs(drawn.astype(int) - hue).max(axis=2) < 20
    rows, columns = (np.argwhere(hit) * 3 // drawn.shape[:2]).T
    return np.bincount(rows * 3 + columns, minlength=9).reshape(3, 3)


def test_thumbnails_are_drawn_at_their_places_in_the_colours_of_the_pictures(tmp_path):
    for name, hue in (("left.png", GREEN), ("right.png", MAGENTA)):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), hue, dtype=np.uint8))
    names = ["left.png", "right.png"] * 3 + ["gone.png"]
    refs = tuple(MediaRef(name, tmp_path) for name in names)
    sides = LabeledMedia(refs, Role.IMAGE, ("left", "right"), np.arange(7) % 2, None)
    corners = [(-0.7, 0.7), (0.7, 0.7), (-0.7, 0.0), (0.7, 0.0), (-0.7, -0.7), (0.7, -0.7)]
    draw_places(tmp_path / "map.png", np.array([*corners, (0.0, 0.0)]), np.arange(7), sides, title="sides")
    drawn = cv2.imread(str(tmp_path / "map.png"))
    assert min(drawn.shape[:2]) > 900
    green, magenta = pixels_in_thirds(drawn, GREEN), pixels_in_thirds(drawn, MAGENTA)
    assert green[:, 0].min() > 1000
    assert magenta[:, 2].min() > 1000
    assert not green[:, 1:].any()
    assert not magenta[:, :2].any()


def test_a_map_is_drawn_with_a_picture_that_is_gone(media, tmp_path):
    draw_map(tmp_path / "map.png", block_of(24), media, title="two colours")
    assert min(cv2.imread(str(tmp_path / "map.png")).shape[:2]) > 900


def test_too_few_media_are_refused(media, tmp_path):
    block = block_of(24)
    with pytest.raises(DataError, match="too few"):
        draw_map(
            tmp_path / "m.png", FeatureBlock("image:x", block.values, np.arange(24) < 4), media, title=""
        )


def test_a_place_that_cannot_be_drawn_to_is_refused_before_the_work(tmp_path):
    require_drawable(tmp_path / "map.svg")
    with pytest.raises(ConfigError, match=r"\.png, \.svg, \.pdf"):
        require_drawable(tmp_path / "map.docx")
    with pytest.raises(ConfigError, match="no such folder"):
        require_drawable(tmp_path / "none" / "map.png")
