"""Media for networks are read by processes that may die: the run and the other media do not."""

import os
import signal
import time

import cv2
import numpy as np
import pytest
from tests.encoders.neural.neural_models import tiny_clap, tiny_clip
from tests.encoders.runtime.damaged_world import MAKERS, assert_each_is_encoded_or_has_a_reason, damaged_world

from sensorium.core.roles import Role
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.neural.config import NeuralConfig
from sensorium.encoders.neural.media_decoder import MediaDecoder
from sensorium.encoders.neural.model_inputs import Reading, to_model_input
from sensorium.encoders.registry import engine_types
from sensorium.features.store import FeatureStore
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_sound

PICTURE = Reading(Role.IMAGE)


def picture(height: int, width: int) -> bytes:
    rng = np.random.default_rng(0)
    return cv2.imencode(".png", rng.integers(0, 255, (height, width, 3), dtype=np.uint8))[1].tobytes()


@pytest.fixture
def decoder():
    made = MediaDecoder(2)
    yield made
    made.stop()


def test_what_comes_back_is_in_the_order_of_what_went_in(decoder):
    sizes = [(20, 30), (40, 20), (33, 44), (10, 90), (50, 51)]
    read = decoder.read([picture(*size) for size in sizes], PICTURE)
    assert [one.array.shape[:2] for one in read] == sizes
    assert decoder.n_running == 2


def test_a_picture_is_shrunk_before_it_crosses_the_pipe(decoder):
    [large, long, small] = decoder.read([picture(900, 1500), picture(4, 9000), picture(30, 40)], PICTURE)
    assert large.array.shape == (512, 853, 3)
    assert long.array.shape == (4, 4096, 3)
    assert small.array.shape == (30, 40, 3)
    assert to_model_input(small.array, 0, Role.IMAGE).size == (40, 30)


def test_a_clip_comes_back_as_frames_and_a_recording_as_samples(decoder):
    rng = np.random.default_rng(0)
    [clip] = decoder.read([red_or_blue_clip(0, rng)], Reading(Role.VIDEO, n_frames=3))
    assert clip.array.shape[0] == 3
    assert clip.array.dtype == np.uint8
    [sound] = decoder.read([red_or_blue_sound(0, rng)], Reading(Role.AUDIO, sample_rate_hz=8000))
    assert sound.sample_rate_hz == 8000
    assert sound.array.ndim == 1
    assert sound.array.dtype == np.float32


def test_a_broken_file_has_its_reason_for_good_and_the_others_are_read(decoder):
    good, bad, empty = decoder.read([picture(20, 20), b"\x00" * 64, b""], PICTURE)
    assert good.reason is None
    assert (bad.reason, empty.reason) == ("not a picture", "empty file")
    assert not bad.may_pass


def test_a_file_that_takes_too_long_is_given_up_and_may_pass_next_time():
    decoder = MediaDecoder(1, timeout_s=0.01)
    try:
        slow, fast = decoder.read([picture(3000, 3000), picture(4, 4)], PICTURE)
        assert slow.reason == "took longer than 0.01 s"
        assert slow.may_pass
        assert fast.reason is None or fast.may_pass  # the first after a restart, on a busy machine
    finally:
        decoder.stop()


def test_a_file_that_needs_too_much_memory_costs_itself_alone():
    decoder = MediaDecoder(1, memory_bytes=64 << 20)
    try:
        large, small = decoder.read([picture(5000, 5000), picture(20, 20)], PICTURE)
        assert large.reason
        assert small.array.shape == (20, 20, 3)
    finally:
        decoder.stop()


def test_a_process_that_is_killed_is_started_again(decoder):
    decoder.read([picture(20, 20)], PICTURE)
    os.kill(decoder._processes[0]._process.pid, signal.SIGKILL)
    decoder._processes[0]._process.wait()
    [read] = decoder.read([picture(20, 20)], PICTURE)
    assert read.array.shape == (20, 20, 3)


def test_processes_that_are_idle_are_ended():
    decoder = MediaDecoder(1, idle_s=0.2)
    assert decoder.read([picture(20, 20)], PICTURE)[0].reason is None
    deadline = time.monotonic() + 100
    while decoder.n_running:
        assert time.monotonic() < deadline, "an idle process stayed"
        time.sleep(0.05)
    assert decoder.read([picture(20, 20)], PICTURE)[0].reason is None
    decoder.stop()


@pytest.mark.slow
def test_hostile_media_cost_a_neural_run_themselves_alone(tmp_path):
    pytest.importorskip("sentence_transformers", reason="the extra [neural] is not installed")
    media, read = damaged_world(tmp_path, 45)
    looks, hears = tiny_clip(tmp_path / "clip"), tiny_clap(tmp_path / "clap")
    encoders = {
        f"{role.value}:{role.value}": engine_types("sentence-transformers")[role](
            NeuralConfig(model=str(hears if role is Role.AUDIO else looks), n_frames=2)
        )
        for role in MAKERS
    }
    result = encode_catalog(read.catalog, FeatureStore(tmp_path / "features"), encoders=encoders)
    assert_each_is_encoded_or_has_a_reason(media, result)
