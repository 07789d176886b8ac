"""How scores of quality follow known degradation of real photos, recordings and clips.

    python benchmarks/bench_quality.py [--n 60] [--json]

Prints for each score and level of degradation the median score and the share that is noted for it, and
Spearman's correlation of score and level within each medium (median). Share noted of the media as they are
is in the last table. Needs the real data, see CONTRIBUTING.md; results go to `results/quality.json`.
"""

import argparse
import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from real_data import data_folder, write_result
from sensorium.core.roles import Role
from sensorium.media.audio import decode_audio
from sensorium.media.image import decode_image
from sensorium.media.inspection import WATCH_FRAMES, WATCH_SPACING_S, inspect_medium
from sensorium.media.quality.audio import sound_quality
from sensorium.media.quality.image import picture_quality
from sensorium.media.quality.measures import Scores, find_faults
from sensorium.media.quality.stereo import stereo_quality
from sensorium.media.quality.video import clip_quality
from sensorium.media.video import decode_video
from sensorium.testing import degrade

RNG = np.random.default_rng(0)
SOUND_HZ = 44_100


@dataclass(frozen=True)
class Degradation:
    """What is done to media, at which levels from mild to strong, and the score that should follow."""

    score: str
    what: str
    levels: Sequence[float]
    apply: Callable[[Any, Any], Any]


PICTURES = (
    Degradation("blur", "Gaussian, share of the longer side", (0, 0.005, 0.01, 0.02), degrade.blur),
    Degradation("dark", "times the light", (1, 0.5, 0.25, 0.125), degrade.change_exposure),
    Degradation("bright", "times the light", (1, 2, 4, 8), degrade.change_exposure),
    Degradation("contrast", "times the contrast", (1, 0.5, 0.2, 0.1), degrade.reduce_contrast),
    Degradation("bars", "share in bars", (0, 0.1, 0.25, 0.4), degrade.add_bars),
    Degradation("blocks", "JPEG quality", (90, 70, 50, 30, 20, 10), degrade.compress),
    Degradation("noise", "standard deviation", (0, 5, 10, 20, 40), partial(degrade.add_noise, rng=RNG)),
    Degradation("halos", "times the fine detail added", (0, 1, 2, 4), degrade.sharpen),
    Degradation("false_colour", "times the saturation", (1, 2, 4, 8), degrade.change_saturation),
    Degradation("missing_tones", "levels of each colour", (256, 64, 32, 16, 8), degrade.posterize),
    Degradation("text", "lines of text", (0, 1, 2, 4), degrade.add_lettering),
    Degradation("repetition", "opacity of a tiled mark", (0, 0.15, 0.3, 0.5), degrade.add_watermark),
)
SOUNDS = (
    Degradation("clipped", "times full scale", (1, 2, 4, 8), degrade.overdrive),
    Degradation("loudness_dbfs", "times the amplitude", (1, 0.1, 0.03, 0.01), np.multiply),
    Degradation("silent", "share silenced", (0, 0.25, 0.5, 1), degrade.mute),
    Degradation(
        "above_noise_db", "dB above white noise", (30, 20, 10, 5), partial(degrade.add_hiss, rng=RNG)
    ),
    Degradation("offset", "added, of full scale", (0, 0.03, 0.1, 0.3), np.add),
)
PAIRS = (
    Degradation("balance_db", "times one channel", (1, 0.3, 0.1, 0.0), lambda pair, level: pair * (1, level)),
    Degradation(
        "in_phase", "share of the other, upside down", (0, 0.5, 1), lambda pair, level: _against(pair, level)
    ),
)
CLIPS = (
    Degradation("shake", "share of the diagonal", (0, 0.01, 0.02, 0.05), partial(degrade.shake, rng=RNG)),
    Degradation("frozen", "share frozen", (0, 0.25, 0.5, 1), degrade.freeze),
    Degradation("black", "share black", (0, 0.25, 0.5, 1), degrade.blacken),
)


def _against(pair: np.ndarray, level: float) -> np.ndarray:
    """Return a pair whose right channel is more and more the left one upside down."""
    left, right = pair.T
    return np.stack([left, (1 - level) * right - level * left], axis=1)


