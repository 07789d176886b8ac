"""Near duplicates: copies in another size or compression are found, other pictures are not."""

import cv2
import numpy as np
import pytest

from sensorium.catalog.media.fingerprint import NEAR_BITS, near_duplicates, picture_fingerprint
from sensorium.catalog.media.image import decode_image


def distance(first, second):
    return int(np.bitwise_count(np.frombuffer(first, np.uint8) ^ np.frombuffer(second, np.uint8)).sum())


def copied(picture):
    """Half the size, strongly compressed."""
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", half, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


def scene(rng):
    layers = [
        cv2.resize(rng.normal(0, 60 / 2**k, (2 ** (k + 2), 2 ** (k + 2), 3)), (300, 200)) for k in range(6)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def test_a_copy_is_near_and_another_picture_is_not():
    rng = np.random.default_rng(0)
    scenes = [scene(rng) for _ in range(20)]
    prints = [picture_fingerprint(picture) for picture in scenes]
    assert all(len(each) == 32 for each in prints)
    for picture, own in zip(scenes, prints, strict=True):
        assert distance(picture_fingerprint(copied(picture)), own) <= NEAR_BITS
    assert near_duplicates(prints) == {}
    assert near_duplicates([*prints, picture_fingerprint(copied(scenes[7]))]) == {20: 7}


def test_each_is_told_the_first_one_that_is_near_as_a_plain_loop_would():
    rng = np.random.default_rng(1)
    base = rng.integers(0, 2, (40, 256), dtype=np.uint8)
    bits = base[rng.integers(40, size=1200)] ^ (rng.random((1200, 256)) < 0.045)
    prints = [np.packbits(row).tobytes() for row in bits.astype(np.uint8)]
    expected = {}
    for later in range(1200):
        near = np.flatnonzero((bits[:later] != bits[later]).sum(axis=1) <= NEAR_BITS)
        if len(near):
            expected[later] = int(near[0])
    assert near_duplicates(prints) == expected
    assert 100 < len(expected) < 1190


def test_nothing_is_near_among_none():
    assert near_duplicates([]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["clothing-photos/photos", "movielens-100k/posters"])
def test_every_real_picture_is_near_its_copy_and_no_other(real_data, folder):
    files = sorted((real_data / folder).rglob("*.*"))[::10][:100]
    pictures = [decode_image(file.read_bytes(), where=file.name) for file in files]
    prints = [picture_fingerprint(picture) for picture in pictures]
    copies = [picture_fingerprint(copied(picture)) for picture in pictures]
    expected = {len(files) + n: n for n in range(len(files))}
    assert near_duplicates([*prints, *copies]) == expected
