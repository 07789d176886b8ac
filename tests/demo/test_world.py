"""The demo world: repeatable, readable, decodable, and as missing and broken as it says."""

import io
import re
import shutil
from collections import Counter
from pathlib import Path

import av
import cv2
import numpy as np
import polars as pl
import pytest
import soundfile as sf

from sensorium.core.errors import ConfigError
from sensorium.demo.clip import N_FRAMES
from sensorium.demo.sound import DURATION_S, SAMPLE_RATE_HZ
from sensorium.demo.traits import SENSES
from sensorium.demo.world import ENDINGS, make_demo_world
from sensorium.workspace.settings import Settings

N_ITEMS, N_USERS = 24, 20


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_demo_world(tmp_path_factory.mktemp("world"), n_items=N_ITEMS, n_users=N_USERS)


@pytest.fixture(scope="module")
def items(world) -> pl.DataFrame:
    return pl.read_csv(world.folder / "items.csv")


@pytest.fixture(scope="module")
def events(world) -> pl.DataFrame:
    return pl.read_csv(world.folder / "events.csv")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_seed_repeats_every_byte(world, tmp_path):
    make_demo_world(tmp_path, n_items=N_ITEMS, n_users=N_USERS)
    assert contents(tmp_path) == contents(world.folder)


def test_another_seed_makes_another_world(world, tmp_path):
    make_demo_world(tmp_path, seed=1, n_items=N_ITEMS, n_users=N_USERS)
    here, there = contents(world.folder), contents(tmp_path)
    same = [path for path in here if here[path] == there.get(path)]
    assert same == ["sensorium.toml"]


def test_making_a_world_again_overwrites_it(world, tmp_path):
    shutil.copytree(world.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "events.csv").write_text("damaged")
    make_demo_world(tmp_path, n_items=N_ITEMS, n_users=N_USERS)
    assert contents(tmp_path) == contents(world.folder)


@pytest.mark.parametrize("name", ["sensorium.toml", "items.csv", "events.csv"])
def test_the_workspace_of_somebody_else_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConfigError, match="Name another folder"):
        make_demo_world(tmp_path, n_items=N_ITEMS, n_users=N_USERS)
    assert contents(tmp_path) == {name: b"mine"}


@pytest.mark.parametrize(("n_items", "n_users"), [(23, 20), (24, 7)])
def test_a_world_too_small_for_tastes_is_refused(tmp_path, n_items, n_users):
    with pytest.raises(ConfigError, match="too few"):
        make_demo_world(tmp_path, n_items=n_items, n_users=n_users)
    assert not any(tmp_path.iterdir())


def test_the_settings_fit_the_tables(world, items, events):
    settings = Settings.read(world.settings_file)
    catalog = settings.catalog
    named = [
        *catalog.text,
        *catalog.image,
        *catalog.audio,
        *catalog.video,
        *catalog.category,
        *catalog.number,
    ]
    assert {catalog.id, catalog.published, *named} == set(items.columns)
    assert {settings.events.type, settings.events.time} < set(events.columns)
    assert set(settings.events.positive) < set(events["type"])


def test_every_picture_decodes_but_the_lost_one(world, items):
    for location in items["picture"].drop_nulls():
        if location in world.flaws:
            assert not (world.folder / location).exists()
        else:
            picture = cv2.imread(str(world.folder / location))
            assert picture.shape == (240, 320, 3)
            assert picture.std() > 10


def test_every_sound_decodes_and_is_loud_enough(world, items):
    for location in items["sound"].drop_nulls():
        samples, rate = sf.read(io.BytesIO((world.folder / location).read_bytes()))
        assert rate == SAMPLE_RATE_HZ
        assert len(samples) == pytest.approx(DURATION_S * rate, rel=0.05)
        assert 0.05 < np.sqrt(np.mean(samples**2)) < 0.5
        assert np.abs(samples).max() <= 1.0


def test_every_clip_decodes_and_moves_but_the_broken_one(world, items):
    for location in items["clip"].drop_nulls():
        if location in world.flaws:
            with pytest.raises(av.error.FFmpegError):
                av.open(str(world.folder / location))
        else:
            with av.open(str(world.folder / location)) as container:
                frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
            assert len(frames) == N_FRAMES
            assert np.abs(frames[0].astype(int) - frames[6]).mean() > 0.5


def test_flaws_are_one_clip_and_one_picture_of_the_table(world, items):
    clip, picture = world.flaws
    assert clip in items["clip"].to_list()
    assert picture in items["picture"].to_list()


def test_only_files_of_the_table_are_written(world, items):
    listed = {location for column in ENDINGS for location in items[column].drop_nulls()}
    written = {
        f"media/{p.relative_to(world.folder / 'media')}" for p in (world.folder / "media").rglob("*.*")
    }
    assert listed - written == {world.flaws[1]}
    assert written <= listed


def test_titles_are_unique_and_everything_reads_as_sentences(items):
    assert items["title"].n_unique() == N_ITEMS
    for title, description in items.select("title", "description").iter_rows():
        assert re.fullmatch(r"[A-Z][\w' ]+, [A-Z][\w ]+", title)
        assert not re.search(r"[\[\]{}|]|  |\.\.|,,", description)
        sentences = re.findall(r"[A-Z][^.]+\.", description)
        assert len(sentences) == 4
        assert " ".join(sentences) == description
        assert 120 < len(description) < 500


def test_events_refer_to_items_that_had_appeared(items, events):
    joined = events.join(items, on="item_id", how="left")
    assert joined["title"].null_count() == 0
    appeared = joined["published"].str.to_date().cast(pl.Datetime).dt.epoch("s")
    assert (joined["timestamp"] >= appeared).all()
    assert events["timestamp"].is_sorted()
    assert not events.select("user_id", "item_id").is_duplicated().any()


def test_every_user_of_the_world_acts(world, events):
    assert set(events["user_id"]) == set(world.user_ids)
    assert len(events) == world.n_events


def test_nobody_cares_more_for_a_sense_than_its_devotee(world):
    for column, sense in enumerate(SENSES):
        devotee = world.user_ids.index(world.devotee(sense))
        assert (world.tastes.emphasis[:, column] <= world.tastes.emphasis[devotee, column]).all()


@pytest.mark.slow
def test_the_full_world_is_small_and_has_independent_traits(tmp_path):
    world = make_demo_world(tmp_path, seed=5)
    assert sum(len(content) for content in contents(tmp_path).values()) < 25_000_000
    items = pl.read_csv(tmp_path / "items.csv")
    assert items["title"].n_unique() == len(items) == 400
    for column in ENDINGS:
        assert 0 < items[column].null_count() < 60
    for sense in SENSES:
        counts = Counter(world.traits.kinds[sense].tolist())
        assert max(counts.values()) - min(counts.values()) <= 1
    assert _largest_association(world.traits.kinds) < 0.25


def _largest_association(kinds) -> float:
    """Return the largest Cramér's V between two traits."""
    found = []
    for index, first in enumerate(SENSES):
        for second in SENSES[index + 1 :]:
            table = np.zeros((kinds[first].max() + 1, kinds[second].max() + 1))
            np.add.at(table, (kinds[first], kinds[second]), 1)
            expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
            chi2 = ((table - expected) ** 2 / expected).sum()
            found.append(np.sqrt(chi2 / table.sum() / (min(table.shape) - 1)))
    return float(max(found))
