"""Rows survive anything that happens to processes, and are never half there."""

import json
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.features import rows as rows_module
from sensorium.features.rows import RowStore

D = 3


def row(value):
    return np.full(D, value, dtype=np.float32)


def gathered(store, keys):
    out = np.zeros((len(keys), D), dtype=np.float32)
    store.gather(keys, out)
    return out[:, 0].tolist()


def test_rows_and_failures_are_there_again_in_a_new_process(tmp_path):
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    store.add_failure("b", "truncated jpeg")
    store.flush()
    again = RowStore(tmp_path, D)
    assert "a" in again
    assert "b" not in again
    assert again.failure("b") == "truncated jpeg"
    assert gathered(again, ["b", "a", None, "unknown", "a"]) == [0, 1, 0, 0, 1]


def test_sixty_four_rows_are_on_disk_without_a_flush(tmp_path):
    store = RowStore(tmp_path, D)
    for index in range(100):
        store.add(f"k{index}", row(index))
    assert len(RowStore(tmp_path, D)) >= 64


def test_old_rows_do_not_wait_for_sixty_four(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_module, "FLUSH_S", 0.05)
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    time.sleep(0.06)
    store.add("b", row(2))
    assert len(RowStore(tmp_path, D)) == 2


def test_merging_leaves_one_segment_with_every_row_and_failure(tmp_path):
    for index in range(5):
        store = RowStore(tmp_path, D)
        store.add(f"k{index}", row(index))
        store.add_failure(f"bad{index}", "broken")
        store.flush()
    store.merge()
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert len(list(tmp_path.glob("*.npy"))) == 1
    again = RowStore(tmp_path, D)
    assert gathered(again, [f"k{index}" for index in range(5)]) == [0, 1, 2, 3, 4]
    assert all(again.failure(f"bad{index}") == "broken" for index in range(5))


def test_a_segment_without_its_json_is_not_read(tmp_path):
    """Killed between the two files: the rows do not count."""
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    store.flush()
    next(tmp_path.glob("*.json")).unlink()
    assert len(RowStore(tmp_path, D)) == 0


@pytest.mark.parametrize("damage", ["", "{", '{"keys": ["a", "b"], "failures": {}}', "[]"])
def test_a_damaged_segment_is_as_good_as_none(tmp_path, damage):
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    store.flush()
    next(tmp_path.glob("*.json")).write_text(damage)
    assert len(RowStore(tmp_path, D)) == 0


def test_truncated_rows_are_not_read(tmp_path):
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    store.flush()
    values = next(tmp_path.glob("*.npy"))
    values.write_bytes(values.read_bytes()[:-4])
    assert len(RowStore(tmp_path, D)) == 0


def test_what_crashes_leave_behind_is_swept_once_it_is_old(tmp_path):
    stray, young = tmp_path / "stray.npy", tmp_path / ".young.npy.x.part"
    for path in (stray, young):
        path.write_bytes(b"part of something")
    hours_ago = time.time() - 7200
    os.utime(stray, (hours_ago, hours_ago))
    RowStore(tmp_path, D).merge()
    assert not stray.exists()
    assert young.exists()


def test_a_reader_goes_on_while_another_process_merges(tmp_path):
    writer = RowStore(tmp_path, D)
    for index in range(4):
        writer.add(f"k{index}", row(index))
        writer.flush()
    reader = RowStore(tmp_path, D)
    RowStore(tmp_path, D).merge()
    assert gathered(reader, ["k3", "k0"]) == [3, 0]


def test_two_merges_at_once_lose_nothing(tmp_path):
    """Each has listed the same segments before the other takes them away."""
    writer = RowStore(tmp_path, D)
    for index in range(4):
        writer.add(f"k{index}", row(index))
        writer.flush()
    first, second = RowStore(tmp_path, D), RowStore(tmp_path, D)
    first.merge()
    second.merge()
    assert gathered(RowStore(tmp_path, D), ["k0", "k1", "k2", "k3"]) == [0, 1, 2, 3]


def test_a_segment_describes_itself(tmp_path):
    store = RowStore(tmp_path, D)
    store.add("a", row(1))
    store.flush()
    described = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert described == {"keys": ["a"], "failures": {}, "dimension": D}


@settings(max_examples=30)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "fail", "flush", "merge", "reopen"]), st.integers(0, 6)),
        max_size=25,
    )
)
def test_any_order_of_steps_keeps_what_was_added(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("rows")
    store, expected, failed = RowStore(folder, D), {}, {}
    for step, key in steps:
        name = f"k{key}"
        if step == "add":
            store.add(name, row(key))
            expected[name] = float(key)
        elif step == "fail":
            store.add_failure(name, f"reason {key}")
            failed[name] = f"reason {key}"
        elif step == "reopen":
            store.flush()
            store = RowStore(folder, D)
        else:
            getattr(store, step)()
    assert gathered(store, list(expected)) == list(expected.values())
    assert all(store.failure(name) == reason for name, reason in failed.items() if name not in expected)
    assert len(store) == len(expected)
