"""A catalogue is encoded once: whatever breaks is told, whatever is known is not done again."""

import os
import shutil
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.encoders.choice import default_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.encoders.query import encode_queries
from sensorium.encoders.registry import make_encoder
from sensorium.encoders.report import BlockReport
from sensorium.encoders.runtime import read_media
from sensorium.encoders.runtime.worker_pool import WorkerPool
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore
from sensorium.media.reference import MediaRef
from sensorium.testing.two_colour_media import two_colour_media


def picture(seed: int) -> bytes:
    """A PNG like no other."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    enlarged = cv2.resize(blocks, (48, 48), interpolation=cv2.INTER_NEAREST)
    return cv2.imencode(".png", enlarged)[1].tobytes()


def pictures(folder: Path, n: int) -> Catalog:
    """A catalogue of `n` pictures whose files are old enough to be trusted."""
    folder.mkdir(exist_ok=True)
    long_ago = time.time() - 100
    for index in range(n):
        path = folder / f"{index}.png"
        path.write_bytes(picture(index))
        os.utime(path, (long_ago, long_ago))
    return catalog_of([f"{index}.png" for index in range(n)], folder)


def catalog_of(places, folder):
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(len(places))], "picture": places})
    return Catalog.from_frame(frame, image="picture", base=folder)


def counts(result, block="image:picture"):
    report = result.report.blocks[block]
    return report.encoded, report.reused, report.missing, report.failed


def test_every_column_of_a_workspace_gets_its_block(tmp_path):
    two_colour_media(tmp_path)
    catalog = Catalog.from_file(
        tmp_path / "items.csv", text="words", image="picture", audio="sound", video="clip", category="colour"
    )
    result = encode_catalog(catalog, FeatureStore(tmp_path / "features"))
    assert set(result.blocks) == {
        "text:words",
        "image:picture",
        "audio:sound",
        "video:clip",
        "category:colour",
    }
    for name, block in result.blocks.items():
        assert len(block) == len(catalog)
        assert isinstance(block.values, np.memmap)
        assert block.values[block.present].any(axis=1).all()
        assert not block.values[~block.present].any()
        assert result.encoders[name].is_fitted
    assert result.report.failures == []


def test_a_second_run_encodes_nothing_and_reads_nothing(tmp_path, monkeypatch):
    catalog, store = pictures(tmp_path / "media", 40), FeatureStore(tmp_path / "features")
    first = encode_catalog(catalog, store, workers=2)
    assert counts(first) == (40, 0, 0, 0)

    def refuse(self, max_bytes=0):
        raise AssertionError("nothing is to be read")

    monkeypatch.setattr(MediaRef, "read", refuse)
    second = encode_catalog(catalog, store)
    assert counts(second) == (0, 40, 0, 0)
    np.testing.assert_array_equal(first.blocks["image:picture"].values, second.blocks["image:picture"].values)


def test_only_new_and_changed_media_are_encoded(tmp_path):
    store = FeatureStore(tmp_path / "features")
    encode_catalog(pictures(tmp_path / "media", 10), store)
    catalog = pictures(tmp_path / "media", 12)
    (tmp_path / "media" / "3.png").write_bytes(picture(99))
    assert counts(encode_catalog(catalog, store)) == (3, 9, 0, 0)


def test_processes_and_this_process_agree(tmp_path):
    catalog = pictures(tmp_path / "media", 60)
    shared = encode_catalog(catalog, FeatureStore(tmp_path / "a"), workers=2).blocks["image:picture"]
    contents = [ref.read() for ref in catalog.media("picture")]
    np.testing.assert_array_equal(shared.values, ColorTextureShape().encode_batch(contents).values)


def test_the_same_content_is_encoded_once_whatever_it_is_called(tmp_path):
    catalog = pictures(tmp_path / "media", 3)
    shutil.copy(tmp_path / "media" / "0.png", tmp_path / "media" / "copy.png")
    catalog = catalog_of(["0.png", "1.png", "copy.png", "0.png", None, ""], tmp_path / "media")
    result = encode_catalog(catalog, FeatureStore(tmp_path / "features"))
    assert counts(result) == (2, 2, 2, 0)
    values = result.blocks["image:picture"].values
    np.testing.assert_array_equal(values[0], values[2])
    np.testing.assert_array_equal(values[0], values[3])


@pytest.mark.parametrize("n_good", [2, 40])
def test_broken_media_are_reported_and_not_tried_again(tmp_path, monkeypatch, capfd, n_good):
    folder = tmp_path / "media"
    pictures(folder, n_good)
    good = (folder / "0.png").read_bytes()
    broken = {
        "cut.png": good[: len(good) // 2],
        "empty.png": b"",
        "text.png": b"words",
        "sound.png": b"RIFF0000WAVE",
    }
    for name, content in broken.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1e9, 1e9))
    places = [*(f"{n}.png" for n in range(n_good)), *broken, "nowhere.png"]
    catalog, store = catalog_of(places, folder), FeatureStore(tmp_path / "features")
    result = encode_catalog(catalog, store, workers=2)
    assert counts(result) == (n_good, 0, 0, 5)
    assert [(f.location, f.reason) for f in result.report.failures] == [
        ("cut.png", "truncated png"),
        ("empty.png", "empty file"),
        ("text.png", "not a picture"),
        ("sound.png", "not a picture but wav"),
        ("nowhere.png", "file not found"),
    ]
    assert result.report.failures[0].item_id == f"i{n_good}"
    assert capfd.readouterr().err == ""

    read = MediaRef.read
    tried = []
    monkeypatch.setattr(
        MediaRef, "read", lambda self, max_bytes=1 << 29: tried.append(self.location) or read(self)
    )
    again = encode_catalog(catalog, store)
    assert again.report.failures == result.report.failures
    assert tried == ["nowhere.png"]


def test_a_mended_medium_is_encoded(tmp_path):
    catalog, store = pictures(tmp_path / "media", 3), FeatureStore(tmp_path / "features")
    path = tmp_path / "media" / "1.png"
    good = path.read_bytes()
    path.write_bytes(good[:50])
    assert counts(encode_catalog(catalog, store)) == (2, 0, 0, 1)
    path.write_bytes(good)
    assert counts(encode_catalog(catalog, store)) == (1, 2, 0, 0)


def test_members_of_an_archive_are_media_too(tmp_path, monkeypatch):
    pictures(tmp_path / "media", 3)
    with zipfile.ZipFile(tmp_path / "media" / "all.zip", "w") as archive:
        for index in range(3):
            archive.write(tmp_path / "media" / f"{index}.png", f"inner/{index}.png")
    os.utime(tmp_path / "media" / "all.zip", (1e9, 1e9))
    catalog = catalog_of(
        ["all.zip/inner/0.png", "all.zip!inner/1.png", "all.zip/none.png"], tmp_path / "media"
    )
    store = FeatureStore(tmp_path / "features")
    assert counts(encode_catalog(catalog, store)) == (2, 0, 0, 1)
    assert counts(encode_catalog(catalog, store)) == (0, 2, 0, 1)


@pytest.mark.slow
def test_media_that_kill_hang_or_raise_cost_only_themselves(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "runtime"))
    from fragile_encoder import Fragile  # the worker imports it by this name

    with WorkerPool(Fragile(), 2, timeout_s=15.0) as pool:
        contents = [b"a", b"die", b"bb", b"raise", b"hang", b"ccc"]
        encoded = pool.submit(contents).result()
        again = pool.submit([b"dddd"]).result()
    assert encoded.values[:, 0].tolist() == [1, 0, 2, 0, 0, 3]
    assert encoded.failures == {
        1: "the decoder crashed on it",
        3: "ZeroDivisionError: by zero",
        4: "took longer than 15 s",
    }
    assert encoded.retry == {1, 3, 4}
    assert again.values.tolist() == [[4]]


@pytest.mark.slow
def test_a_medium_that_wants_all_the_memory_costs_only_itself(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "runtime"))
    from fragile_encoder import Fragile

    with WorkerPool(Fragile(), 1, memory_bytes=1 << 30) as pool:
        encoded = pool.submit([b"a", b"eat", b"bb"]).result()
    assert encoded.values[:, 0].tolist() == [1, 0, 2]
    assert encoded.failures == {1: "needs more than 1,024 MiB of memory"}


def test_failures_that_may_pass_are_tried_again(tmp_path, monkeypatch):
    """Also one new medium goes to a process of its own, which here dies at first."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "runtime"))
    from fragile_encoder import Fragile

    flag = tmp_path / "flag"
    (tmp_path / "a.png").write_bytes(b"die unless " + bytes(flag))
    catalog, store = catalog_of(["a.png"], tmp_path), FeatureStore(tmp_path / "features")
    encoders = {"image:picture": Fragile()}
    result = encode_catalog(catalog, store, encoders=encoders)
    assert counts(result) == (0, 0, 0, 1)
    assert result.report.failures[0].reason == "the decoder crashed on it"
    flag.touch()
    assert counts(encode_catalog(catalog, store, encoders=encoders)) == (1, 0, 0, 0)


