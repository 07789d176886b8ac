"""Quality of pictures: real ones have hardly a fault, and each score follows how far they are degraded."""

import cv2
import numpy as np
import pytest

from sensorium.core.roles import Role
from sensorium.media.image import decode_image
from sensorium.media.quality.image import picture_quality
from sensorium.media.quality.measures import MEASURES, find_faults
from sensorium.testing import degrade

FOLLOWS = {
    "blur": (degrade.blur, (0, 0.003, 0.006, 0.012)),
    "dark": (degrade.change_exposure, (1, 0.6, 0.3, 0.1)),
    "contrast": (degrade.reduce_contrast, (1, 0.5, 0.25, 0.1)),
    "blocks": (degrade.compress, (90, 70, 50, 30, 10)),
    "noise": (lambda p, level: degrade.add_noise(p, level, np.random.default_rng(0)), (0, 5, 10, 20, 40)),
    "halos": (degrade.sharpen, (0, 1, 2, 4)),
    "false_colour": (degrade.change_saturation, (1, 2, 4, 8)),
    "missing_tones": (degrade.posterize, (256, 64, 16, 4)),
    "text": (degrade.add_lettering, (0, 1, 3, 5)),
    "repetition": (degrade.add_watermark, (0, 0.15, 0.3, 0.5)),
    "bars": (degrade.add_bars, (0, 0.1, 0.3, 0.5)),
}
"""Score -> what is done to pictures, and by how much, the mildest first."""


def scene(side_px=403, seed=3):
    """A picture of many overlapping things, large and small, before a ground that grows lighter."""
    rng = np.random.default_rng(seed)
    ground = np.linspace(60, 190, side_px, dtype=np.float32)[:, None, None]
    picture = np.ascontiguousarray(np.broadcast_to(ground, (side_px, side_px, 3)).astype(np.uint8))
    for size in (0.3, 0.2, 0.1, 0.05):
        for _ in range(int(3 / size)):
            place = rng.integers(side_px, size=2).tolist()
            axes = rng.uniform(0.2, 1, 2) * size * side_px + 1
            colour = rng.uniform(50, 210, 3) * 0.7 + 40
            cv2.ellipse(
                picture, place, axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360, colour.tolist(), -1
            )
    texture = cv2.GaussianBlur(rng.normal(0, 16, picture.shape), (0, 0), 1.2)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + texture, 0, 255).astype(np.uint8)


def picture_faults(picture):
    return list(find_faults(Role.IMAGE, picture_quality(picture)).values())


def worsens(score, values):
    falling = next(m for m in MEASURES[Role.IMAGE] if m.name == score).worse == "lower"
    return all(np.diff(values) <= 0) if falling else all(np.diff(values) >= 0)


def test_a_good_picture_has_no_fault():
    assert picture_faults(scene()) == []


def test_each_score_of_a_picture_has_a_meaning():
    assert picture_quality(scene()).keys() == {measure.name for measure in MEASURES[Role.IMAGE]}


@pytest.mark.parametrize("score", FOLLOWS)
def test_the_score_follows_how_far_a_picture_is_degraded(score):
    degraded, levels = FOLLOWS[score]
    values = [picture_quality(degraded(scene(), level))[score] for level in levels]
    assert worsens(score, values), values
    assert values[0] != values[-1]


@pytest.mark.parametrize(
    ("degraded", "fault"),
    [
        (degrade.blur(scene(), 0.02), "blurred"),
        (degrade.change_exposure(scene(), 0.1), "very dark"),
        ((245 + scene() / 26).astype(np.uint8), "very bright"),
        (degrade.reduce_contrast(scene(), 0.05), "hardly any contrast"),
        (degrade.compress(scene(), 10), "blocks of compression"),
        (degrade.add_noise(scene(), 15, np.random.default_rng(0)), "noisy"),
        (degrade.sharpen(scene(), 6), "sharpened too much"),
        (degrade.change_saturation(scene(), 12), "colours too strong"),
        (degrade.posterize(scene(), 8), "tones missing"),
        (degrade.add_watermark(scene(), 0.7), "a mark or pattern repeats"),
        (degrade.add_bars(scene(), 0.3), "black bars over 30%"),
        (scene(50), "only 50 pixels wide or high"),
    ],
)
def test_a_picture_that_is_degraded_far_is_noted_for_it(degraded, fault):
    assert fault in picture_faults(degraded)


@pytest.mark.parametrize("scale", [0.4, 0.75, 1.5, 2, 4])
def test_resizing_makes_no_blocks(scale):
    compressed = degrade.compress(scene(), 30)
    for how in (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC):
        resized = cv2.resize(scene(), None, fx=scale, fy=scale, interpolation=how)
        assert picture_quality(resized)["blocks"] < 0.15
    assert picture_quality(compressed)["blocks"] > 0.3


def test_black_on_one_side_only_is_no_bar():
    assert picture_quality(np.pad(scene(), [(60, 0), (0, 0), (0, 0)]))["bars"] == 0  # a night sky
    assert picture_quality(np.pad(scene(), [(0, 0), (60, 60), (0, 0)]))["bars"] == pytest.approx(
        0.23, abs=0.01
    )


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("size", [(100, 100), (1, 1), (3, 500), (500, 2), (33, 40)])
def test_a_picture_of_one_colour_and_any_size_has_finite_scores(value, size):
    quality = picture_quality(np.full((*size, 3), value, dtype=np.uint8))
    assert all(np.isfinite(list(quality.values())))
    assert "hardly any contrast" in find_faults(Role.IMAGE, quality).values()


@pytest.fixture(scope="module", params=["clothing-photos/photos", "movielens-100k/posters"])
def pictures(request, real_data):
    files = sorted((real_data / request.param).rglob("*.*"))[::50]
    return [decode_image(file.read_bytes(), where=file.name) for file in files]


@pytest.mark.slow
def test_of_real_pictures_hardly_one_has_a_fault(pictures):
    assert np.mean([bool(picture_faults(picture)) for picture in pictures]) <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("score", [score for score in FOLLOWS if score != "text"])
def test_scores_of_real_pictures_follow_how_far_they_are_degraded(pictures, score):
    degraded, levels = FOLLOWS[score]
    scores = [[picture_quality(degraded(p, level))[score] for level in levels] for p in pictures[::3]]
    assert worsens(score, np.median(scores, axis=0))


@pytest.mark.slow
def test_text_on_real_photos_is_found(real_data):
    files = sorted((real_data / "clothing-photos" / "photos").rglob("*.*"))[::40]
    photos = [decode_image(file.read_bytes(), where=file.name) for file in files]
    shares = [picture_quality(photo)["text"] for photo in photos]
    lettered = [picture_quality(degrade.add_lettering(photo, 3))["text"] for photo in photos]
    assert np.median(shares) == 0
    assert np.mean(np.array(lettered) > np.quantile(shares, 0.95)) > 0.5
