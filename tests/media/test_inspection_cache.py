"""What was found in a medium is remembered by its content."""

import cv2
import numpy as np
import pytest

from sensorium.core.roles import Role
from sensorium.media.inspection_cache import CachedInspector


def picture(seed):
    pixels = np.random.default_rng(seed).integers(255, size=(80, 80, 3), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "made" / "examined.sqlite"


def test_what_was_examined_before_is_not_decoded_again(file):
    contents = [picture(0), picture(1), b"no picture"]
    with CachedInspector(file) as probe:
        first = [probe(content, Role.IMAGE) for content in contents]
        assert probe.n_examined == 3
        assert [probe(content, Role.IMAGE) for content in contents] == first
        assert probe.n_examined == 3
    with CachedInspector(file) as probe:
        assert [probe(content, Role.IMAGE) for content in contents] == first
        assert probe.n_examined == 0
        assert probe(picture(2), Role.IMAGE).problem is None
        assert probe.n_examined == 1
    assert first[0].scores["noise"] > 10
    assert first[0].fingerprint is not None
    assert first[2].problem == "not a picture"


def test_the_same_content_in_another_role_is_examined_for_it(file):
    with CachedInspector(file) as probe:
        assert probe(picture(0), Role.IMAGE).problem is None
        assert probe(picture(0), Role.AUDIO).problem == "not sound but png"
        assert probe.n_examined == 2


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100])
def test_a_damaged_file_starts_anew(file, damage):
    with CachedInspector(file) as probe:
        probe(picture(0), Role.IMAGE)
    file.write_bytes(damage)
    for n_new in (1, 0):
        with CachedInspector(file) as probe:
            probe(picture(0), Role.IMAGE)
            assert probe.n_examined == n_new


def test_what_another_version_found_is_found_out_anew(file, monkeypatch):
    with CachedInspector(file) as probe:
        probe(picture(0), Role.IMAGE)
    monkeypatch.setattr("sensorium.media.inspection_cache.VERSION", -1)
    with CachedInspector(file) as probe:
        probe(picture(0), Role.IMAGE)
        assert probe.n_examined == 1
