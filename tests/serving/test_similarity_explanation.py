"""The region or the seconds that were made the common trait of two media are found."""

import io

import cv2
import numpy as np
import polars as pl
import pytest
import soundfile as sf

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, FormerNameWarning, MediaError
from sensorium.demo.palettes import PALETTES
from sensorium.demo.picture import draw_picture
from sensorium.demo.sound import INSTRUMENTS, SAMPLE_RATE_HZ, render_sound
from sensorium.media.clip_frames import decode_clip_frames, encode_clip
from sensorium.serving.similarity_picture import draw_similarity

LEFT, TOP, WIDTH, HEIGHT = 190, 20, 110, 90


def with_emblem(picture):
    """The landscape [240, 320, 3] with the same striped sign in its upper right corner."""
    picture = picture.copy()
    cv2.rectangle(picture, (LEFT, TOP), (LEFT + WIDTH, TOP + HEIGHT), (20, 220, 20), -1)
    for x in range(LEFT, LEFT + WIDTH, 12):
        cv2.line(picture, (x, TOP), (x, TOP + HEIGHT), (250, 10, 200), 4)
    return picture


def tune(*instruments, seed):
    """Several instruments, one after another."""
    pieces = [render_sound(INSTRUMENTS[i], np.random.default_rng((seed, i))) for i in instruments]
    file = io.BytesIO()
    sf.write(file, np.concatenate(pieces), SAMPLE_RATE_HZ, format="WAV")
    return file.getvalue()