def test_texts_are_learned_from_once_and_new_ones_get_rows_that_compare(tmp_path):
    frame = pl.DataFrame(
        {"item_id": ["a", "b", "c"], "words": ["red brick", "blue ocean", None], "year": [1, 2, None]}
    )
    catalog = Catalog.from_frame(frame, text="words", number="year")
    store = FeatureStore(tmp_path)
    first = encode_catalog(catalog, store)
    again = encode_catalog(catalog, store)
    assert again.report.blocks["text:words"] == BlockReport(encoded=0, reused=2, missing=1, failed=0)
    np.testing.assert_array_equal(first.blocks["text:words"].values, again.blocks["text:words"].values)
    more = pl.DataFrame({"item_id": ["d"], "words": ["red ocean"], "year": [3]})
    longer = encode_catalog(catalog.extended(more), store, encoders=first.encoders)
    np.testing.assert_array_equal(longer.blocks["text:words"].values[:3], first.blocks["text:words"].values)
    assert longer.blocks["text:words"].present.tolist() == [True, True, False, True]
    assert longer.blocks["text:words"].spec == first.blocks["text:words"].spec
    refitted = encode_catalog(catalog.extended(more), store)
    assert refitted.blocks["text:words"].spec != first.blocks["text:words"].spec


def test_a_changed_config_does_not_take_the_old_rows(tmp_path):
    frame = pl.DataFrame({"item_id": ["a", "b", "c"], "words": ["red brick", "blue ocean", "green hill"]})
    catalog, store = Catalog.from_frame(frame, text="words"), FeatureStore(tmp_path)
    wide = encode_catalog(catalog, store).blocks["text:words"]
    narrow = make_encoder("tfidf-lsa", {"dimension": 2})
    assert wide.dimension == 3
    assert encode_catalog(catalog, store, encoders={"text:words": narrow}).blocks["text:words"].dimension == 2


