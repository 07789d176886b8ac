"""Items show themselves by what is inside the page alone, and a broken medium is passed over."""

import io
import re

import cv2
import numpy as np
import polars as pl
import soundfile

from sensorium.catalog.catalog import Catalog
from sensorium.serving.item_previews import MediaPreviews


def write_media(folder) -> None:
    picture = np.full((600, 400, 3), 90, dtype=np.uint8)
    cv2.imwrite(str(folder / "wide.png"), picture)
    wave = np.sin(np.arange(22_050 * 60) / 20).astype(np.float32)
    soundfile.write(folder / "long.wav", wave, 22_050)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    (folder / "broken.wav").write_bytes(b"RIFFxxxxWAVE")


def catalog(folder) -> Catalog:
    frame = pl.DataFrame(
        {
            "item_id": ["whole", "broken", "away", "bare"],
            "picture": ["wide.png", "broken.png", "https://example.org/a.png", None],
            "sound": ["long.wav", "broken.wav", "nowhere.wav", None],
        }
    )
    return Catalog.from_frame(frame, image="picture", audio="sound", base=folder)


def test_a_picture_is_shrunk_and_a_sound_cut_and_both_are_inside(tmp_path):
    write_media(tmp_path)
    page = MediaPreviews(catalog(tmp_path)).html(0)
    assert page.count("<img") == page.count("<audio") == 1
    assert re.findall(r'src="(data:[a-z]+/[a-z]+);', page) == ["data:image/jpeg", "data:audio/mpeg"]
    assert len(page) < 400_000 < (tmp_path / "long.wav").stat().st_size


def test_what_is_broken_missing_or_on_the_web_shows_nothing(tmp_path):
    write_media(tmp_path)
    previews = MediaPreviews(catalog(tmp_path))
    assert [previews.html(item) for item in (1, 2, 3)] == ["", "", ""]


def test_a_small_clip_can_be_played_and_a_fitted_model_shows_its_answers(model):
    page = model.recommend(model.users.id(0), k=3)._repr_html_()
    assert page.count("<img") == page.count("<audio") == page.count("<video") == 3
    assert "http" not in page


def test_the_sound_that_is_played_is_the_beginning(tmp_path):
    import base64

    write_media(tmp_path)
    page = MediaPreviews(catalog(tmp_path)).html(0)
    held = re.search(r"audio/mpeg;base64,([^\"]+)", page)
    assert held is not None
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(held[1])))
    assert 11 < len(samples) / rate_hz < 13