def followed(
    role: Role, media: Sequence[Any], score_of: Callable[[Any], Scores], degradation: Degradation
) -> dict[str, Any]:
    """Return what became of one score as media are degraded."""
    name, values, noted = degradation.score, [], []
    for medium in media:
        scores = [score_of(degradation.apply(medium, level)) for level in degradation.levels]
        if all(name in each for each in scores):
            values.append([each[name] for each in scores])
            noted.append([name in find_faults(role, each) for each in scores])
    moving = [each for each in values if len(set(each)) > 1]
    ranks = [spearmanr(range(len(each)), each).statistic for each in moving]
    return {
        "of": len(values),
        "what": degradation.what,
        "levels": list(degradation.levels),
        "median": [round(float(median), 4) for median in np.median(values, axis=0)],
        "noted": [round(float(share), 3) for share in np.mean(noted, axis=0)],
        "spearman": round(statistics.median(ranks), 3) if ranks else None,
        "moved": len(moving),
    }


def as_they_are(role: Role, files: Sequence[Path]) -> dict[str, Any]:
    """Return how many real media are noted, and for what."""
    found = [list(find_faults(role, inspect_medium(file.read_bytes(), role).scores)) for file in files]
    counts = Counter(name for names in found for name in names)
    return {"media": len(files), "noted": sum(bool(names) for names in found), "for": dict(counts)}


def spread(files: Sequence[Path], n: int) -> list[Path]:
    """Return about `n` of the files, evenly spread."""
    return list(files)[:: max(1, len(files) // n)][:n]


def measured(n: int) -> dict[str, Any]:
    """Return everything."""
    photos = sorted(data_folder("clothing-photos").rglob("*.jpg"))
    posters = sorted((data_folder("movielens-100k") / "posters").rglob("*.jpg"))
    recordings = sorted((data_folder("esc10") / "audio").rglob("*.ogg"))
    clips = sorted((data_folder("fight-clips") / "clips").rglob("*.mp4"))
    real: dict[str, Any] = {
        "photos": as_they_are(Role.IMAGE, spread(photos, 4 * n)),
        "posters": as_they_are(Role.IMAGE, spread(posters, 4 * n)),
        "recordings": as_they_are(Role.AUDIO, spread(recordings, 2 * n)),
        "clips": as_they_are(Role.VIDEO, clips),
    }
    degraded: dict[str, Any] = {}
    for name, files in (("photos", photos), ("posters", posters)):
        pictures = [decode_image(file.read_bytes(), where=file.name) for file in spread(files, n)]
        for each in PICTURES:
            degraded[f"{name}: {each.score}"] = followed(Role.IMAGE, pictures, picture_quality, each)
    sounds = [
        decode_audio(file.read_bytes(), where=file.name, sample_rate_hz=SOUND_HZ)[0]
        for file in spread(recordings, n)
    ]
    for each in SOUNDS:
        score = partial(sound_quality, rate_hz=SOUND_HZ)
        degraded[f"recordings: {each.score}"] = followed(Role.AUDIO, sounds, score, each)
    pairs = [np.stack([sound, np.roll(sound, 500)], axis=1) for sound in sounds]
    for each in PAIRS:
        degraded[f"recordings: {each.score}"] = followed(Role.AUDIO, pairs, stereo_quality, each)
    samples = [
        decode_video(
            file.read_bytes(),
            where=file.name,
            n_frames=WATCH_FRAMES,
            max_side_px=256,
            spacing_s=WATCH_SPACING_S,
            with_sound=False,
        )
        for file in spread(clips, max(4, n // 3))
    ]
    for each in CLIPS:
        degraded[f"clips: {each.score}"] = followed(Role.VIDEO, samples, clip_quality, each)
    return {"as_they_are": real, "degraded": degraded}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=60, help="how many media of each kind are degraded")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measured(options.n)
    write_result("quality", result)
    if options.json:
        print(json.dumps(result))
        return
    for name, found in result["degraded"].items():
        print(f"{name}, by {found['what']} (Spearman {found['spearman']})")
        for level, median, noted in zip(found["levels"], found["median"], found["noted"], strict=True):
            print(f"    {level:<8g}{median:>12.4f}{noted:>10.0%} noted")
    for name, found in result["as_they_are"].items():
        print(f"{name} as they are: {found['noted']} of {found['media']} noted {found['for']}")


if __name__ == "__main__":
    main()
