"""A run that is killed or interrupted at any moment is taken up by the next one, with the same result."""

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
from sensorium.encoders.run import encode_catalog
from sensorium.features.store import FeatureStore

N = 400
SCRIPT = """
import sys
from pathlib import Path
import polars as pl
from sensorium.catalog.catalog import Catalog
from sensorium.encoders.run import encode_catalog
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


@pytest.mark.slow
def test_killed_at_random_moments_the_next_run_finishes_with_the_same_rows(folder):
    rng = np.random.default_rng(int(time.time()))
    for _ in range(3):
        process = started(folder)
        wait_for_new_rows(process, folder, len(segments(folder)))
        time.sleep(rng.uniform(0, 0.2))
        workers = workers_of(process.pid) if process.poll() is None else []
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 10
        while any(worker.is_running() and worker.status() != "zombie" for worker in workers):
            assert time.monotonic() < deadline, "a worker outlived its parent"
            time.sleep(0.02)
    resumed = encode_catalog(catalog_in(folder), FeatureStore(folder / "features"), workers=2)
    fresh = encode_catalog(catalog_in(folder), FeatureStore(folder / "fresh"), workers=1)
    assert resumed.report.blocks["image:picture"].reused > 0
    np.testing.assert_array_equal(
        resumed.blocks["image:picture"].values, fresh.blocks["image:picture"].values
    )
    assert resumed.blocks["image:picture"].present.all()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_the_next_run_does_only_the_rest(folder):
    process = started(folder)
    wait_for_new_rows(process, folder, 2)
    os.kill(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=30)
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
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    shared = encode_catalog(catalog_in(folder), FeatureStore(folder / "features"))
    fresh = encode_catalog(catalog_in(folder), FeatureStore(folder / "fresh"))
    assert shared.report.blocks["image:picture"].encoded == 0
    np.testing.assert_array_equal(shared.blocks["image:picture"].values, fresh.blocks["image:picture"].values)


def _spec():
    from sensorium.encoders.image import Looks

    return Looks().spec()


def _dimension():
    from sensorium.encoders.image import Looks

    return Looks().dimension
