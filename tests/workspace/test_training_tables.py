"""A workspace in which some items are there twice: learnt and shown as one, if the settings say so."""

import csv

import cv2
import numpy as np
import pytest
import soundfile

from sensorium.core.errors import DataError
from sensorium.duplicates.items import find_duplicates
from sensorium.serving.persistence import save
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.bundles import load
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import encode_workspace, evaluate_folder, fit_workspace
from sensorium.workspace.encoder_probe import probe_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

COPIES = {"i00": "z-copy", "i01": "a-copy"}
"""Item -> its copy, with the picture as JPEG and the sound as Ogg; half of the events are the copy's."""


def rows_of(file):
    with file.open(encoding="utf-8", newline="") as table:
        return list(csv.reader(table))


def write_rows(file, rows):
    with file.open("w", encoding="utf-8", newline="") as table:
        csv.writer(table).writerows(rows)


def write_photo(file, copy):
    """Lay clouds over a picture, so that it is as rich as a photo, and write a compressed copy."""
    rng = np.random.default_rng(ord(copy.name[0]))
    clouds = [cv2.resize(rng.normal(0, 30, (2**k, 2**k, 1)), (200, 200))[..., None] for k in range(2, 6)]
    photo = np.clip(cv2.resize(cv2.imread(str(file)), (200, 200)) + sum(clouds), 0, 255).astype(np.uint8)
    cv2.imwrite(str(file), photo)
    cv2.imwrite(str(copy), photo, [cv2.IMWRITE_JPEG_QUALITY, 60])


