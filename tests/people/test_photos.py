"""A folder of photos and nothing else."""

from pathlib import Path

import pytest
from PIL import Image
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
    return next(path.stem for path in sorted(photos.glob(f"{colour}-*.jpg")))


def test_what_is_similar_looks_alike(photos, run):
    found = run("similar", photos, "--item", name("red", photos), "-k", 5, "--json")
    assert colours(found).count("red") >= 4


def test_a_smaller_copy_of_a_photo_finds_the_photo_first(photos, tmp_path, run):
    with Image.open(photos / f"{name('blue', photos)}.jpg") as original:
        original.resize((72, 72)).save(tmp_path / "asked.jpg", quality=70)
    found = run("search", photos, "--image", tmp_path / "asked.jpg", "-k", 5, "--json")
    assert not found["nothing_close"]
    assert found["items"][0]["item_id"] == name("blue", photos)


def test_a_taste_is_shown_by_a_few_photos(photos, run):
    history = ",".join(path.stem for path in sorted(photos.glob("green-*.jpg"))[:3])
    found = run("recommend", photos, "--history", history, "-k", 4, "--json")
    assert colours(found).count("green") >= 3


def test_who_asks_for_more_is_told_what_is_missing(photos, run):
    assert "events" in run("evaluate", photos, mistake=True)
