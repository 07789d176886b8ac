"""How fast the built-in encoders are, each beside the bare decoding of the same media on the same core.

`fisher-vectors` is measured beside OpenCV's SIFT as well: how long its descriptors alone take at the same
places of the same pictures, and that the whole encoder, decoding included, takes at most twice that.

    python benchmarks/bench_encoders.py [--data FOLDER] [--json]

Pictures are 1-megapixel JPEGs made here from smooth noise; sound is a made 30-second recording. With
`--data` (or $SENSORIUM_DATA) the real clips and posters are measured as well, and how often the ten
nearest neighbours share the label.
"""

import argparse
import csv
import io
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import soundfile
from threadpoolctl import threadpool_limits

from sensorium.encoders.audio.sound import Sound
from sensorium.encoders.base import Encoder
from sensorium.encoders.image.color_texture_shape import ColorTextureShape, ColorTextureShapeConfig
from sensorium.encoders.image.feature_families import Family
from sensorium.encoders.image.fisher_vectors import FisherVectors
from sensorium.encoders.image.sift import CELLS_PX, LONGER_SIDE_PX, STEP_PX, small_grey
from sensorium.encoders.text.tfidf_lsa import TfidfLSA
from sensorium.encoders.video.clip import Clip
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.media.audio import decode_audio
from sensorium.media.image import decode_image
from sensorium.media.video import decode_video

EVERY_PART: tuple[Family, ...] = ("colours", "palette", "texture", "co-occurrence", "shape", "edges")


