"""The two-colour folder holds real media that tell the colour."""

import io
import tomllib

import av
import cv2
import numpy as np
import polars as pl
import pytest
import soundfile as sf

from sensorium.testing.two_colour_media import CLIP_FRAMES, MEDIA, two_colour_media


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-colour")
    return folder, two_colour_media(folder)


def test_the_settings_name_columns_and_files_that_exist(written):
    folder, _ = written
    settings = tomllib.loads((folder / "sensorium.toml").read_text())
    items = pl.read_csv(folder / settings["catalog"]["items"])
    for role in ("text", "image", "audio", "video", "category"):
        assert set(settings["catalog"][role]) <= set(items.columns)
    assert (folder / settings["events"]["file"]).is_file()


def test_a_cell_is_empty_just_where_the_block_has_no_row(written):
    folder, world = written
    items = pl.read_csv(folder / "items.csv")
    for column, (block, _) in MEDIA.items():
        assert np.array_equal(items[column].is_not_null().to_numpy(), world.data.blocks[block].present)


def test_events_are_the_ratings_and_then_the_held_out_clicks(written):
    folder, world = written
    events = pl.read_csv(folder / "events.csv")
    assert len(events) == world.data.ratings.nnz + world.relevant.nnz
    assert events["timestamp"].is_sorted()
    last = events.tail(world.relevant.nnz)
    pairs = {(int(u[1:]), int(i[1:])) for u, i in last.select("user_id", "item_id").iter_rows()}
    assert pairs == set(zip(*map(np.ndarray.tolist, world.relevant.nonzero()), strict=True))
    assert events.filter(pl.col("rating") >= 4).height == world.data.interactions.nnz + world.relevant.nnz


def test_pictures_and_clips_show_the_colour(written):
    folder, world = written
    items = pl.read_csv(folder / "items.csv")
    for item, (picture, clip) in enumerate(items.select("picture", "clip").iter_rows()):
        taste = world.taste_of_item[item]
        if picture:
            _assert_colour(cv2.imdecode(np.fromfile(folder / picture, np.uint8), cv2.IMREAD_COLOR), taste)
        if clip:
            with av.open(str(folder / clip)) as container:
                frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
            assert len(frames) == CLIP_FRAMES
            _assert_colour(frames[0], taste)


def _assert_colour(picture, taste):
    blue, _, red = picture.reshape(-1, 3).mean(axis=0)
    assert (red > blue) == (taste == 0)


def test_sounds_are_low_or_bright(written):
    folder, world = written
    for item, sound in enumerate(pl.read_csv(folder / "items.csv")["sound"]):
        if sound:
            samples, _ = sf.read(io.BytesIO((folder / sound).read_bytes()))
            crossings = np.mean(np.diff(np.signbit(samples)))
            assert (crossings < 0.1) == (world.taste_of_item[item] == 0)


def test_a_seed_repeats_every_byte(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        two_colour_media(tmp_path / name, n_users=4, seed=seed)
    contents = {
        name: {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in "abc"
    }
    assert contents["a"] == contents["b"]
    assert contents["a"] != contents["c"]
