"""Processes that are killed, or save and read at once: what is under a name is always whole."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pytest

import sensorium as sn
from sensorium.core.aside import exchange, held, remove_remains
from sensorium.core.files import ASIDE
from sensorium.serving.bundle import MAKING
from sensorium.serving.persistence import load_bundle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="without locks and exchanges of folders")

SAVE_FOR_EVER = """
import sys
import sensorium as sn
models = [sn.load(path) for path in sys.argv[2:]]
print("ready", flush=True)
while True:
    for model in models:
        model.save(sys.argv[1])
"""
WRITE_FOR_EVER = """
import sys
import sensorium as sn
model = sn.load(sys.argv[2])
print("ready", flush=True)
while True:
    model.recommend_batch(out=sys.argv[1])
"""
HOLD = """
import sys, time
from pathlib import Path
from sensorium.core.files import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_text("half")
    print("ready", flush=True)
    time.sleep(600)
"""


def start(code: str, *words: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


@pytest.fixture
def two_models(tmp_path) -> list[Path]:
    """Saved models of three users and of four."""
    items = pl.DataFrame({"item_id": ["a", "b", "c"], "title": ["red ball", "blue kite", "red kite"]})
    events = pl.DataFrame({"user_id": [*"uuvvwwxx"], "item_id": [*"abbcacab"]})
    return [
        sn.fit(items, events.head(n), model="popularity", seconds=1).save(tmp_path / "models" / f"{n}")
        for n in (6, 8)
    ]


def test_a_model_that_another_process_saves_anew_opens_at_every_moment(two_models, tmp_path):
    place = tmp_path / "place" / "model"
    sn.load(two_models[0]).save(place)
    process = start(SAVE_FOR_EVER, place, *two_models)
    try:
        found, deadline_s = set[int](), time.monotonic() + 60
        for n in range(10_000):
            found.add(len(load_bundle(place).users))
            if n > 150 and (len(found) > 1 or time.monotonic() > deadline_s):
                break
        assert process.poll() is None
    finally:
        kill(process)
    assert found == {3, 4}


def test_two_processes_save_at_one_new_path(two_models, tmp_path):
    place = tmp_path / "place" / "model"
    processes = [start(SAVE_FOR_EVER, place, model) for model in two_models]
    try:
        time.sleep(1)
        assert [process.poll() for process in processes] == [None, None]
    finally:
        for process in processes:
            kill(process)
    assert len(sn.load(place).users) in (3, 4)


def test_killed_saves_leave_a_whole_model_and_the_next_one_removes_what_they_left(two_models, tmp_path):
    place = tmp_path / "place" / "model"
    sn.load(two_models[0]).save(place)
    for pause_s in (0.013, 0.021, 0.034):
        process = start(SAVE_FOR_EVER, place, *two_models)
        time.sleep(0.2 + pause_s)
        kill(process)
        assert len(sn.load(place).users) in (3, 4)
    Path(tempfile.mkdtemp(prefix=".model.", suffix=MAKING, dir=place.parent), "half").write_text("half")
    sn.load(two_models[0]).save(place)
    assert [path.name for path in place.parent.iterdir()] == ["model"]


def test_a_killed_batch_leaves_a_whole_file_and_the_next_one_removes_what_it_left(two_models, tmp_path):
    out = tmp_path / "out" / "recs.parquet"
    sn.load(two_models[1]).recommend_batch(out=out)
    for pause_s in (0.013, 0.021, 0.034):
        process = start(WRITE_FOR_EVER, out, two_models[1])
        time.sleep(0.2 + pause_s)
        kill(process)
        assert pl.read_parquet(out)["user_id"].n_unique() == 4
    (out.parent / ".recs.parquet.a1b2c3d4.part").touch()
    (out.parent / ".recs.parquet.a1b2c3d4.part-x").mkdir()
    sn.load(two_models[1]).recommend_batch(out=out)
    assert [path.name for path in out.parent.iterdir()] == ["recs.parquet"]


def test_what_a_living_process_writes_is_no_remains(tmp_path):
    file = tmp_path / "file.txt"
    process = start(HOLD, file)
    try:
        remove_remains(tmp_path, file.name, ASIDE)
        assert [path.read_text() for path in tmp_path.iterdir()] == ["half"]
    finally:
        kill(process)
    remove_remains(tmp_path, file.name, ASIDE)
    assert not [*tmp_path.iterdir()]


def test_only_what_is_named_as_remains_is_removed(tmp_path):
    others = {".file.part", ".file.a1b2c3d4.parts", ".other.a1b2c3d4.part", ".file.a1b2c3d4e.part"}
    for name in others:
        (tmp_path / name).touch()
    remove_remains(tmp_path, "file", ASIDE)
    assert {path.name for path in tmp_path.iterdir()} == others


def test_what_is_removed_before_it_is_locked_is_made_again(tmp_path):
    names = iter(("first", "second"))

    def make() -> Path:
        path = tmp_path / next(names)
        if path.name == "second":
            path.touch()
        return path

    with held(make) as path:
        assert path.name == "second"


def test_two_folders_change_places_or_none_moves(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(name)
    moved = exchange(tmp_path / "one", tmp_path / "other")
    names = [(tmp_path / name / "name").read_text() for name in ("one", "other")]
    assert names == (["other", "one"] if moved else ["one", "other"])
    assert not exchange(tmp_path / "one", tmp_path / "nothing")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}
    if not moved:
        pytest.skip("this file system cannot exchange folders")
