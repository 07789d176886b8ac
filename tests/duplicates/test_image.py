"""Near pictures: copies in another size or compression are found, other pictures are not."""

import cv2
import numpy as np
import pytest

from sensorium.duplicates.image import NEAR_BITS, group_near_pictures
from sensorium.media.fingerprints.image import picture_fingerprint
from sensorium.media.image import decode_image


def distance(first, second):
    """Of the whole pictures."""
    one, other = (np.frombuffer(each, np.uint8)[:32] for each in (first, second))
    return int(np.bitwise_count(one ^ other).sum())


def copied(picture):
    """Half the size, strongly compressed."""
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", half, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


def cropped(picture, share):
    rows, columns = (round(share * size) for size in picture.shape[:2])
    return picture[rows:-rows, columns:-columns]


def scene(rng):
    layers = [
        cv2.resize(rng.normal(0, 60 / 2**k, (2 ** (k + 2), 2 ** (k + 2), 3)), (300, 200)) for k in range(6)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(0)
    return [scene(rng) for _ in range(20)]


def test_a_copy_is_near_and_another_picture_is_not(scenes):
    prints = [picture_fingerprint(picture) for picture in scenes]
    for picture, own in zip(scenes, prints, strict=True):
        assert distance(picture_fingerprint(copied(picture)), own) <= NEAR_BITS
    assert group_near_pictures(prints).group.tolist() == list(range(20))
    assert group_near_pictures([*prints, picture_fingerprint(copied(scenes[7]))]).group[20] == 7


@pytest.mark.parametrize("share", [0.01, 0.02, 0.03, 0.04])
def test_a_copy_may_lack_its_edges(scenes, share):
    prints = [picture_fingerprint(picture) for picture in scenes]
    copies = [picture_fingerprint(cropped(picture, share)) for picture in scenes]
    assert group_near_pictures([*prints, *copies]).group.tolist() == [*range(20)] * 2


def test_groups_are_those_of_a_plain_loop_over_all_pairs():
    rng = np.random.default_rng(1)
    base = rng.integers(0, 2, (40, 256), dtype=np.uint8)
    bits = (base[rng.integers(40, size=1200)] ^ (rng.random((1200, 256)) < 0.055)).astype(np.uint8)
    prints = [np.packbits(np.tile(row, 3)).tobytes() for row in bits]
    expected = np.arange(1200)
    differing = (bits[:, None] != bits[None]).sum(axis=2)
    for first, second in zip(*np.nonzero(np.triu(differing <= NEAR_BITS, 1)), strict=True):
        low, high = sorted((expected[first], expected[second]))
        expected[expected == high] = low
    assert group_near_pictures(prints).group.tolist() == expected.tolist()
    assert 40 <= len(set(expected)) < 200


def test_nothing_is_near_among_none_or_one():
    assert group_near_pictures([]).group.tolist() == []
    assert group_near_pictures([bytes(96)]).group.tolist() == [0]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["clothing-photos/photos", "movielens-100k/posters"])
def test_every_real_picture_is_near_its_copy_and_no_other(real_data, folder):
    files = sorted((real_data / folder).rglob("*.*"))[::10][:100]
    pictures = [decode_image(file.read_bytes(), where=file.name) for file in files]
    prints = [picture_fingerprint(picture) for picture in pictures]
    copies = [picture_fingerprint(copied(picture)) for picture in pictures]
    assert group_near_pictures([*prints, *copies]).group.tolist() == [*range(len(files))] * 2
