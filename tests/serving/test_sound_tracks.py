"""The sound track of a clip is found by a sound, and tells which items sound alike."""

import io

import numpy as np
import polars as pl
import pytest
import soundfile
from tests.media.clips import film
from tests.media.recordings import by_av

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError

RATE_HZ = 22_050
PITCHES_HZ = (220, 330, 523, 880, 1318, 2093)


def tone(pitch_hz, seconds=2.0, seed=0):
    """A tone that swells, and a little noise."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).normal(0, 0.01, len(time_s))
    return (0.4 * np.sin(2 * np.pi * pitch_hz * time_s) * (0.5 + 0.5 * time_s / seconds) + noise).astype(
        np.float32
    )


def clip(index, pitch_hz):
    """A clip that looks like every other, with a sound of its own."""
    rng = np.random.default_rng(index)
    frames = [rng.integers(60, 120, (48, 64, 3), dtype=np.uint8) for _ in range(10)]
    sound = None if pitch_hz is None else (tone(pitch_hz, seed=index), RATE_HZ)
    return film(frames, [0.2 * step for step in range(10)], sound=sound)


def wav(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV")
    return file.getvalue()


def recorded(pitch_hz):
    """The tone as a phone records it; hiss beneath it would be lost in a clip, too."""
    return by_av(tone(pitch_hz, seed=99), "ipod", "aac", RATE_HZ)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for index, pitch_hz in enumerate([*PITCHES_HZ, *PITCHES_HZ, None]):
        (folder / f"{index}.mp4").write_bytes(clip(index, pitch_hz))
    return folder


def fitted(folder, encoder=None):
    ids = [str(index) for index in range(13)]
    items = pl.DataFrame({"item_id": ids, "clip": [f"{folder}/{one}.mp4" for one in ids]})
    events = pl.DataFrame({"user_id": ["a", "a", "b", "b"], "item_id": ["0", "1", "1", "2"]})
    encoders = {} if encoder is None else {"encoders": {"video": encoder}}
    return sn.fit(sn.Catalog.from_frame(items, video="clip"), events, model="popularity", **encoders)


@pytest.fixture(scope="module")
def model(folder):
    return fitted(folder)


@pytest.mark.parametrize("index", range(6))
def test_a_sound_finds_the_clips_that_sound_like_it(model, index):
    found = model.search(audio=recorded(PITCHES_HZ[index]), k=2)
    assert found.item_ids[0] in {str(index), str(index + 6)}


def test_a_clip_may_be_the_sound_that_is_asked_for(model, folder):
    assert model.search(audio=folder / "3.mp4", k=3).item_ids[0] == "3"


def test_clips_without_sound_are_not_found_by_one(model):
    found = model.search(audio=recorded(PITCHES_HZ[1]), k=13)
    assert "12" not in found.item_ids


def test_items_are_similar_by_their_sound_tracks(model):
    assert model.similar("2", by="audio", k=1).item_ids == ("8",)
    assert model.similar("2", by="audio:clip", k=1).item_ids == ("8",)
    with pytest.raises(DataError, match="it has no audio"):
        model.similar("12", by="audio")


def test_the_seconds_that_sound_alike_are_told(model):
    found = model.explain_similarity("2", "8", by="audio")
    assert found.block == "audio:clip"
    assert found.likeness > 0.3
    assert sum(moment.share for moment in found.moments[0]) == pytest.approx(1, abs=1e-3)


def test_a_recipe_of_clips_is_searched_by_sound_too(folder):
    found = fitted(folder, "clip+motion").search(audio=recorded(PITCHES_HZ[4]), k=2)
    assert {found.item_ids[0]} <= set(found.item_ids) <= {"4", "10"}


def test_a_saved_model_is_searched_by_sound(model, folder, tmp_path):
    model.save(tmp_path / "model")
    found = sn.load(tmp_path / "model").search(audio=recorded(PITCHES_HZ[1]), k=2)
    assert {found.item_ids[0]} <= set(found.item_ids) <= {"1", "7"}


def test_clips_that_are_only_watched_have_no_sound_to_compare_with(folder):
    with pytest.raises(DataError, match="no audio column"):
        fitted(folder, "motion").search(audio=wav(tone(500)))


def test_similarity_is_explained_by_the_first_medium_that_both_items_have(model):
    assert model.explain_similarity("2", "8").block == "video:clip"
    words = pl.DataFrame({"item_id": ["a", "b"], "title": ["one red hat", "two red hats"]})
    events = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
    bare = sn.fit(sn.Catalog.from_frame(words, text="title"), events, model="popularity")
    with pytest.raises(ConfigError, match="no pictures, sounds or clips"):
        bare.explain_similarity("a", "b")


def test_the_similarity_of_sounds_needs_no_word_about_them(tmp_path):
    for index, pitch_hz in enumerate((300, 300, 900)):
        (tmp_path / f"{index}.wav").write_bytes(wav(tone(pitch_hz, seed=index)))
    items = pl.DataFrame({"item_id": ["0", "1", "2"], "sound": [f"{tmp_path}/{n}.wav" for n in range(3)]})
    events = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["0", "1"]})
    model = sn.fit(sn.Catalog.from_frame(items, audio="sound"), events, model="popularity")
    assert model.explain_similarity("0", "1").block == "audio:sound"
