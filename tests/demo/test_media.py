"""Each trait shows in its own medium: colours, instruments and motions can be told apart."""

import numpy as np
import pytest

from sensorium.demo.clip import MOTIONS, N_FRAMES, render_clip
from sensorium.demo.media_files import jpeg_bytes, mp3_bytes, mp4_bytes
from sensorium.demo.palettes import PALETTES, draw_tones
from sensorium.demo.picture import LANDSCAPES, draw_picture
from sensorium.demo.sound import INSTRUMENTS, SAMPLE_RATE_HZ, render_sound


def test_pictures_of_one_palette_are_nearer_in_colour_than_others():
    means = [
        [draw_picture(palette, np.random.default_rng(seed)).mean(axis=(0, 1)) for seed in range(6)]
        for palette in PALETTES
    ]
    centres = np.mean(means, axis=1)
    for kind, colours in enumerate(means):
        distances = np.linalg.norm(np.array(colours)[:, None] - centres[None], axis=2)
        assert np.mean(distances.argmin(axis=1) == kind) >= 0.5


TERRAINS = sorted(
    {terrain for two in LANDSCAPES.values() for terrain in two}, key=lambda terrain: terrain.__name__
)


def test_every_palette_has_its_landscapes():
    assert set(LANDSCAPES) == {palette.name for palette in PALETTES}
    assert len(TERRAINS) == 6


@pytest.mark.parametrize("terrain", TERRAINS)
def test_every_terrain_draws_within_the_canvas_at_every_horizon(terrain):
    for seed, horizon in enumerate((245, 280, 320)):
        rng = np.random.default_rng(seed)
        canvas = np.full((480, 640, 3), 127, np.uint8)
        terrain(canvas, draw_tones(PALETTES[0], rng), horizon, rng)
        assert (canvas[-1] != 127).any(axis=1).all()
        assert (canvas[0] == 127).all()


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda instrument: instrument.name)
def test_every_instrument_plays_to_the_end_without_clipping(instrument):
    for seed in range(5):
        samples = render_sound(instrument, np.random.default_rng(seed))
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() < 1.0
        seconds = samples[: 3 * SAMPLE_RATE_HZ].reshape(3, -1)
        assert (np.sqrt((seconds**2).mean(axis=1)) > 0.01).all()


@pytest.mark.parametrize("motion", MOTIONS, ids=lambda motion: motion.name)
def test_every_motion_comes_back_to_where_it_began(motion):
    rng = np.random.default_rng(0)
    start = rng.uniform(size=(motion.n_particles, 3))
    own = rng.uniform(size=motion.n_particles)
    steps = [motion.path(start, own, moment / N_FRAMES) for moment in range(N_FRAMES)]
    around = motion.path(start, own, 1.0)
    away = np.abs(np.sort(around[:, :2], axis=0) - np.sort(steps[0][:, :2], axis=0)) % 1.1
    assert np.minimum(away, 1.1 - away).max() < 1e-9
    assert max(np.abs(step[:, :2] - steps[0][:, :2]).max() for step in steps) > 0.03


def test_files_have_the_bytes_of_their_kind_and_repeat_them():
    rng = np.random.default_rng
    frames = render_clip(MOTIONS[0], rng(0))
    made = [
        (jpeg_bytes(draw_picture(PALETTES[0], rng(0))), jpeg_bytes(draw_picture(PALETTES[0], rng(0)))),
        (
            mp3_bytes(render_sound(INSTRUMENTS[0], rng(0)), 16_000),
            mp3_bytes(render_sound(INSTRUMENTS[0], rng(0)), 16_000),
        ),
        (mp4_bytes(frames, 12), mp4_bytes(render_clip(MOTIONS[0], rng(0)), 12)),
    ]
    for first, again in made:
        assert first == again
    assert [first[4:8] for first, _ in made[2:]] == [b"ftyp"]
    assert made[0][0].startswith(b"\xff\xd8")
