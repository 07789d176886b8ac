"""What a file is follows from its content; what is wrong with it is said in a few words."""

import cv2
import numpy as np
import pytest

from sensorium.core.roles import Role
from sensorium.media.inspection import media_problem
from sensorium.media.sniff import describe_wrong_name, sniff_format
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound

RNG = np.random.default_rng(0)
PICTURE, SOUND, CLIP = (make(0, RNG) for make in (red_or_blue_picture, red_or_blue_sound, red_or_blue_clip))


@pytest.mark.parametrize(
    ("content", "role"), [(PICTURE, Role.IMAGE), (SOUND, Role.AUDIO), (CLIP, Role.VIDEO)]
)
def test_good_media_have_no_problem(content, role):
    assert media_problem(content, role) is None


@pytest.mark.parametrize(
    ("content", "role", "problem"),
    [
        (b"", Role.IMAGE, "empty file"),
        (SOUND, Role.IMAGE, "not a picture but wav"),
        (PICTURE, Role.AUDIO, "not sound but png"),
        (PICTURE, Role.VIDEO, "not a clip but png"),
        (PICTURE[:100], Role.IMAGE, "truncated png"),
        (CLIP, Role.AUDIO, "no sound in it"),
        (CLIP[:200], Role.VIDEO, "undecodable clip"),
    ],
)
def test_a_problem_is_named(content, role, problem):
    assert media_problem(content, role) == problem


def test_decoders_keep_silent_about_broken_media(capfd):
    jpeg = cv2.imencode(".jpg", np.zeros((64, 64, 3), dtype=np.uint8))[1].tobytes()
    media_problem(jpeg[:200] + b"\xff\xd9", Role.IMAGE)
    media_problem(PICTURE[: len(PICTURE) // 2] + b"IEND", Role.IMAGE)
    media_problem(CLIP[:-400], Role.VIDEO)
    captured = capfd.readouterr()
    assert captured.err == ""
    assert captured.out == ""


@pytest.mark.parametrize(
    ("name", "content", "verdict"),
    [
        ("a.png", PICTURE, None),
        ("a.PNG", PICTURE, None),
        ("poster", PICTURE, None),
        ("a.jpg", PICTURE, "named .jpg but is png"),
        ("a.mp3", SOUND, "named .mp3 but is wav"),
        ("a.mov", CLIP, None),
        ("a.jpg", b"not known at all", None),
    ],
)
def test_a_name_that_contradicts_the_content_is_told(name, content, verdict):
    assert describe_wrong_name(name, content) == verdict


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xd8\xff\xdb", "jpeg"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "avi"),
        (b"\x00\x00\x00\x1cftypM4A ", "m4a"),
        (b"\x00\x00\x00\x1cftypavif", "avif"),
        (b"\x00\x00\x00\x1cftypisom", "mp4"),
        (b"G" + bytes(187) + b"G" + bytes(10), "ts"),
    ],
)
def test_formats_are_told_by_their_first_bytes(head, name):
    assert sniff_format(head).name == name


@pytest.mark.parametrize("head", [b"", b"\xff", b"GIF", b"plain text", bytes(100), b"\xff\xff\xff\xff"])
def test_what_is_nothing_known_is_none(head):
    assert sniff_format(head) is None
