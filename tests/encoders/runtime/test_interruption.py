"""A run that is killed or interrupted at any moment is taken up by the next one, with the same result."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.features.store import FeatureStore

N = 400
SCRIPT = """
import sys
from pathlib import Path
import polars as pl
from sensorium.catalog.catalog import Catalog
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.features import rows
from sensorium.features.store import FeatureStore

rows.FLUSH_ROWS = 8
folder = Path(sys.argv[1])
frame = pl.DataFrame({"item_id": range(%d), "picture": [f"{n}.png" for n in range(%d)]})
catalog = Catalog.from_frame(frame, image="picture", base=folder)
try:
    encode_catalog(catalog, FeatureStore(folder / "features"), workers=2)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for index in range(N):
        noise = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)  # like no other
        (tmp_path / f"{index}.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    return tmp_path


def catalog_in(folder):
    frame = pl.DataFrame({"item_id": range(N), "picture": [f"{n}.png" for n in range(N)]})
    return Catalog.from_frame(frame, image="picture", base=folder)


def segments(folder):
    return list((folder / "features").glob("rows/*/*.json"))


def started(folder):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT % (N, N), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_new_rows(process, folder, n_before):
    while process.poll() is None and len(segments(folder)) <= n_before:
        time.sleep(0.002)


def workers_of(pid):
    import psutil

    return psutil.Process(pid).children()


def rows_in(folder):
    """Every row that a store opened now finds, by the content it belongs to."""
    rows = FeatureStore(folder / "features").rows(_spec(), _dimension())
    keys = [key for segment in segments(folder) for key in json.loads(segment.read_text())["keys"]]
    values = np.full((len(keys), rows.dimension), np.nan, dtype=np.float32)
    rows.gather(keys, values)
    assert np.isfinite(values).all()
    return dict(zip(keys, values, strict=True))


def killed(process, *, whole_group):
    """Kill a run, alone or with its workers, and wait until its workers are gone."""
    workers = workers_of(process.pid) if process.poll() is None else []
    if whole_group and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 100
    while any(worker.is_running() and worker.status() != "zombie" for worker in workers):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_twenty_times_nothing_is_lost_and_the_rows_are_those_of_an_undisturbed_run(folder):
    rng = np.random.default_rng(0)
    known = {}
    for turn in range(20):
        process = started(folder)
        if turn % 4:
            wait_for_new_rows(process, folder, len(segments(folder)))
        time.sleep(rng.uniform(0, 0.1))
        killed(process, whole_group=turn % 2 == 0)
        found = rows_in(folder) if (folder / "features").exists() else {}
        assert known.keys() <= found.keys()
        assert all(np.array_equal(found[key], known[key]) for key in known)
        known = found
    assert known, "no run got anywhere"
    resumed = encode_catalog(catalog_in(folder), FeatureStore(folder / "features"), workers=2)
    fresh = encode_catalog(catalog_in(folder), FeatureStore(folder / "fresh"), workers=1)
    report = resumed.report.blocks["image:picture"]
    assert (report.reused, report.encoded) == (len(known), N - len(known))
    np.testing.assert_array_equal(
        resumed.blocks["image:picture"].values, fresh.blocks["image:picture"].values
    )
    assert resumed.blocks["image:picture"].present.all()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_the_next_run_does_only_the_rest(folder):
    process = started(folder)
    wait_for_new_rows(process, folder, 2)
    os.kill(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert output.decode().strip() == "interrupted", errors.decode()
    assert errors.decode() == ""
    kept = len(FeatureStore(folder / "features").rows(_spec(), _dimension()))
    assert 0 < kept < N
    again = encode_catalog(catalog_in(folder), FeatureStore(folder / "features"), workers=2)
    assert again.report.blocks["image:picture"].reused == kept
    assert again.report.blocks["image:picture"].encoded == N - kept


@pytest.mark.slow
def test_two_runs_at_once_do_not_disturb_each_other(folder):
    first, second = started(folder), started(folder)
    for process in (first, second):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    shared = encode_catalog(catalog_in(folder), FeatureStore(folder / "features"))
    fresh = encode_catalog(catalog_in(folder), FeatureStore(folder / "fresh"))
    assert shared.report.blocks["image:picture"].encoded == 0
    np.testing.assert_array_equal(shared.blocks["image:picture"].values, fresh.blocks["image:picture"].values)


def _spec():
    from sensorium.encoders.image.color_texture_shape import ColorTextureShape

    return ColorTextureShape().spec()


def _dimension():
    from sensorium.encoders.image.color_texture_shape import ColorTextureShape

    return ColorTextureShape().dimension
