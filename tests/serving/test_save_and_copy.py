"""A model is saved where one says, opened from there, copied and pickled, and answers as before."""

import copy
import os
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import DataError, FormerNameWarning, NotReadyError
from sensorium.core.roles import Role
from sensorium.serving import bundle
from sensorium.serving.bundle import write_bundle_at
from sensorium.serving.persistence import save as save_below


def same(one: sn.FittedModel, other: sn.FittedModel) -> bool:
    users = [*one.users][:3]
    return (
        all(one.recommend(user, explain=True) == other.recommend(user, explain=True) for user in users)
        and one.search(text="rust").item_ids == other.search(text="rust").item_ids
    )


def liked_by(user: str) -> pl.DataFrame:
    return pl.DataFrame({"user_id": [user], "item_id": ["i00"], "rating": [5]})


def pickled(model: sn.FittedModel) -> sn.FittedModel:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - what it wrote itself


@pytest.mark.parametrize("spelling", [str, Path])
def test_what_is_saved_at_a_path_is_loaded_from_it(model, tmp_path, spelling):
    place = spelling(tmp_path / "new" / "model")
    assert model.save(place) == Path(place)
    assert (Path(place) / "manifest.json").is_file()
    assert same(sn.load(place), model)


def test_saving_again_replaces_the_model_and_leaves_nothing_beside_it(own_model, tmp_path):
    place = tmp_path / "model"
    place.mkdir()
    own_model.save(place)
    own_model.update(liked_by("somebody"))
    own_model.save(place)
    assert "somebody" in sn.load(place).users
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_crash_leaves_the_former_model(model, tmp_path, error):
    place = tmp_path / "model"
    model.save(place)

    def breaks(folder):
        (folder / "half").write_text("half")
        raise error("in the middle")

    with pytest.raises(error):
        write_bundle_at(place, breaks)
    assert same(sn.load(place), model)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_where_folders_are_not_exchanged_a_crash_between_two_moves_brings_the_former_model_back(
    model, tmp_path, monkeypatch
):
    place = tmp_path / "model"
    model.save(place)
    stopped = []

    def stops(source, target, move=os.replace):
        if target == place and not stopped:
            stopped.append(place.exists())
            raise KeyboardInterrupt
        move(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(bundle, "exchange", lambda one, other: False)
        patch.setattr(bundle.os, "replace", stops)
        write_bundle_at(place, lambda folder: {"new": (folder / "file").write_text("new")})
    assert stopped == [False]
    assert same(sn.load(place), model)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_is_no_model_is_never_replaced(model, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "file").write_text("text")
    with pytest.raises(DataError, match="something else than a model. Name a new folder"):
        model.save(tmp_path / "photos")
    with pytest.raises(DataError, match="this is a file"):
        model.save(tmp_path / "file")
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_a_folder_of_several_models_opens_the_newest(own_model, tmp_path):
    save_below(own_model, tmp_path)
    own_model.update(liked_by("later"))
    newest = save_below(own_model, tmp_path)
    assert "later" in sn.load(tmp_path).users
    assert "later" in sn.load(newest).users


def test_where_nothing_was_saved_the_message_says_so(tmp_path):
    with pytest.raises(NotReadyError, match="no model was saved here. Name what model.save wrote"):
        sn.load(tmp_path)
    with pytest.raises(NotReadyError, match="there is nothing here"):
        sn.load(tmp_path / "nowhere")


def test_the_former_way_to_save_says_the_new_one(model, tmp_path):
    with pytest.warns(FormerNameWarning, match="is now `model.save\\(path\\)`"):
        assert same(sn.load(sn.save(model, tmp_path / "model")), model)
    save_below(model, tmp_path / "several")
    with pytest.warns(FormerNameWarning, match="model.save"):
        assert sn.save(model, tmp_path / "several").parent == tmp_path / "several"


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def test_a_copy_answers_as_the_model_and_goes_its_own_way(own_model, copied):
    own_model.recommend(own_model.users.id(0))
    other = copied(own_model)
    assert same(other, own_model)
    picture = own_model.catalog.media("picture")[0]
    assert other.search(image=picture.path).item_ids == own_model.search(image=picture.path).item_ids
    n_items = len(own_model.catalog)
    other.add_items(own_model.catalog.frame[:1].with_columns(item_id=pl.lit("copy")))
    assert (len(other.catalog), len(own_model.catalog)) == (n_items + 1, n_items)


@pytest.fixture(scope="module")
def every_default(tmp_path_factory):
    """A model whose catalogue has a column of every role that is encoded."""
    from sensorium.testing.two_colour_media import two_colour_media

    folder = tmp_path_factory.mktemp("roles")
    two_colour_media(folder)
    frame = pl.read_csv(folder / "items.csv")
    frame = frame.with_columns(price=np.arange(frame.height) % 4)
    catalog = sn.Catalog.from_frame(
        frame,
        text="words",
        image="picture",
        audio="sound",
        video="clip",
        category="colour",
        number="price",
        base=folder,
    )
    events = sn.Events.from_file(folder / "events.csv", items=catalog.items)
    return sn.fit(catalog, events, model="popularity", seconds=1)


def test_every_default_encoder_survives_a_copy_and_a_pickle(every_default):
    encoders = every_default.item_features.encoders
    assert {encoder.traits.modality for encoder in encoders.values()} == {
        Role.TEXT,
        Role.IMAGE,
        Role.AUDIO,
        Role.VIDEO,
        Role.CATEGORY,
        Role.NUMBER,
    }
    again = pickled(copy.deepcopy(every_default))
    row = every_default.catalog.frame[:1].with_columns(item_id=pl.lit("copy"))
    for each in (again, every_default):
        each.add_items(row)
    assert again.item_features.blocks.keys() == every_default.item_features.blocks.keys()
    for name, block in every_default.item_features.blocks.items():
        np.testing.assert_array_equal(again.item_features.blocks[name].values, block.values)
        assert block.present[-1]
