"""Blocks are whole or absent, mapped from disk, and describe themselves."""

import os
import time

import numpy as np
import pytest

from sensorium.core.component import State
from sensorium.features import file_hashes
from sensorium.features.block import FeatureBlock
from sensorium.features.file_hashes import FileHashes, FileStamp
from sensorium.features.store import FeatureStore


def written(store, address="address", name="image:poster", value=1.0, n=4, encoder="x", **options):
    shape = np.broadcast_to(np.float32(0), (n, 2))
    described = FeatureBlock(name, shape, np.arange(n) % 2 == 0, {"encoder": encoder}, {"all": (0, 2)})

    def fill(out):
        out[described.present] = value

    return store.write_block(address, described, fill, **options)


def test_a_block_comes_back_as_it_was_written_and_mapped(tmp_path):
    written(FeatureStore(tmp_path), failures={1: "broken"}, state=State({"a": np.arange(3)}, {"b": [1]}))
    store = FeatureStore(tmp_path)
    block = store.block("address")
    assert isinstance(block.values, np.memmap)
    assert block.values.tolist() == [[1, 1], [0, 0], [1, 1], [0, 0]]
    assert block.present.tolist() == [True, False, True, False]
    assert (block.name, block.spec, block.parts) == ("image:poster", {"encoder": "x"}, {"all": (0, 2)})
    assert store.failures("address") == {1: "broken"}
    assert store.encoder_state("address").values == {"b": [1]}


def test_an_empty_catalogue_has_an_empty_block(tmp_path):
    assert written(FeatureStore(tmp_path), n=0).values.shape == (0, 2)


def test_an_unknown_address_is_none(tmp_path):
    assert FeatureStore(tmp_path).block("nothing") is None
    assert FeatureStore(tmp_path).encoder_state("nothing") is None


def test_a_write_that_fails_leaves_no_block_and_no_remains(tmp_path):
    store = FeatureStore(tmp_path)
    described = FeatureBlock("a:b", np.zeros((2, 2), dtype=np.float32), np.ones(2, dtype=bool))

    def fill(out):
        out[0] = 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write_block("address", described, fill)
    assert store.block("address") is None
    assert not list((tmp_path / "blocks").iterdir())


def test_what_a_killed_writer_left_of_a_block_goes_when_it_is_written(tmp_path):
    store = FeatureStore(tmp_path)
    (tmp_path / "blocks" / ".address.a1b2c3d4.part").mkdir(parents=True)
    (tmp_path / "blocks" / ".address.a1b2c3d4.part" / "values.npy").write_bytes(b"half")
    written(store)
    assert [path.name for path in (tmp_path / "blocks").iterdir()] == ["address"]


def test_a_second_writer_of_the_same_block_is_content_with_the_first(tmp_path):
    first, second = FeatureStore(tmp_path), FeatureStore(tmp_path)
    written(first)
    assert written(second).values[0, 0] == 1


def test_a_block_damaged_from_outside_is_written_anew(tmp_path):
    store = FeatureStore(tmp_path)
    written(store)
    (tmp_path / "blocks" / "address" / "values.npy").write_bytes(b"")
    assert store.block("address") is None
    assert written(store, value=2.0).values[0, 0] == 2


def test_only_the_newest_block_of_a_name_is_kept_and_a_reader_keeps_its_own(tmp_path):
    store = FeatureStore(tmp_path)
    old = written(store, "old", value=1.0)
    written(store, "other", name="text:plot")
    written(store, "new", value=2.0)
    store.keep_only("image:poster", "new")
    assert store.block("old") is None
    assert store.block("other") is not None
    assert old.values[0, 0] == 1


def test_blocks_of_one_column_by_several_encoders_are_kept_side_by_side(tmp_path):
    store = FeatureStore(tmp_path)
    written(store, "by x")
    written(store, "by y", encoder="y")
    store.keep_only("image:poster", "by y")
    assert store.block("by x") is not None


def test_rows_of_different_specs_do_not_meet(tmp_path):
    store = FeatureStore(tmp_path)
    rows = store.rows({"encoder": "x", "version": 1}, 2)
    rows.add("key", np.ones(2))
    rows.flush()
    assert "key" in store.rows({"encoder": "x", "version": 1}, 2)
    assert "key" not in store.rows({"encoder": "x", "version": 2}, 2)


def settled(path, content=b"content"):
    path.write_bytes(content)
    long_ago = time.time() - 100
    os.utime(path, (long_ago, long_ago))
    return FileStamp.of(path)


def test_the_hash_of_an_unchanged_file_is_remembered(tmp_path):
    stamp = settled(tmp_path / "a")
    hashes = FileHashes(tmp_path / "files.sqlite")
    hashes.remember("a", stamp, "hash")
    hashes.close()
    again = FileHashes(tmp_path / "files.sqlite")
    assert again.known([("a", stamp)]) == ["hash"]
    assert again.known([("b", stamp)] * 600 + [("a", stamp)])[-2:] == [None, "hash"]
    assert again.known([("a", stamp._replace(size=3))]) == [None]
    assert again.known([("a", stamp._replace(mtime_ns=3))]) == [None]
    again.close()


def test_a_file_changed_a_moment_ago_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(file_hashes, "RACY_S", 3600.0)  # a moment on the slowest machine
    path = tmp_path / "a"
    path.write_bytes(b"content")
    hashes = FileHashes(tmp_path / "files.sqlite")
    hashes.remember("a", FileStamp.of(path), "hash")
    hashes.flush()
    assert hashes.known([("a", FileStamp.of(path))]) == [None]
    hashes.close()


def test_a_damaged_cache_starts_anew(tmp_path):
    (tmp_path / "files.sqlite").write_bytes(b"no database at all" * 100)
    hashes, stamp = FileHashes(tmp_path / "files.sqlite"), settled(tmp_path / "a")
    assert hashes.known([("a", stamp)]) == [None]
    hashes.remember("a", stamp, "hash")
    hashes.close()
    again = FileHashes(tmp_path / "files.sqlite")
    assert again.known([("a", stamp)]) == ["hash"]
    again.close()


def test_a_file_that_is_not_there_has_no_stamp(tmp_path):
    assert FileStamp.of(tmp_path / "nothing") is None
