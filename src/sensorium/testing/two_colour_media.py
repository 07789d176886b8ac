"""The two-colour catalogue as a folder with real words, pictures, sounds and clips."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from sensorium.core.files import write_text
from sensorium.testing.two_colour import COLOURS, START_S, TwoColour, two_colour

WORDS = (
    ("ember", "brick", "poppy", "chilli", "rust", "sunset", "cherry", "lava", "tomato", "ruby"),
    ("ocean", "glacier", "cobalt", "iris", "denim", "moonlight", "sapphire", "rain", "indigo", "whale"),
)
"""What is said about the items of each colour."""

BGR = ((40, 40, 200), (200, 90, 40))
SAMPLE_RATE_HZ = 16_000
PICTURE_PX = 48
CLIP_PX = 64
CLIP_FRAMES = 12
CLIP_FPS = 12
X264_OPTIONS: Mapping[str, str] = {
    "preset": "veryfast",
    "threads": "1",
    "x264-params": "mbtree=0:rc-lookahead=0",
}
"""The lookahead is off since x264 gives varying bytes with it, one clip in a few hundred."""

MEDIA: Mapping[str, tuple[str, str]] = {
    "picture": ("image:picture", "png"),
    "sound": ("audio:sound", "wav"),
    "clip": ("video:clip", "mp4"),
}
"""Column -> the block that says which items have the medium, and the files' ending."""

TOML = """\
[catalog]
items = "items.csv"
id = "item_id"
text = ["words"]
image = ["picture"]
audio = ["sound"]
video = ["clip"]
category = ["colour"]

[events]
file = "events.csv"
positive = ["rating >= 4"]
"""


def two_colour_media(folder: Path, n_users: int = 12, n_items: int = 16, seed: int = 0) -> TwoColour:
    """Write a two-colour workspace into `folder` and return what it holds.

    `items.csv` has the columns item_id, words, colour, picture, sound, clip; a cell is empty where the
    block of that medium has no row. `events.csv` has ratings with times: first those of `data`, then,
    as the last ones of each user, the held-out clicks. Items are `i00`, `i01`, ..., users `u00`, ....
    """
    world = two_colour(n_users, n_items, seed)
    for column in MEDIA:
        (folder / column).mkdir(parents=True, exist_ok=True)
    rows = [_write_item(folder, world, item, seed) for item in range(n_items)]
    _write_table(folder / "items.csv", ("item_id", "words", "colour", *MEDIA), rows)
    _write_table(
        folder / "events.csv", ("user_id", "item_id", "type", "rating", "timestamp"), _event_rows(world)
    )
    write_text(folder / "sensorium.toml", TOML)
    return world


def red_or_blue_picture(taste: int, rng: np.random.Generator) -> bytes:
    """Return a PNG: a red disc or blue stripes on a pale ground."""
    picture = np.full((PICTURE_PX, PICTURE_PX, 3), 225, dtype=np.uint8)
    if taste == 0:
        centre = rng.integers(PICTURE_PX // 3, 2 * PICTURE_PX // 3, size=2)
        cv2.circle(picture, centre.tolist(), int(rng.integers(10, 18)), BGR[0], -1, cv2.LINE_AA)
    else:
        step = int(rng.integers(8, 13))
        for x in range(int(rng.integers(step)), PICTURE_PX, step):
            cv2.line(picture, (x, 0), (x, PICTURE_PX), BGR[1], 4, cv2.LINE_AA)
    return cv2.imencode(".png", picture)[1].tobytes()


def red_or_blue_sound(taste: int, rng: np.random.Generator) -> bytes:
    """Return a second of WAV: a low hum for red, bright ticks for blue."""
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    if taste == 0:
        pitch_hz = rng.uniform(110, 180)
        samples = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 5)) * 0.3
    else:
        beats = np.exp(-40 * (time_s * rng.uniform(5, 8) % 1.0))
        samples = rng.normal(size=len(time_s)) * beats * 0.3
    file = io.BytesIO()
    sf.write(file, np.clip(samples, -1, 1), SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def red_or_blue_clip(taste: int, rng: np.random.Generator) -> bytes:
    """Return a second of MP4 without sound: a red square that slides, or a blue disc that pulses."""
    file = io.BytesIO()
    phase = float(rng.uniform())
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=CLIP_FPS, options=dict(X264_OPTIONS))
        stream.width = stream.height = CLIP_PX
        stream.pix_fmt = "yuv420p"
        for step in range(CLIP_FRAMES):
            picture = _clip_frame(taste, (phase + step / CLIP_FRAMES) % 1.0)
            planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())
    return file.getvalue()


def _clip_frame(taste: int, moment: float) -> NDArray[np.uint8]:
    picture = np.full((CLIP_PX, CLIP_PX, 3), 225, dtype=np.uint8)
    if taste == 0:
        left = int(moment * (CLIP_PX - 20))
        cv2.rectangle(picture, (left, 22), (left + 20, 42), BGR[0], -1)
    else:
        radius = int(8 + 18 * np.sin(np.pi * moment))
        cv2.circle(picture, (CLIP_PX // 2, CLIP_PX // 2), radius, BGR[1], -1, cv2.LINE_AA)
    return picture


WRITERS: Mapping[str, Callable[[int, np.random.Generator], bytes]] = {
    "picture": red_or_blue_picture,
    "sound": red_or_blue_sound,
    "clip": red_or_blue_clip,
}


def _write_item(folder: Path, world: TwoColour, item: int, seed: int) -> tuple[str, ...]:
    """Write the media of one item and return its row of `items.csv`."""
    taste = int(world.taste_of_item[item])
    rng = np.random.default_rng((seed, item))
    has_words = world.data.blocks["text:words"].present[item]
    words = " ".join(rng.choice(WORDS[taste], size=4, replace=False)) if has_words else ""
    has_colour = world.data.blocks["category:colour"].present[item]
    cells = [_item_id(item), words, COLOURS[taste] if has_colour else ""]
    for column, (block, ending) in MEDIA.items():
        location = f"{column}/{_item_id(item)}.{ending}" if world.data.blocks[block].present[item] else ""
        if location:
            (folder / location).write_bytes(WRITERS[column](taste, rng))
        cells.append(location)
    return tuple(cells)


def _event_rows(world: TwoColour) -> list[tuple[str, ...]]:
    """Return the ratings in the order of time, the held-out clicks last."""
    assert world.data.times is not None
    assert world.data.ratings is not None
    times_s = world.data.times.toarray()
    ratings = world.data.ratings.toarray()
    events: list[tuple[float, int, int, int]] = []
    for user, item in np.argwhere(ratings).tolist():
        events.append((float(times_s[user, item]) or START_S, user, item, int(ratings[user, item])))
    end_s = float(times_s.max())
    for order, (user, item) in enumerate(zip(*world.relevant.nonzero(), strict=True), start=1):
        events.append((end_s + order, int(user), int(item), 5))
    return [(f"u{u:02d}", _item_id(i), "rating", str(v), str(int(t))) for t, u, i, v in sorted(events)]


def _item_id(item: int) -> str:
    return f"i{item:02d}"


def _write_table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, file.getvalue())
