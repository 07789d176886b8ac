"""A bare folder of pictures or sounds, from the first command on; and what needs events says so."""

import wave

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Red boxes and blue discs in two folders, each a little different."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for kind, colour in (("boxes", (200, 30, 30)), ("discs", (20, 60, 200))):
        (folder / kind).mkdir()
        for n in range(6):
            image = Image.new("RGB", (64, 64), (250, 250, 250))
            fill = tuple(int(value) for value in np.clip(np.add(colour, rng.integers(-20, 20, 3)), 0, 255))
            draw = ImageDraw.Draw(image)
            (draw.ellipse if kind == "discs" else draw.rectangle)((10 + n, 10, 50, 40 + n), fill=fill)
            image.save(folder / kind / f"IMG_{n:04d}.jpg")
    return folder


def test_a_folder_of_photos_works_from_the_first_command(sensorium, photos):
    made = sensorium("init", photos)
    assert "There are no events" in made.out
    assert "Next: sensorium check" in made.out
    assert sensorium("check", photos, "--json").json["usable"]
    assert "1 item" not in sensorium("fit", photos).out
    assert {row["item_id"].split("/")[0] for row in sensorium(
        "similar", photos, "--item", "discs/IMG_0001", "-k", "5", "--json"
    ).json["items"]} == {"discs"}  # fmt: skip
    shown = sensorium("similar", photos, "--item", "discs/IMG_0001", "-k", "1", "--explain").out
    (line,) = [line for line in shown.splitlines() if line.startswith("1  ")]
    assert line.count("discs/IMG_") == 1
    for words in (
        ("recommend", photos, "--history", "boxes/IMG_0002", "-k", "3"),
        ("recommend", photos, "--like", "category=boxes", "-k", "3"),
        ("recommend", photos, "--image", photos / "boxes" / "IMG_0003.jpg", "-k", "3"),
        ("search", photos, "--image", photos / "boxes" / "IMG_0003.jpg", "-k", "3"),
        ("search", photos, "--text", "boxes", "-k", "3"),
    ):
        found = [row["item_id"] for row in sensorium(*words, "--json").json["items"]]
        assert found
        assert all(item.startswith("boxes/") for item in found), words


@pytest.mark.parametrize(
    "words", [("evaluate",), ("compare",), ("probe",), ("recommend", "--user", "ann"), ("recommend", "--all")]
)
def test_what_needs_events_says_so(sensorium, photos, words):
    if not (photos / ".sensorium" / "bundles").exists():
        sensorium("init", photos)
        sensorium("fit", photos)
    command, *rest = words
    assert "there are no events" in sensorium(command, photos, *rest).mistake()


def test_first_events_come_by_update_and_are_learnt_from(sensorium, photos, tmp_path):
    if not (photos / ".sensorium" / "bundles").exists():
        sensorium("init", photos)
        sensorium("fit", photos)
    log = tmp_path / "first.csv"
    log.write_text("user_id,item_id\nann,discs/IMG_0000\nann,discs/IMG_0001\n")
    assert sensorium("update", photos, "--events", log, "--json").json["new_users"] == ["ann"]
    answer = sensorium("recommend", photos, "--user", "ann", "-k", "1", "--json").json["items"]
    assert answer[0]["item_id"].startswith("discs/")
    assert "1 user" in sensorium("fit", photos, "--seconds", "1").out


def test_a_folder_of_sounds_works_too(sensorium, tmp_path):
    rate = 16_000
    for n, pitch in enumerate((220, 233, 3000, 3100)):
        moments = np.arange(rate) / rate
        tone = (np.sin(2 * np.pi * pitch * moments) * 20_000).astype("<i2")
        with wave.open(str(tmp_path / f"take_{n}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(tone.tobytes())
    assert sensorium("init", tmp_path).code == 0
    assert sensorium("fit", tmp_path).code == 0
    answer = sensorium("similar", tmp_path, "--item", "take_0", "-k", "1", "--json").json
    assert answer["items"][0]["item_id"] == "take_1"


def test_items_without_events_are_started_by_name(sensorium, tmp_path):
    (tmp_path / "items.csv").write_text(
        "item_id,title,kind\n1,red ball,toy\n2,blue ball,toy\n3,oak table,desk\n4,oak chair,desk\n"
    )
    assert sensorium("init", tmp_path / "shop", "--items", tmp_path / "items.csv").code == 0
    assert "[events]" not in (tmp_path / "shop" / "sensorium.toml").read_text()
    assert sensorium("fit", tmp_path / "shop").code == 0
    answer = sensorium("recommend", tmp_path / "shop", "--history", "3", "-k", "1", "--json").json
    assert [row["item_id"] for row in answer["items"]] == ["4"]