def clip(*scenes):
    """A clip of 12 frames for each scene: `s` a square that slides, `d` a disc that grows, `-` still grey."""
    frames = []
    for scene in scenes:
        for step in range(12):
            frame = np.full((64, 64, 3), 120 if scene == "-" else 225, dtype=np.uint8)
            if scene == "s":
                frame[22:42, 3 * step : 3 * step + 20] = (200, 40, 40)
            if scene == "d":
                cv2.circle(frame, (32, 32), 6 + 2 * step, (40, 90, 200), -1)
            frames.append(frame)
    return encode_clip(np.stack(frames), 12)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alike")
    rng = np.random.default_rng(1)
    rows = []
    for index in range(16):
        picture = draw_picture(PALETTES[index % len(PALETTES)], rng)
        picture = with_emblem(picture) if index < 2 else picture
        (folder / f"{index}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        played = {0: (0, 1, 2), 1: (1, 3, 4)}.get(index, (index % 8,))
        (folder / f"{index}.wav").write_bytes(tune(*played, seed=index))
        shown = {0: "-s", 1: "s-", 2: "--"}.get(index, "d-" if index % 2 else "-d")
        (folder / f"{index}.mkv").write_bytes(clip(*shown))
        rows.append((f"i{index}", f"{index}.png", f"{index}.wav", f"{index}.mkv", f"words {index}"))
    names = ("item_id", "picture", "sound", "clip", "words")
    frame = pl.DataFrame(rows, schema=names, orient="row")
    catalog = sn.Catalog.from_frame(
        frame, text="words", image="picture", audio="sound", video="clip", base=folder
    )
    events = sn.Events.from_frame(
        pl.DataFrame({"user_id": ["u", "v"], "item_id": ["i0", "i1"]}), items=catalog.items
    )
    return sn.fit(catalog, events, model="popularity")


def test_the_former_name_says_the_new_one(model):
    with pytest.warns(FormerNameWarning, match="`alike` is now called `explain_similarity`; both work"):
        assert model.alike("i0", "i1").block == model.explain_similarity("i0", "i1").block


def test_the_sign_in_both_pictures_is_the_region_that_counts(model):
    found = model.explain_similarity("i0", "i1", by="image")
    sign = np.zeros((240, 320))
    sign[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = 1
    for regions in found.regions:
        assert sum(region.share for region in regions) == pytest.approx(1, abs=1e-5)
        assert [region.share for region in regions] == sorted((r.share for r in regions), reverse=True)
        on_sign = sum(
            region.share
            for region in regions
            if sign[
                round(region.y * 240) : round((region.y + region.height) * 240),
                round(region.x * 320) : round((region.x + region.width) * 320),
            ].mean()
            > 0.3
        )
        assert on_sign > 2 * sign.mean()
    assert found.likeness == pytest.approx(
        float(model.similar("i0", by="image", allow=["i1"]).scores[0]), abs=1e-5
    )


def test_the_seconds_of_the_common_instrument_are_those_that_count(model):
    found = model.explain_similarity("i0", "i1", by="audio")
    for moments, (start_s, stop_s) in zip(found.moments, ((3.2, 6.4), (0.0, 3.2)), strict=True):
        assert sum(moment.share for moment in moments) == pytest.approx(1, abs=1e-5)
        inside = sum(m.share for m in moments if start_s - 0.1 <= m.start_s and m.stop_s <= stop_s + 0.1)
        assert inside > 1.3 / 3


def test_the_seconds_of_the_common_motion_are_those_that_count(model):
    found = model.explain_similarity("i0", "i1", by="video")
    for moments, (start_s, stop_s) in zip(found.moments, ((1.0, 2.0), (0.0, 1.0)), strict=True):
        inside = sum(m.share for m in moments if start_s - 0.1 <= m.start_s and m.stop_s <= stop_s + 0.1)
        assert inside > 0.6


@pytest.mark.parametrize("by", ["image", "audio", "video"])
def test_it_can_be_drawn(model, tmp_path, by):
    draw_similarity(
        tmp_path / "alike.png", model.explain_similarity("i0", "i1", by=by), ["one <b>", "two $x$"]
    )
    drawn = cv2.imread(str(tmp_path / "alike.png"))
    assert drawn.shape[0] > 300
    assert drawn.std() > 10


def test_what_has_no_regions_or_moments_is_refused(model, even_model):
    for ask, error, said in (
        (lambda: model.explain_similarity("i0", "i1", by="text"), ConfigError, "neither regions nor moments"),
        (
            lambda: model.explain_similarity("i0", "i1", by="smell"),
            ConfigError,
            "nothing is known by 'smell'",
        ),
        (lambda: model.explain_similarity("i0", "i99"), sn.UserError, "unknown item 'i99'"),
    ):
        with pytest.raises(error, match=said):
            ask()
    present = even_model.item_features.blocks["image:picture"].present
    with_one, without = (int(np.flatnonzero(present == flag)[0]) for flag in (True, False))
    ids = even_model.catalog.items.ids_at([with_one, without])
    with pytest.raises(DataError, match=f"item {ids[1]}: it has no image"):
        even_model.explain_similarity(*ids, by="image")


def test_a_file_that_is_gone_is_named(model, tmp_path):
    (tmp_path / "0.png").write_bytes((model.catalog.base / "0.png").read_bytes())
    moved = sn.load(model.save(tmp_path / "bundles"))
    object.__setattr__(moved.catalog, "base", tmp_path)
    with pytest.raises(DataError, match="item i1: 1.png: file not found"):
        moved.explain_similarity("i0", "i1")


def test_frames_survive_being_made_a_clip():
    frames = np.random.default_rng(0).integers(0, 255, (6, 32, 48, 3), dtype=np.uint8)
    smooth = np.stack([cv2.GaussianBlur(frame, (0, 0), 6) for frame in frames])
    found, rate = decode_clip_frames(encode_clip(smooth, 10), where="clip", max_side_px=64, max_duration_s=9)
    assert rate == 10
    assert found.shape == smooth.shape
    assert np.abs(found.astype(int) - smooth).mean() < 3
    with pytest.raises(MediaError, match="not a clip"):
        decode_clip_frames(b"no clip", where="clip", max_side_px=64, max_duration_s=9)