def write_recording(file, copy):
    """Lay murmurs under a sound, and write a quieter and compressed copy."""
    rng = np.random.default_rng(ord(copy.name[0]))
    murmur = np.convolve(rng.normal(0, 0.2, 32_000), np.hanning(9) / 4.5, "same")
    samples = np.clip(np.resize(soundfile.read(file)[0], 32_000) * 0.2 + murmur, -1, 1)
    soundfile.write(file, samples, 16_000)
    soundfile.write(copy, samples * 0.6, 16_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twice")
    two_colour_media(folder)
    items = rows_of(folder / "items.csv")
    for item, copy in COPIES.items():
        words, colour, picture, sound, clip = next(row for row in items if row[0] == item)[1:]
        write_photo(folder / picture, folder / f"picture/{copy}.jpg")
        write_recording(folder / sound, folder / f"sound/{copy}.ogg")
        items.append([copy, words.upper(), colour, f"picture/{copy}.jpg", f"sound/{copy}.ogg", clip])
    write_rows(folder / "items.csv", items)
    events = rows_of(folder / "events.csv")
    for item, copy in COPIES.items():
        own = [row for row in events if row[1] == item]
        for row in own[: len(own) // 2]:
            row[1] = copy
    write_rows(folder / "events.csv", events)
    settings = (folder / "sensorium.toml").read_text()
    (folder / "apart.toml").write_text(settings)
    (folder / "one.toml").write_text(settings.replace("[catalog]", '[catalog]\nduplicates = "one"'))
    return folder


def opened(folder, duplicates):
    (folder / "sensorium.toml").write_text((folder / f"{duplicates}.toml").read_text())
    return Workspace.open(folder)


@pytest.fixture(scope="module")
def model(folder):
    """Do not change it."""
    fit_workspace(opened(folder, "one"), seconds=2)
    return load(folder)


def test_copies_are_found_through_words_picture_sound_and_clip(folder):
    found = find_duplicates(opened(folder, "apart").catalog_table().catalog)
    groups = [tuple(found.items.ids_at(members)) for members in found.groups]
    assert groups == [("i00", "z-copy"), ("i01", "a-copy")]
    assert found.why(0, found.groups[0]) == "words the same, picture nearly, sound nearly, clip the same"


def test_a_check_reports_the_groups_and_writes_them_down(folder):
    checked = check_workspace(opened(folder, "apart"))
    (problem,) = (problem for problem in checked.problems if problem.kind == "duplicate items")
    assert problem.rows == (18, 19)
    assert [list(group) for group in checked.to_json()["duplicates"]] == [
        ["i00", "z-copy"],
        ["i01", "a-copy"],
    ]
    assert checked.duplicates_file == folder / ".sensorium" / "duplicates.csv"
    assert rows_of(checked.duplicates_file)[1][:2] == ["1", "i00"]


def test_items_stay_apart_unless_the_settings_say_otherwise(folder):
    catalog, events = training_tables(opened(folder, "apart"))
    assert len(catalog) == 18
    assert catalog.items == events.items
    assert not catalog.items.aliases


def test_events_of_all_members_count_together(folder):
    _, apart = training_tables(opened(folder, "apart"))
    catalog, events = training_tables(opened(folder, "one"))
    assert len(catalog) == 16
    assert len(events) == len(apart)
    for item, copy in COPIES.items():
        both = np.isin(apart.item, apart.items.indices([item, copy]))
        merged = events.where(events.item == catalog.items.index(copy))
        assert sorted(merged.user.tolist()) == sorted(apart.user[both].tolist())


def test_the_item_with_the_most_events_stands_for_all(folder):
    _, apart = training_tables(opened(folder, "apart"))
    catalog, _ = training_tables(opened(folder, "one"))
    for item, copy in COPIES.items():
        counts = [(apart.item == apart.items.index(each)).sum() for each in (item, copy)]
        stays = item if counts[0] >= counts[1] else copy
        assert catalog.items.id(catalog.items.index(copy)) == stays


def test_one_member_at_most_is_recommended_and_none_that_a_member_was_seen_of(folder, model):
    _, apart = training_tables(opened(folder, "apart"))
    opened(folder, "one")
    hits = 0
    for user in apart.users:
        seen = apart.where(apart.user == apart.users.index(user))
        known = set(apart.items.ids_at(np.unique(seen.item)))
        found = model.recommend(user, k=18)
        for item, copy in COPIES.items():
            shown = {item, copy} & set(found.item_ids)
            assert len(shown) <= (0 if {item, copy} & known else 1)
            hits += len(shown)
    assert hits
    for copies in (["z-copy"], ["i00"], ["i00", "z-copy"]):
        found = model.recommend(history=copies, k=18)
        assert not {"i00", "z-copy"} & set(found.item_ids)
        assert len(found.item_ids) == 15


def test_any_member_may_be_asked_about(model):
    assert model.similar("z-copy").item_ids == model.similar("i00").item_ids
    assert not {"i00", "z-copy"} & set(model.similar("z-copy", k=18).item_ids)
    assert model.similar("a-copy", by="image").item_ids == model.similar("i01", by="image").item_ids
    assert "z-copy" not in model.recommend(history=["i03"], deny=["z-copy", "i00"], k=18).item_ids
    assert len(model.recommend(history=["i03"], allow=["z-copy", "i00"], k=18).item_ids) == 1


def test_explanations_name_real_items_and_add_up(folder, model):
    found = model.recommend(history=["z-copy", "i05"], k=3, explain=True)
    for score, reasons in zip(found.scores, found.reasons, strict=True):
        assert sum(reason.contribution for reason in reasons) == pytest.approx(score, abs=1e-4)
        named = {reason.item_id for reason in reasons if reason.item_id is not None}
        assert named <= set(model.catalog.items)
        assert model.explain_text(reasons)


def test_a_new_item_may_not_take_the_id_of_a_copy(model, tmp_path):
    own = load(save(model, tmp_path))
    with pytest.raises(DataError, match="'z-copy' is in the catalogue already"):
        own.add_items({"item_id": ["z-copy"], "words": ["ember"]})
    assert own.add_items({"item_id": ["new"], "words": ["ember brick poppy"]}) == ["new"]
    assert own.similar("z-copy").item_ids


def test_a_test_event_on_any_member_is_one_on_the_item_that_stands_for_all(folder):
    opened(folder, "one")
    measured = evaluate_folder(folder, seconds=2)
    assert len(measured.catalog) == 16
    assert measured.evaluation.train.n_items == 16
    assert measured.evaluation.result.n_users > 0


def test_encoding_and_probing_see_the_same_items_as_the_model(folder):
    workspace = opened(folder, "one")
    encoded = encode_workspace(workspace)
    assert all(len(block.present) == 16 for block in encoded.blocks.values())
    assert probe_workspace(folder, encoders=["hashing-lsa"]).columns
