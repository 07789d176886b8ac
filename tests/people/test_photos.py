"""A folder of photos and nothing else."""

from pathlib import Path

import pytest
from tests.people.files import COLOURS, draw


@pytest.fixture(scope="module")
def photos(tmp_path_factory, run) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(32):
        colour = list(COLOURS)[n % 4]
        draw(folder / "photos" / f"{colour}-{n}.jpg", colour, "disc" if n % 8 < 4 else "bars", seed=n)
    run("init", folder / "photos")
    run("fit", folder / "photos")
    return folder / "photos"


def colours(found: dict) -> list[str]:
    return [item["item_id"].split("-")[0] for item in found["items"]]


def name(colour: str, photos: Path) -> str:
    return next(path.name for path in sorted(photos.glob(f"{colour}-*.jpg")))


def test_what_is_similar_looks_alike(photos, run):
    found = run("similar", photos, "--item", name("red", photos), "-k", 5, "--json")
    assert colours(found).count("red") >= 4


def test_a_photo_finds_photos_like_it(photos, tmp_path, run):
    asked = draw(tmp_path / "asked.jpg", "blue", "disc", seed=99)
    assert colours(run("search", photos, "--image", asked, "-k", 5, "--json")).count("blue") >= 4


def test_a_taste_is_shown_by_a_few_photos(photos, run):
    history = ",".join(path.name for path in sorted(photos.glob("green-*.jpg"))[:3])
    found = run("recommend", photos, "--history", history, "-k", 4, "--json")
    assert colours(found).count("green") >= 3


def test_who_asks_for_more_is_told_what_is_missing(photos, run):
    assert "events" in run("evaluate", photos, mistake=True)
