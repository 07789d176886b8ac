"""Which encoder helps a workspace: who is judged, what is said, and what is left as it was."""

import json
import re
import shutil

import numpy as np
import pytest

from sensorium.core.errors import ConfigError, DataError, NotReadyError
from sensorium.core.roles import Role
from sensorium.encoders.registry import complete_types
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.encoder_probe import probe_workspace
from sensorium.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A two-colour workspace with words and pictures, encoded. Do not change it."""
    folder = tmp_path_factory.mktemp("world")
    two_colour_media(folder, n_users=20, n_items=24)
    settings = folder / "sensorium.toml"
    lines = settings.read_text().splitlines()
    settings.write_text("\n".join(line for line in lines if not line.startswith(("audio", "video"))) + "\n")
    encode_workspace(Workspace.open(folder))
    return folder


@pytest.fixture(scope="module")
def found(world):
    return probe_workspace(world)


def test_every_column_is_judged_with_every_built_in_encoder_of_its_kind(found):
    judged = {column.block: {c.encoder for c in column.candidates} for column in found.columns}
    of = {role: {cls.name for cls in complete_types(Role(role))} for role in ("text", "image", "category")}
    assert judged == {
        "text:words": of["text"],
        "image:picture": of["image"],
        "category:colour": of["category"],
    }


def test_the_most_helpful_comes_first_and_what_is_in_use_is_marked(found):
    for column in found.columns:
        gains = [candidate.gain.mean for candidate in column.candidates]
        assert gains == sorted(gains, reverse=True)
    used = {column.block: [c.encoder for c in column.candidates if c.in_use] for column in found.columns}
    assert used == {
        "text:words": ["tfidf-lsa"],
        "image:picture": ["color-texture-shape"],
        "category:colour": ["labels"],
    }


def test_every_number_is_there(found):
    for column in found.to_json()["columns"]:
        for row in column["encoders"]:
            assert 0 < row["items"] <= 24
            assert row["dimension"] > 0
            assert row["items_per_second"] > 0
            assert row["adds"]["low"] <= row["adds"]["mean"] <= row["adds"]["high"]
            assert 0 < row["alone"]["ndcg@20"] <= 1
            assert 0 < row["new_items"]["recall@20"] <= 1
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))


def test_the_workspaces_own_features_are_used_and_stay(world, found):
    again = encode_workspace(Workspace.open(world))
    assert {counts.encoded for counts in again.report.blocks.values()} == {0}


def test_named_encoders_are_judged_beside_the_one_in_use(world):
    found = probe_workspace(world, encoders=["fisher-vectors"])
    assert [column.block for column in found.columns] == ["image:picture"]
    assert {c.encoder: c.in_use for c in found.columns[0].candidates} == {
        "color-texture-shape": True,
        "fisher-vectors": False,
    }


def test_the_encoder_that_the_settings_choose_is_the_one_in_use(world, tmp_path):
    folder = shutil.copytree(world, tmp_path / "copy")
    with (folder / "sensorium.toml").open("a") as file:
        file.write('[encoders]\nimage = "fisher-vectors"\n')
    found = probe_workspace(folder, encoders=["color-texture-shape"])
    assert {c.encoder: c.in_use for c in found.columns[0].candidates} == {
        "color-texture-shape": False,
        "fisher-vectors": True,
    }


def test_test_events_are_not_looked_at(world, tmp_path, found):
    """Other last events, which are the test part of this log, change nothing."""
    folder = shutil.copytree(world, tmp_path / "copy")
    lines = (folder / "events.csv").read_text().splitlines()
    n_test = round(0.1 * (len(lines) - 1))
    ends = [line.split(",") for line in lines[-n_test + 1 :]]
    for cells in ends:
        cells[1] = "i00"
    (folder / "events.csv").write_text("\n".join(lines[: -n_test + 1] + [",".join(c) for c in ends]) + "\n")
    changed = probe_workspace(folder, encoders=["color-texture-shape"]).to_json()
    looks = next(
        row
        for column in found.to_json()["columns"]
        for row in column["encoders"]
        if row["encoder"] == "color-texture-shape"
    )
    row = changed["columns"][0]["encoders"][0]
    assert changed["behaviour"] == found.to_json()["behaviour"]
    for key in ("adds", "alone", "new_items"):
        assert row[key] == looks[key]


def test_mistakes_say_what_and_where(world, tmp_path):
    with pytest.raises(ConfigError, match="unknown encoder 'eyes'"):
        probe_workspace(world, encoders=["eyes"])
    with pytest.raises(ConfigError, match="'sound' reads audio, and there is no such column"):
        probe_workspace(world, encoders=["sound"])
    with pytest.raises(NotReadyError, match="no sensorium.toml"):
        probe_workspace(tmp_path)
    with pytest.raises(DataError, match="there is no such folder"):
        probe_workspace(tmp_path / "none")


@pytest.fixture
def split_folder(world, tmp_path):
    """The world's events as somebody's split, with its items, and rows that somebody brought."""
    lines = (world / "events.csv").read_text().splitlines()
    liked = [line for line in lines[1:] if int(line.split(",")[3]) >= 4]
    n = len(liked)
    parts = {"train": liked[: n * 7 // 10], "validation": liked[n * 7 // 10 : n * 9 // 10]}
    for part, rows in (parts | {"test": liked[n * 9 // 10 :]}).items():
        (tmp_path / f"{part}.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    shutil.copytree(world / "picture", tmp_path / "picture")
    shutil.copy(world / "items.csv", tmp_path / "items.csv")
    return tmp_path


def test_a_split_folder_is_judged_on_its_validation_part(split_folder):
    found = probe_workspace(split_folder, encoders=["color-texture-shape"])
    assert [column.block for column in found.columns] == ["image:picture"]
    assert found.to_json()["users"] > 0


def test_rows_that_somebody_brought_are_judged_too(split_folder):
    (split_folder / "items.csv").unlink()
    for part in ("train", "validation", "test"):
        file = split_folder / f"{part}.csv"
        file.write_text(re.sub(r"\bi0?(\d+)\b", r"\1", file.read_text()))  # the number of the row is the id
    np.save(split_folder / "image.npy", np.eye(24, 3)[np.arange(24) % 2] + 0.1)
    found = probe_workspace(split_folder)
    assert [(c.encoder, c.dimension) for c in found.columns[0].candidates] == [("ready-made", 3)]


def test_media_as_they_are_are_compared_with_cleaned_ones(world):
    found = probe_workspace(world, cleaning=True)
    (column,) = found.columns
    assert column.block == "image:picture"
    own = "color-texture-shape"
    ways = {own, f"{own}, denoise", f"{own}, white_balance", f"{own}, denoise, white_balance"}
    assert {candidate.encoder for candidate in column.candidates} == ways
    assert [candidate.encoder for candidate in column.candidates if candidate.in_use] == [own]


def test_media_that_are_cleaned_are_in_use_as_such(world, tmp_path):
    folder = shutil.copytree(world, tmp_path / "cleaned")
    with (folder / "sensorium.toml").open("a") as settings:
        settings.write("\n[media]\nwhite_balance = true\n")
    found = probe_workspace(folder, cleaning=True)
    (column,) = found.columns
    used = [candidate.encoder for candidate in column.candidates if candidate.in_use]
    assert used == ["color-texture-shape, white_balance"]
    assert len(column.candidates) == 4
    blocks = encode_workspace(Workspace.open(folder)).encoders
    assert blocks["image:picture"].config.cleaning == ("white_balance",)