def megapixel_jpegs(n: int) -> list[bytes]:
    """Return `n` JPEGs of 1152 x 896 with the detail of a photo."""
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(n):
        layers = [
            cv2.resize(rng.normal(0, 60 / 2**k, (2 ** (k + 2), 2 ** (k + 2), 3)), (1152, 896))
            for k in range(8)
        ]
        pixels = np.clip(128 + sum(layers), 0, 255).astype(np.uint8)
        pictures.append(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return pictures


def recording(seconds: int) -> bytes:
    """Return a WAV of tones and ticks at 44.1 kHz."""
    rng = np.random.default_rng(0)
    time_s = np.arange(44_100 * seconds) / 44_100
    samples = 0.3 * np.sin(2 * np.pi * 330 * time_s) + rng.normal(0, 0.2, len(time_s)) * (time_s % 0.5 < 0.05)
    file = io.BytesIO()
    soundfile.write(file, samples, 44_100, format="WAV")
    return file.getvalue()


def seconds_each(work: Callable[[bytes], object], contents: Sequence[bytes], repeats: int = 3) -> float:
    """Return the best mean time for one content in `repeats` rounds, after one warm-up."""
    work(contents[0])
    rounds = []
    for _ in range(repeats):
        started = time.perf_counter()
        for content in contents:
            work(content)
        rounds.append((time.perf_counter() - started) / len(contents))
    return min(rounds)


def beside_decoding(encoder: Encoder, decode: Callable[[bytes], object], contents: Sequence[bytes]) -> dict:
    """Return rates of decoding alone and of the encoder, which decodes too."""
    bare_s, full_s = (
        seconds_each(decode, contents),
        seconds_each(lambda c: encoder.encode_batch([c]), contents),
    )
    return {
        "decoded_per_s": round(1 / bare_s, 1),
        "encoded_per_s": round(1 / full_s, 1),
        "share_of_decoding": round(bare_s / full_s, 2),
    }


def beside_sift(contents: Sequence[bytes]) -> dict:
    """Return rates of `fisher-vectors`, which decodes too, and of SIFT at its places in decoded pictures."""
    encoder, sift = FisherVectors().fit(contents), cv2.SIFT_create()
    greys = [small_grey(decode_image(content, where="", min_side_px=LONGER_SIDE_PX)) for content in contents]
    places = [sift_places(grey) for grey in greys]
    n_described = sum(len(sift.compute(grey, at)[0]) for grey, at in zip(greys, places, strict=True))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        for grey, at in zip(greys, places, strict=True):
            sift.compute(grey, at)
        seconds.append((time.perf_counter() - started) / len(contents))
    full_s = seconds_each(lambda content: encoder.encode_batch([content]), contents)
    assert full_s <= 2 * min(seconds), "fisher-vectors takes more than twice the time of SIFT alone"
    return {
        "descriptors": round(n_described / len(contents)),
        "sift_alone_per_s": round(1 / min(seconds), 1),
        "encoded_per_s": round(1 / full_s, 1),
        "time_over_sift": round(full_s / min(seconds), 2),
    }


def sift_places(grey: np.ndarray) -> list[cv2.KeyPoint]:
    """Return upright keypoints where `fisher-vectors` has its descriptors, of the same size."""
    height, width = grey.shape
    return [
        cv2.KeyPoint(float(x), float(y), 4 / 3 * cell, 0)  # a cell of SIFT is three quarters of its keypoint
        for cell in CELLS_PX
        for y in range(2 * cell, height - 2 * cell + 1, STEP_PX)
        for x in range(2 * cell, width - 2 * cell + 1, STEP_PX)
    ]


def neighbours(encoder: Encoder, folder: Path) -> dict:
    """Return rate and agreement of labels among the ten nearest neighbours for a labelled folder."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    contents = [(folder / row["file"]).read_bytes() for row in rows]
    started = time.perf_counter()
    encoded = encoder.encode_batch(contents)
    elapsed_s = time.perf_counter() - started
    name = f"{encoder.traits.modality.value}:file"
    block = FeatureBlock(name, encoded.values, np.ones(len(rows), bool), encoder.spec(), dict(encoder.parts))
    values = Scaling.fit(block).scaled(block).values
    _, labels = np.unique([row["label"] for row in rows], return_inverse=True)
    likeness = values @ values.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1)[:, :10]
    votes = np.zeros((len(rows), labels.max() + 1))
    np.add.at(votes, (np.arange(len(rows))[:, None], labels[nearest]), 1)
    return {
        "items_per_s": round(len(rows) / elapsed_s, 1),
        "dimension": encoder.dimension,
        "precision@10": round(float((labels[nearest] == labels[:, None]).mean()), 4),
        "knn_accuracy": round(float((votes.argmax(axis=1) == labels).mean()), 4),
    }


def made() -> dict:
    """Return what needs no data."""
    sound, seconds = Sound(), 30
    audio_s = seconds_each(lambda c: sound.encode_batch([c]), [recording(seconds)])
    decode_s = seconds_each(lambda c: decode_audio(c, where=""), [recording(seconds)])
    texts = [f"item {i} is about topic {i % 50} and place {i % 17} " * 10 for i in range(2000)]
    started = time.perf_counter()
    words = TfidfLSA().fit(texts)
    fitted = time.perf_counter()
    words.encode_batch(texts)
    encoded = time.perf_counter()
    jpegs = megapixel_jpegs(12)
    return {
        "image, 1-megapixel JPEG": beside_decoding(
            ColorTextureShape(), lambda c: decode_image(c, where=""), jpegs
        ),
        "image, every part of looks": beside_decoding(
            ColorTextureShape(ColorTextureShapeConfig(parts=EVERY_PART)),
            lambda c: decode_image(c, where=""),
            jpegs,
        ),
        "image, fisher-vectors": beside_sift(jpegs),
        "audio, 30 s WAV": {
            "times_real_time": round(seconds / audio_s),
            "decoding_alone": round(seconds / decode_s),
        },
        "text, 2,000 texts": {"fit_s": round(fitted - started, 2), "encode_s": round(encoded - fitted, 2)},
    }


def real(data: Path) -> dict:
    """Return what the real data show."""
    posters = sorted((data / "movielens-100k" / "posters").iterdir())[:200]
    clips = sorted((data / "fight-clips" / "clips").iterdir())[:12]
    return {
        "image, posters": beside_decoding(
            ColorTextureShape(), lambda c: decode_image(c, where=""), [path.read_bytes() for path in posters]
        ),
        "video, 2 s clips": beside_decoding(
            Clip(), lambda c: decode_video(c, where="", n_frames=12), [path.read_bytes() for path in clips]
        ),
        "image, fisher-vectors, posters": beside_sift([path.read_bytes() for path in posters[:60]]),
        "image, clothing-photos": neighbours(ColorTextureShape(), data / "clothing-photos"),
        "audio, esc10": neighbours(Sound(), data / "esc10"),
        "video, fight-clips": neighbours(Clip(), data / "fight-clips"),
    }


def main() -> None:
    """Print a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SENSORIUM_DATA"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with threadpool_limits(1):
        results = made() | (real(Path(options.data)) if options.data else {})
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for name, numbers in results.items():
        print(f"{name:26}", ", ".join(f"{key} {value}" for key, value in numbers.items()))


if __name__ == "__main__":
    main()