def test_each_stage_reports_every_item_that_has_something(tmp_path):
    class Counting:
        def __init__(self):
            self.stages = {}

        def stage(self, name, total=None, *, unit="items"):
            self.name, self.done = name, 0
            self.stages[name] = [total, 0]
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def advance(self, n=1, *, note=None):
            self.stages[self.name][1] += n

        def say(self, line):
            raise AssertionError(line)

    catalog = pictures(tmp_path / "media", 30)
    catalog = catalog_of([*catalog.frame["picture"], None, "nowhere.png", "0.png"], tmp_path / "media")
    store = FeatureStore(tmp_path / "features")
    for _ in range(2):
        progress = Counting()
        encode_catalog(catalog, store, progress=progress)
        assert progress.stages == {"image:picture": [32, 32]}


def test_an_empty_catalogue_gives_empty_blocks(tmp_path):
    frame = pl.DataFrame(
        {"item_id": [], "picture": [], "words": []},
        schema=dict.fromkeys(["item_id", "picture", "words"], pl.String),
    )
    catalog = Catalog.from_frame(frame, image="picture", text="words")
    result = encode_catalog(catalog, FeatureStore(tmp_path))
    assert {name: len(block) for name, block in result.blocks.items()} == {
        "image:picture": 0,
        "text:words": 0,
    }


def test_every_column_gets_the_encoder_of_its_role():
    frame = pl.DataFrame({"item_id": ["a"], "t": ["x"], "i": ["x"], "c": ["x"], "n": [1], "h": [False]})
    catalog = Catalog.from_frame(frame, text="t", image="i", category="c", number="n", hidden="h")
    assert {name: e.name for name, e in default_encoders(catalog).items()} == {
        "text:t": "tfidf-lsa",
        "image:i": "color-texture-shape",
        "category:c": "labels",
        "number:n": "quantity",
    }


def test_a_saved_encoder_is_loaded_as_it_was(tmp_path):
    encoder = make_encoder("tfidf-lsa", {"dimension": 2}).fit(["red brick", "blue ocean", "red ocean"])
    save_encoder(encoder, tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.spec() == encoder.spec()
    np.testing.assert_array_equal(loaded.encode_batch(["red"]).values, encoder.encode_batch(["red"]).values)
    (tmp_path / "encoder.json").write_text(
        (tmp_path / "encoder.json").read_text().replace(f'"version": {encoder.version}', '"version": 0')
    )
    with pytest.raises(DataError, match="version 0 of encoder tfidf-lsa"):
        load_encoder(tmp_path)


def test_unknown_encoders_and_settings_are_refused():
    with pytest.raises(ConfigError, match="unknown encoder 'eyes'.*color-texture-shape"):
        make_encoder("eyes")
    with pytest.raises(ConfigError, match="dimensions"):
        make_encoder("tfidf-lsa", {"dimensions": 2})


def test_a_query_compares_with_items_and_says_why_it_cannot(tmp_path):
    result = encode_catalog(pictures(tmp_path / "media", 20), FeatureStore(tmp_path / "features"))
    block, encoder = result.blocks["image:picture"], result.encoders["image:picture"]
    scaling = Scaling.fit(block)
    rows: FloatVector = encode_queries(encoder, scaling, [(tmp_path / "media" / "7.png").read_bytes()])
    likeness = rows @ scaling.scaled(block).values.T
    assert likeness.argmax() == 7
    assert likeness.max() == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(DataError, match="photo.jpg: not a picture. Give another image"):
        encode_queries(encoder, scaling, [b"words"], where="photo.jpg")


def test_memory_does_not_hold_what_was_read_ahead(tmp_path, monkeypatch):
    """No more contents are alive at once than the windows allow, however many media there are."""
    catalog = pictures(tmp_path / "media", 200)
    alive, most = set(), 0
    read = read_media._read

    class Tracked(bytes):
        def __del__(self):
            alive.discard(id(self))

    def tracking(medium, max_bytes):
        nonlocal most
        done = read(medium, max_bytes)
        content = Tracked(done.content)
        alive.add(id(content))
        most = max(most, len(alive))
        return done._replace(content=content)

    monkeypatch.setattr(read_media, "_read", tracking)
    encode_catalog(catalog, FeatureStore(tmp_path / "features"), workers=2)
    assert most <= read_media.READ_AHEAD + read_media.BATCH_ITEMS * 6 + 1
