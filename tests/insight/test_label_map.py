"""Maps of labelled media."""

import cv2
import numpy as np
import pytest

from sensorium.catalog.labels_file import LabeledMedia
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role
from sensorium.features.block import FeatureBlock
from sensorium.insight.label_map import draw_map, layout, require_drawable
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


def test_the_picture_shows_thumbnails_in_the_colours_of_the_pictures(media, tmp_path):
    draw_map(tmp_path / "map.png", block_of(24), media, title="two colours")
    drawn = cv2.imread(str(tmp_path / "map.png"))
    assert min(drawn.shape[:2]) > 900
    assert (drawn.max(axis=2) - drawn.min(axis=2) > 120).mean() > 0.01, "reds and blues of the thumbnails"


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
