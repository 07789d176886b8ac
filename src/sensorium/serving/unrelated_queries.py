"""Queries that have nothing to do with a catalogue: what they reach is chance."""

import io
import wave
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sensorium.core.roles import Role

N_TEXTS, N_PICTURES, N_SOUNDS, N_CLIPS = 120, 40, 20, 10
SIDE_PX, CLIP_SIDE_PX, CLIP_FRAMES = 128, 64, 12
RATE_HZ, SOUND_S = 22_050, 2.0
_MOST_WORDS = 3
_SYLLABLES = ("ba", "ke", "li", "mo", "nur", "ras", "tev", "zol", "quin", "dex")
"""What words are made of where the catalogue has none."""
_TRIES = 50


def unrelated_queries(modality: Role, words: Sequence[str], *, seed: int = 0) -> Sequence[str | bytes]:
    """Return queries of a modality drawn at random: texts of words that are none, or files of media.

    `words` are those of the catalogue: what is made up of their halves reads like words of its language.
    """
    rng = np.random.default_rng(seed)
    return _MAKERS[modality](rng, words)


def _texts(rng: np.random.Generator, words: Sequence[str]) -> list[str]:
    known = frozenset(words)
    stock = [word for word in words if word.isalpha() and len(word) > 1] or list(_SYLLABLES)
    return [
        " ".join(_made_up_word(rng, stock, known) for _ in range(1 + number % _MOST_WORDS))
        for number in range(N_TEXTS)
    ]


def _made_up_word(rng: np.random.Generator, stock: Sequence[str], known: frozenset[str]) -> str:
    """Return the beginning of one word and the end of another: if possible no word that is `known`."""
    made = ""
    for _ in range(_TRIES):
        begins, ends = (str(stock[index]) for index in rng.integers(0, len(stock), 2))
        made = begins[: (len(begins) + 1) // 2] + ends[len(ends) // 2 :]
        if made not in known:
            break
    return made


def _pictures(rng: np.random.Generator, _: Sequence[str]) -> list[bytes]:
    from PIL import Image

    files: list[bytes] = []
    for number in range(N_PICTURES):
        file = io.BytesIO()
        Image.fromarray(_picture(rng, number, SIDE_PX)).save(file, "PNG")
        files.append(file.getvalue())
    return files


def _picture(rng: np.random.Generator, number: int, side_px: int) -> np.ndarray:
    """Return a picture [side, side, 3] uint8: noise, a gradient, stripes, squares or blots, in turn."""
    across = np.linspace(0, 1, side_px)
    kind = number % 5
    if kind == 0:
        return rng.integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)
    if kind == 3:
        cells = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        return cells.repeat(side_px // 8, axis=0).repeat(side_px // 8, axis=1)
    down, right = across[:, None], across[None, :]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * down + np.sin(angle) * right
    if kind == 1:
        mix = (along - along.min()) / np.ptp(along)
    elif kind == 2:
        mix = np.sin(along * rng.uniform(10, 80)) / 2 + 0.5
    else:
        centres = rng.uniform(0, 1, (6, 2))
        mix = np.zeros((side_px, side_px))
        for y, x in centres:
            mix = np.maximum(mix, (np.hypot(down - y, right - x) < rng.uniform(0.05, 0.25)).astype(float))
    low, high = rng.uniform(0, 255, (2, 3))
    return (low + mix[..., None] * (high - low)).astype(np.uint8)


def _sounds(rng: np.random.Generator, _: Sequence[str]) -> list[bytes]:
    return [_wav(_sound(rng, number)) for number in range(N_SOUNDS)]


def _sound(rng: np.random.Generator, number: int) -> np.ndarray:
    """Return a sound [n] from -1 to 1: noise, a tone, a sweep, clicks or a growing hum, in turn."""
    time = np.arange(int(RATE_HZ * SOUND_S)) / RATE_HZ
    kind, pitch = number % 5, rng.uniform(80, 2_000)
    if kind == 0:
        return rng.uniform(-1, 1, len(time)) * rng.uniform(0.1, 0.8)
    if kind == 1:
        return np.sin(2 * np.pi * pitch * time) * 0.5
    if kind == 2:
        return np.sin(2 * np.pi * (pitch + 800 * time) * time) * 0.5
    if kind == 3:
        clicks = np.zeros(len(time))
        clicks[:: int(RATE_HZ / rng.uniform(2, 20))] = 0.9
        return clicks
    return np.cumsum(rng.uniform(-1, 1, len(time))) / len(time) ** 0.5 * time / SOUND_S


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def _clips(rng: np.random.Generator, _: Sequence[str]) -> list[bytes]:
    """Return animated pictures: one that moves sideways, or a new one with each frame."""
    from PIL import Image

    files: list[bytes] = []
    for number in range(N_CLIPS):
        still, step = _picture(rng, number, CLIP_SIDE_PX), int(rng.integers(1, 8))
        frames = [
            Image.fromarray(
                np.roll(still, step * frame, axis=1) if number % 2 else _picture(rng, frame, CLIP_SIDE_PX)
            )
            for frame in range(CLIP_FRAMES)
        ]
        file = io.BytesIO()
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
        files.append(file.getvalue())
    return files


_MAKERS: Mapping[Role, Callable[[np.random.Generator, Sequence[str]], Sequence[str | bytes]]] = {
    Role.TEXT: _texts,
    Role.IMAGE: _pictures,
    Role.AUDIO: _sounds,
    Role.VIDEO: _clips,
}
