"""`sensorium probe`: the tables, the JSON, the map, and mistakes."""

import cv2
import numpy as np
import pytest

from sensorium.cli.console import folded
from sensorium.testing.two_colour_media import red_or_blue_picture


@pytest.fixture
def labels(tmp_path):
    """Twenty pictures of two colours, in a folder whose labels file stands beside them."""
    rng = np.random.default_rng(0)
    lines = ["file,label"]
    for n in range(20):
        (tmp_path / f"{n}.png").write_bytes(red_or_blue_picture(n % 2, rng))
        lines.append(f"{n}.png,{('red', 'blue')[n % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "labels.csv"


def test_every_encoder_of_the_modality_is_judged(sensorium, labels):
    found = sensorium("probe", labels, "--json").json
    assert found["modality"] == "image"
    assert (found["items"], found["folds"], found["labels"]) == (20, 5, ["blue", "red"])
    looks = next(row for row in found["encoders"] if row["encoder"] == "color-texture-shape")
    assert looks["dimension"] > 100
    assert looks["items_per_second"] > 0
    assert looks["precision@10"] == pytest.approx(0.8), "8 of the 10 nearest: folds leave no more of a label"
    for share in ("knn_accuracy", "linear_accuracy", "svm_accuracy"):
        assert 0.9 <= looks[share] <= 1
    assert found["failures"] == []


def test_the_table_fits_a_terminal_and_names_what_was_left_out(sensorium, labels):
    (labels.parent / "3.png").write_bytes(b"no picture")
    done = sensorium("probe", labels, "--encoder", "color-texture-shape")
    assert done.code == 0
    assert "20 image files, 2 labels, 5 folds" in done.out
    assert "left out: 3.png: not a picture" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_name_too_long_for_the_table_goes_on_in_the_next_line(sensorium, labels):
    done = sensorium("probe", labels, "--encoder", "color-texture-shape+fisher-vectors", width=70)
    lines = done.out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("color-texture-"))
    assert lines[first + 1].startswith("shape+")
    assert "…" not in done.out
    assert max(map(len, lines)) <= 70


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("sound", ["sound"]),
        ("sentence-transformers:all-MiniLM-L6-v2", ["sentence-", "transformers:", "all-MiniLM-L6-", "v2"]),
        ("looks+local_shapes+motion", ["looks+local_", "shapes+motion"]),
        ("a" * 16 + ":b", ["a" * 14, "aa:b"]),
        ("", []),
    ],
)
def test_a_long_name_is_broken_at_its_joints_and_loses_nothing(name, lines):
    assert folded(name, 14).splitlines() == lines
    assert folded(name, 14).replace("\n", "") == name


def test_a_map_is_drawn(sensorium, labels, tmp_path):
    done = sensorium("probe", labels, "--encoder", "color-texture-shape", "--map", tmp_path / "map.png")
    assert done.code == 0
    assert str(tmp_path / "map.png") in done.out
    assert cv2.imread(str(tmp_path / "map.png")) is not None


def test_mistakes_are_one_line(sensorium, labels, tmp_path):
    assert "there is no such file" in sensorium("probe", tmp_path / "none.csv").mistake()
    assert "--encoder: unknown encoder 'eyes'" in sensorium("probe", labels, "--encoder", "eyes").mistake()
    said = sensorium("probe", labels, "--encoder", "sound").mistake()
    assert "reads audio, not image. Encoders are:" in said
    assert ".png" in sensorium("probe", labels, "--map", tmp_path / "map").mistake()


def test_a_workspace_gets_a_table_and_a_sentence_for_each_column(sensorium, workspace_copy):
    done = sensorium("probe", workspace_copy, "--encoder", "fisher-vectors", "--encoder", "motion")
    assert done.code == 0, done.err
    assert "image:picture" in done.out
    assert "video:clip" in done.out
    assert "audio:sound" not in done.out
    assert done.out.count("in use") >= 2
    assert "…" not in done.out
    assert "The test part was not looked at" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_workspace_as_json(sensorium, workspace_copy):
    found = sensorium("probe", workspace_copy, "--encoder", "color-texture-shape", "--json").json
    assert set(found) == {
        "held_back",
        "users",
        "behaviour",
        "new_items_by_chance",
        "columns",
        "left_out",
    }
    [column] = found["columns"]
    assert column["block"] == "image:picture"
    assert column["verdict"]
    assert set(column["encoders"][0]) == {
        "encoder",
        "in_use",
        "dimension",
        "items",
        "items_per_second",
        "adds",
        "alone",
        "new_items",
        "new_items_over_chance",
    }


def test_a_folder_of_labelled_media_is_told_from_a_workspace(sensorium, labels, tmp_path, workspace_copy):
    said = sensorium("probe", labels.parent).mistake()
    assert f"sensorium probe {labels}" in said
    assert "no sensorium.toml" in sensorium("probe", workspace_copy / "picture").mistake()
    assert "a map needs labels" in sensorium("probe", workspace_copy, "--map", tmp_path / "m.png").mistake()
    assert "unknown encoder 'eyes'" in sensorium("probe", workspace_copy, "--encoder", "eyes").mistake()


@pytest.mark.slow
def test_recordings_of_ten_kinds_are_told_apart(sensorium, real_data):
    found = sensorium("probe", real_data / "esc10" / "labels.csv", "--encoder", "sound", "--json").json
    assert found["folds"] == 3
    assert found["encoders"][0]["svm_accuracy"] >= 0.82
