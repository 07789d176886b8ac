"""Problems of media: missing, empty, unreadable, mislabelled, twice the same."""

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.media_checks import check_media
from sensorium.catalog.problems import Severity
from sensorium.core.roles import Role
from sensorium.media.inspection_result import InspectionResult


def picture(seed, extension):
    pixels = np.random.default_rng(seed).integers(255, size=(32, 32, 3), dtype=np.uint8)
    return cv2.imencode(extension, pixels)[1].tobytes()


@pytest.fixture
def items(tmp_path):
    contents = {
        "good.jpg": picture(0, ".jpg"),
        "same.jpg": picture(0, ".jpg"),
        "other.png": picture(1, ".png"),
        "really_png.jpg": picture(2, ".png"),
        "empty.jpg": b"",
        "text.jpg": b"this is no picture at all",
        "cut.jpg": picture(3, ".jpg")[:200],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    names = [*contents, "absent.jpg", "good.jpg", "https://host.invalid/a.jpg", "ftp://host/a.jpg", None]
    frame = pl.DataFrame({"item_id": range(len(names)), "photo": names})
    return read_catalog(frame, roles={"photo": Role.IMAGE}, base=tmp_path)


def test_every_problem_of_the_media_is_reported_with_rows_and_reasons(items):
    problems = {problem.kind: problem for problem in check_media(items)}
    assert {kind: (p.severity, p.count, p.rows) for kind, p in problems.items()} == {
        "missing media": (Severity.WARNING, 2, (8, 11)),
        "empty media": (Severity.WARNING, 1, (5,)),
        "unreadable media": (Severity.WARNING, 2, (6, 7)),
        "mislabelled media": (Severity.NOTE, 1, (4,)),
        "duplicate media": (Severity.NOTE, 2, (2, 9)),
        "unfetched media": (Severity.NOTE, 1, (10,)),
        "poor media": (Severity.NOTE, 5, (1, 2, 3, 4, 9)),
    }
    assert problems["mislabelled media"].samples == ("really_png.jpg: named .jpg but is png",)
    assert problems["duplicate media"].samples == ("same.jpg is good.jpg", "good.jpg is good.jpg")
    assert all(problem.column == "photo" for problem in problems.values())


def test_whoever_calls_may_judge_the_content(items):
    problems = check_media(
        items, inspect=lambda content, role: InspectionResult(f"{role} of {len(content)} bytes")
    )
    unreadable = next(problem for problem in problems if problem.kind == "unreadable media")
    assert unreadable.count == 7
    assert "text.jpg: image of 25 bytes" in unreadable.samples


def test_each_medium_is_read_once_however_many_items_share_it(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    seen = []
    frame = pl.DataFrame({"item_id": [1, 2, 3], "photo": ["a.jpg"] * 3})
    read = read_catalog(frame, roles={"photo": Role.IMAGE}, base=tmp_path)
    check_media(read, inspect=lambda content, role: seen.append(content) or InspectionResult())
    assert seen == [b"x"]


def test_columns_without_media_are_passed_over():
    frame = pl.DataFrame({"item_id": [1], "title": ["a.jpg"]})
    assert check_media(read_catalog(frame, roles={"title": Role.TEXT})) == []


def test_poor_pictures_are_noted(tmp_path):
    rng = np.random.default_rng(0)
    scene = cv2.resize(
        rng.integers(255, size=(12, 12, 3), dtype=np.uint8), (300, 300), interpolation=cv2.INTER_NEAREST
    )
    for name, pixels, quality in [
        ("good.jpg", scene, 95),
        ("again.jpg", scene, 60),
        ("dark.jpg", scene // 12, 95),
        ("other.jpg", np.rot90(scene), 95),
    ]:
        encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        (tmp_path / name).write_bytes(encoded.tobytes())
    names = ["good.jpg", "again.jpg", "dark.jpg", "other.jpg", "again.jpg"]
    frame = pl.DataFrame({"item_id": range(5), "photo": names})
    problems = {
        p.kind: p for p in check_media(read_catalog(frame, roles={"photo": Role.IMAGE}, base=tmp_path))
    }
    assert "dark.jpg: very dark, hardly any contrast" in problems["poor media"].samples
    assert problems["poor media"].severity is Severity.NOTE
