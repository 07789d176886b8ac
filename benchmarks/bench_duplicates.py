"""How many copies are found, how many different media are taken for copies, and what it costs at 100,000.

    python benchmarks/bench_duplicates.py [--scale 100000] [--every 4]

Photos, posters, recordings, clips and plots of the real data are degraded by known amounts (encoded again,
smaller, cropped, noisier, quieter, trimmed, a few words changed); each copy has to join its original and no
other. Cost is measured on fingerprints made like real ones, a tenth of them copies.
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations

import av
import cv2
import numpy as np
import polars as pl
import psutil
import soundfile
from scipy.signal import resample_poly

from real_data import data_folder, write_result
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.duplicates.columns import group_near_contents
from sensorium.duplicates.text import text_fingerprint
from sensorium.media.audio import decode_audio
from sensorium.media.fingerprints.audio import sound_fingerprint
from sensorium.media.fingerprints.image import picture_fingerprint
from sensorium.media.fingerprints.timed import TimedFingerprint
from sensorium.media.fingerprints.video import clip_fingerprint
from sensorium.media.image import decode_image

RNG = np.random.default_rng(0)
Copies = dict[str, list[bytes | None]]


def pictures(folder: str, every: int) -> tuple[list[bytes | None], Copies, list[int]]:
    """Return the fingerprints of all pictures, those of copies by degradation, and which were copied."""
    files = sorted(data_folder(folder).rglob("*.jpg"))
    copies: Copies = {name: [] for name in PICTURE_COPIES}
    originals: list[bytes | None] = []
    for number, file in enumerate(files):
        picture = decode_image(file.read_bytes(), where=file.name)
        originals.append(picture_fingerprint(picture))
        for name, degrade in PICTURE_COPIES.items() if number % every == 0 else ():
            copies[name].append(picture_fingerprint(np.ascontiguousarray(degrade(picture))))
    return originals, copies, list(range(0, len(files), every))


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def _smaller(picture: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _cropped(picture: np.ndarray, share: float) -> np.ndarray:
    rows, columns = (round(share * size) for size in picture.shape[:2])
    return picture[rows : picture.shape[0] - rows, columns : picture.shape[1] - columns]


def _lettered(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    place = width // 10, height - height // 10
    return cv2.putText(picture.copy(), "SALE -20%", place, 0, width / 300, (255, 255, 255), 2)


def _clipped(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


PICTURE_COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "JPEG quality 20": lambda p: _jpeg(p, 20),
    "half the size, JPEG quality 40": lambda p: _jpeg(_smaller(p, 0.5), 40),
    "a third of the size": lambda p: _smaller(p, 1 / 3),
    "brighter by a quarter": lambda p: _clipped(p * 1.25 + 10),
    "noise of 10 levels": lambda p: _clipped(p + RNG.normal(0, 10, p.shape)),
    "1% cut off each edge": lambda p: _cropped(p, 0.01),
    "3% cut off each edge": lambda p: _cropped(p, 0.03),
    "5% cut off each edge": lambda p: _cropped(p, 0.05),
    "a line of text over it": _lettered,
    "mirrored": lambda p: p[:, ::-1],
}


def sounds(every: int) -> tuple[list[bytes | None], Copies, list[int]]:
    """Return the fingerprints of all recordings, those of copies, and which were copied."""
    files = sorted(data_folder("esc10/audio").iterdir())
    copies: Copies = {}
    originals: list[bytes | None] = []
    for number, file in enumerate(files):
        samples, rate_hz = decode_audio(file.read_bytes(), where=file.name, sample_rate_hz=None)
        originals.append(sound_fingerprint(samples, rate_hz))
        for name, copy in _sound_copies(samples, rate_hz).items() if number % every == 0 else ():
            copies.setdefault(name, []).append(sound_fingerprint(*copy))
    return originals, copies, list(range(0, len(files), every))


def _sound_copies(samples: np.ndarray, rate_hz: int) -> dict[str, tuple[np.ndarray, int]]:
    quarter = resample_poly(samples, 1, 4).astype(np.float32)
    noise = RNG.standard_normal(len(samples)) * np.sqrt((samples**2).mean()) / 10
    trimmed = samples[int(0.33 * rate_hz) : -int(0.2 * rate_hz)]
    half = resample_poly(trimmed, 1, 2).astype(np.float32) * 0.3
    return {
        "mp3, 32 kbit/s": _mp3(samples, rate_hz),
        "ogg, lowest quality, half the rate": _ogg(
            resample_poly(samples, 1, 2).astype(np.float32), rate_hz // 2
        ),
        "a tenth as loud": (samples * 0.1, rate_hz),
        "a quarter of the rate": (quarter, rate_hz // 4),
        "0.7 s of silence before it": (np.pad(samples, (int(0.7 * rate_hz), 0)), rate_hz),
        "0.33 s and 0.2 s cut off": (trimmed, rate_hz),
        "noise 20 dB below": ((samples + noise).astype(np.float32), rate_hz),
        "cut, half the rate, quieter, mp3": _mp3(half, rate_hz // 2),
    }


def _ogg(samples: np.ndarray, rate_hz: int) -> tuple[np.ndarray, int]:
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate_hz, 1, subtype="VORBIS", format="OGG", compression_level=1.0
    ) as out:
        out.write(samples)
    return decode_audio(file.getvalue(), where="ogg", sample_rate_hz=None)


def _mp3(samples: np.ndarray, rate_hz: int) -> tuple[np.ndarray, int]:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate_hz)
        stream.bit_rate, stream.layout = 32_000, "mono"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
        frame.sample_rate = rate_hz
        fifo = av.AudioFifo()
        fifo.write(frame)
        while (part := fifo.read(stream.codec_context.frame_size or 1152, partial=True)) is not None:
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return decode_audio(file.getvalue(), where="mp3", sample_rate_hz=None)


def clips(every: int) -> tuple[list[bytes | None], Copies, list[int]]:
    """Return the fingerprints of all clips, those of copies, and which were copied."""
    files = sorted(data_folder("fight-clips/clips").iterdir())
    originals = [_clip_print(file.read_bytes()) for file in files]
    copies: Copies = {}
    chosen: list[int] = []
    for number in range(0, len(files), max(1, every // 2)):
        frames, rate = _frames_of(files[number].read_bytes())
        if frames[0].shape[0] <= 720:
            chosen.append(number)
            for name, (changed, speed, crf) in _clip_copies(frames, rate).items():
                content = _written(changed, speed, crf)
                copies.setdefault(name, []).append(_clip_print(content))
    return originals, copies, chosen


def _clip_print(content: bytes) -> bytes | None:
    try:
        samples, rate_hz = decode_audio(content, where="", sample_rate_hz=None, max_duration_s=30)
    except MediaError:
        return clip_fingerprint(content, None, where="")
    return clip_fingerprint(content, sound_fingerprint(samples, rate_hz), where="")


def _clip_copies(
    frames: list[np.ndarray], rate: Fraction
) -> dict[str, tuple[list[np.ndarray], Fraction, int]]:
    start = round(0.2 * rate)
    return {
        "H.264, crf 40": (frames, rate, 40),
        "half the size, crf 35": ([_smaller(frame, 0.5) for frame in frames], rate, 35),
        "0.2 s cut off": (frames[start:], rate, 30),
        "3% cut off each edge": ([_cropped(frame, 0.03) for frame in frames], rate, 30),
        "brighter by a fifth": ([_clipped(frame * 1.2 + 15) for frame in frames], rate, 30),
        "half the frame rate": (frames[::2], rate / 2, 30),
        "cut, cropped by 2%, half the size": (
            [_smaller(_cropped(frame, 0.02), 0.5) for frame in frames[start:]],
            rate,
            35,
        ),
    }


def _frames_of(content: bytes) -> tuple[list[np.ndarray], Fraction]:
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(25)
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], rate


def _written(frames: Sequence[np.ndarray], rate: Fraction, crf: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(30_000))
        stream.height, stream.width = (size - size % 2 for size in frames[0].shape[:2])
        stream.pix_fmt, stream.options = "yuv420p", {"crf": str(crf), "preset": "veryfast"}
        for pixels in frames:
            even = np.ascontiguousarray(pixels[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def texts(every: int) -> tuple[list[bytes | None], Copies, list[int]]:
    """Return the fingerprints of all plots, those of copies, and which were copied."""
    table = pl.read_csv(data_folder("movielens-100k") / "items.csv", infer_schema=False)
    plots = table["plot"].drop_nulls().to_list()
    vocabulary = [word for plot in plots for word in plot.split()]
    chosen = list(range(0, len(plots), every))
    copies: Copies = {
        "upper case, no punctuation": [text_fingerprint(plots[n].upper().replace(",", "")) for n in chosen]
    }
    for n_words in (1, 2, 3, 5):
        changed = [_with_other_words(plots[n], n_words, vocabulary) for n in chosen]
        copies[f"{n_words} of the words replaced"] = [text_fingerprint(text) for text in changed]
    return [text_fingerprint(plot) for plot in plots], copies, chosen


def _with_other_words(text: str, n: int, vocabulary: Sequence[str]) -> str:
    words = text.split()
    for place in RNG.choice(len(words), min(n, len(words)), replace=False):
        words[place] = vocabulary[RNG.integers(len(vocabulary))]
    return " ".join(words)


def judged(role: Role, originals: list[bytes | None], copies: Copies, chosen: list[int]) -> dict[str, object]:
    """Return recall by degradation, and the pairs of originals that are taken for one."""
    known = [n for n, each in enumerate(originals) if each is not None]
    place = {n: position for position, n in enumerate(known)}
    base = [originals[n] for n in known]
    alone = group_near_contents(role, base).group
    recall: dict[str, float] = {}
    mistaken = 0
    for name, prints in copies.items():
        made = [(n, each) for n, each in zip(chosen, prints, strict=True) if each is not None and n in place]
        group = group_near_contents(role, [*base, *(each for _, each in made)]).group
        found = [group[len(base) + k] == group[place[n]] for k, (n, _) in enumerate(made)]
        recall[name] = round(sum(found) / len(chosen), 3)
        mistaken += len(set(alone.tolist())) - len(set(group[: len(base)].tolist()))
    joined = [members for members in _members(alone) if len(members) > 1]
    return {
        "originals": len(originals),
        "without_fingerprint": len(originals) - len(known),
        "copies_of_each_kind": len(chosen),
        "recall": recall,
        "pairs_of_originals": len(known) * (len(known) - 1) // 2,
        "pairs_taken_for_one": sum(len(list(combinations(members, 2))) for members in joined),
        "originals_joined_by_a_copy": mistaken,
    }


def _members(group: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def many(role: Role, real: list[bytes], n: int) -> list[bytes]:
    """Return `n` fingerprints like `real` ones, every tenth nearly that of another."""
    first = [_invented(role, real[k % len(real)], k) for k in range(n - n // 10)]
    return [*first, *(_copied(role, each) for each in first[: n // 10])]


def _invented(role: Role, real: bytes, k: int) -> bytes:
    rng = np.random.default_rng(k)
    if role is Role.IMAGE:
        flip = np.packbits(rng.random(256) < 0.3)
        return (np.frombuffer(real, np.uint8) ^ np.tile(flip, 3)).tobytes()
    if role is Role.TEXT:
        values = np.frombuffer(real, np.uint32).copy()
        other = rng.random(len(values)) < 0.9
        values[other] = rng.integers(1 << 32, size=int(other.sum()), dtype=np.uint32)
        return values.tobytes()
    known = TimedFingerprint.from_bytes(real if role is Role.AUDIO else real[4:])
    features = known.features + rng.normal(0, 0.06, len(known.features)).astype(np.float32)
    words = rng.permutation(known.words) ^ rng.integers(1 << 32, dtype=np.uint32)
    made = TimedFingerprint(features / np.linalg.norm(features), words).to_bytes()
    return made if role is Role.AUDIO else np.uint32(len(made)).tobytes() + made


def _copied(role: Role, content: bytes) -> bytes:
    """Return it with a few changes."""
    if role is Role.TEXT:
        return content[:-40] + bytes(40)
    changed = bytearray(content)
    for place in RNG.integers(90, min(len(content), 250), size=4) if role is not Role.IMAGE else (3, 40, 70):
        changed[place] ^= 5
    return bytes(changed)


def cost(role: Role, real: list[bytes], n: int) -> dict[str, object]:
    """Return the processor time for making `n` fingerprints and grouping them, and the memory of it all."""
    started = time.process_time()
    prints = many(role, real, n)
    group = group_near_contents(role, prints).group
    found = (group[n - n // 10 :] == group[: n // 10]).mean()
    return {
        "n": n,
        "cpu_seconds": round(time.process_time() - started, 1),
        "bytes_each": round(sum(map(len, prints)) / n),
        "memory_MiB": psutil.Process().memory_info().rss >> 20,
        "found": round(float(found), 4),
    }


def main() -> None:
    """Print and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=4, help="copy every n-th medium")
    options = parser.parse_args()
    kinds = {
        "plots": (Role.TEXT, lambda: texts(options.every)),
        "photos": (Role.IMAGE, lambda: pictures("clothing-photos/photos", options.every)),
        "posters": (Role.IMAGE, lambda: pictures("movielens-100k/posters", options.every)),
        "recordings": (Role.AUDIO, lambda: sounds(options.every)),
        "clips": (Role.VIDEO, lambda: clips(options.every)),
    }
    result: dict[str, object] = {}
    real: dict[Role, list[bytes]] = {}
    for name, (role, make) in kinds.items():
        originals, copies, chosen = make()
        result[name] = judged(role, originals, copies, chosen)
        real.setdefault(role, [each for each in originals if each is not None])
        print(name, result[name], flush=True)
        write_result("duplicates", result)
    for role, prints in real.items():
        result[f"cost of {role.value}"] = cost(role, prints, options.scale)
        print(role, result[f"cost of {role.value}"], flush=True)
        write_result("duplicates", result)


if __name__ == "__main__":
    main()
