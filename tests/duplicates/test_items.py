"""The duplicates of a catalogue: groups with reasons, and notes for `check`."""

import csv

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.problems import Severity
from sensorium.core.roles import Role
from sensorium.duplicates.items import find_duplicates
from sensorium.duplicates.problems import duplicate_problems

PLOT = "A retired detective returns to the island of his childhood, where the lighthouse keeper has vanished."
NEARLY = PLOT.replace("retired ", "").upper()
OTHER = "Two sisters inherit a bakery in Lisbon and discover a recipe that makes everybody tell the truth."


@pytest.fixture
def read(tmp_path):
    rng = np.random.default_rng(0)
    scenes = [cv2.resize(rng.integers(255, size=(12, 12, 3), dtype=np.uint8), (300, 300)) for _ in range(2)]
    for name, scene, quality in [
        ("a.jpg", scenes[0], 95),
        ("a2.jpg", scenes[0], 50),
        ("b.jpg", scenes[1], 95),
    ]:
        content = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        (tmp_path / name).write_bytes(content.tobytes())
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    rows = [
        ("one", "The island", PLOT, "a.jpg"),
        ("other", "The bakery", OTHER, "b.jpg"),
        ("again", "the Island!", NEARLY, "a2.jpg"),
        ("picture alone", None, None, "a.jpg"),
        ("other plot", "The island", OTHER, "a.jpg"),
        ("title alone", "The island", None, None),
        ("broken", "The bakery", OTHER, "broken.jpg"),
        ("address", None, None, "https://host.invalid/a.jpg"),
        ("same address", None, None, "https://host.invalid/a.jpg"),
    ]
    frame = pl.DataFrame(rows, schema=["item_id", "title", "plot", "photo"], orient="row")
    roles = {"title": Role.TEXT, "plot": Role.TEXT, "photo": Role.IMAGE}
    return read_catalog(frame, roles=roles, base=tmp_path)


def test_items_are_one_if_they_are_nearly_the_same_in_all_that_both_have(read):
    found = find_duplicates(read.catalog)
    groups = [tuple(read.catalog.items.ids_at(members)) for members in found.groups]
    assert groups == [("one", "again", "picture alone"), ("other", "broken")]


def test_each_item_is_told_why_it_is_in_its_group(read, tmp_path):
    found = find_duplicates(read.catalog)
    expected = {
        "one": "title the same, plot nearly, photo the same",
        "again": "title the same, plot nearly, photo nearly",
        "picture alone": "photo the same",
    }
    assert found.to_json()[0] == expected
    found.write(tmp_path / "duplicates.csv")
    with (tmp_path / "duplicates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["group", "item_id", "why"]
    assert rows[1:4] == [["1", item, why] for item, why in expected.items()]
    assert [row[:2] for row in rows[4:]] == [["2", "other"], ["2", "broken"]]


def test_what_is_nearly_the_same_is_noted_column_by_column(read):
    problems = {problem.kind: problem for problem in duplicate_problems(read, find_duplicates(read.catalog))}
    assert {kind: (p.column, p.rows, p.samples[0]) for kind, p in problems.items()} == {
        "near-duplicate text": ("plot", (3,), "again is nearly one"),
        "near-duplicate media": ("photo", (3,), "a2.jpg is nearly a.jpg"),
        "duplicate items": (
            None,
            (3, 4, 7),
            "again is one: title the same, plot nearly, photo nearly",
        ),
    }
    assert all(problem.severity is Severity.NOTE for problem in problems.values())


def test_a_catalogue_without_text_and_media_has_no_duplicates():
    read = read_catalog(pl.DataFrame({"item_id": [1, 2], "price": [3, 3]}), roles={"price": Role.NUMBER})
    found = find_duplicates(read.catalog)
    assert found.groups == []
    assert duplicate_problems(read, found) == []
