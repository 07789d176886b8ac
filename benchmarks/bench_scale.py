"""How encoding grows: memory with the catalogue, speed with the cores, and what a second run costs.

    python benchmarks/bench_scale.py [--sizes 1000 5000 20000] [--share 1.0]

Memory: generated JPEGs, as many as asked, each run in a process of its own; the largest memory of that
process and of those that it starts, their own and mapped files apart. Cores: 1-megapixel JPEGs with one and
two processes, and the seconds of CPU spent for each second that passed. Second run: the same catalogue again,
unchanged, within one process and as a command; real media where the data folder is there, else made ones.
Decoding: the same media decoded and nothing else, by two processes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import polars as pl

from bench_encoders import megapixel_jpegs
from bench_kill import media_of
from peak_memory import PeakMemory
from real_data import write_result
from sensorium.catalog.catalog import Catalog
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.features.store import FeatureStore
from sensorium.media.audio import decode_audio
from sensorium.media.image import decode_image
from sensorium.media.video import decode_video

FASTER = 50
"""How many times faster a second run is asked to be."""
SECOND_RUNS = 5
SIDE_PX = 160
N_MEGAPIXEL = 200
ROLES = {"picture": "image", "sound": "audio", "clip": "video"}
N_MEDIA = {"picture": 1400, "sound": 240, "clip": 60}
DECODERS = {
    "picture": partial(decode_image, where=""),
    "sound": partial(decode_audio, where=""),
    "clip": partial(decode_video, where="", n_frames=12),
}


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--share", type=float, default=1.0, help="of the media for all but memory")
    parser.add_argument("--encode", type=Path, help=argparse.SUPPRESS)  # the process that is measured
    options = parser.parse_args()
    if options.encode:
        print(json.dumps(encoded(options.encode)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        found = {
            "memory": {str(n): memory(Path(scratch) / f"memory-{n}", n) for n in sorted(options.sizes)},
            "cores": cores(Path(scratch) / "cores", round(N_MEGAPIXEL * options.share)),
            "again": {
                kind: again(Path(scratch) / kind, kind, round(n * options.share))
                for kind, n in N_MEDIA.items()
            },
        }
    first, *_, last = found["memory"].values()
    found["memory_growth_MiB"] = round(last["own_MiB"] - first["own_MiB"], 1)
    slowest = min(row["times_faster"] for row in found["again"].values())
    print(f"memory grew by {found['memory_growth_MiB']} MiB; second runs {slowest} times faster or more")
    write_result("scale", found | {"second_run_at_least_50_times_faster": slowest >= FASTER})


def memory(folder: Path, n: int) -> dict[str, float]:
    """Return what encoding `n` generated pictures takes, in a process of its own."""
    write_pictures(folder, n)
    command = [sys.executable, __file__, "--encode", str(folder)]
    row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print(f"{n:6} pictures: {row}", flush=True)
    return row


def encoded(folder: Path) -> dict[str, float]:
    """Encode a folder of pictures here; return peaks of memory, in MiB, and seconds."""
    names = sorted(path.name for path in folder.glob("*.jpg"))
    catalog = catalog_of(names, "picture", folder)
    store = FeatureStore(folder / "features")
    with PeakMemory() as peak:
        started_s = time.perf_counter()
        encode_catalog(catalog, store)
        seconds = time.perf_counter() - started_s
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rows = {"own_MiB": peak.own_bytes / 2**20, "mapped_MiB": peak.mapped_bytes / 2**20}
    rows |= {"largest_worker_MiB": worker, "seconds": seconds}
    return {name: round(value, 1) for name, value in rows.items()}


def cores(folder: Path, n: int) -> dict[str, float]:
    """Return how much of two cores is used, and what the second one brings."""
    folder.mkdir()
    pictures = megapixel_jpegs(8)
    for index in range(n):  # all different, though made of a few: the end of a JPEG is ignored
        place = folder / f"{index}.jpg"
        place.write_bytes(pictures[index % len(pictures)] + index.to_bytes(4, "big"))
    catalog = catalog_of([f"{index}.jpg" for index in range(n)], "picture", folder)
    seconds, busy = {}, {}
    for workers in (1, 2):
        before_s, started_s = cpu_s(), time.perf_counter()
        encode_catalog(catalog, FeatureStore(folder / f"features-{workers}"), workers=workers)
        seconds[workers] = time.perf_counter() - started_s
        busy[workers] = (cpu_s() - before_s) / seconds[workers]
    bare_s = decoding_s("picture", [str(folder / f"{index}.jpg") for index in range(n)])
    found = {
        "pictures": n,
        "per_s_with_1": n / seconds[1],
        "per_s_with_2": n / seconds[2],
        "decoded_per_s_with_2": n / bare_s,
        "speed_up": seconds[1] / seconds[2],
        "cpu_s_per_s_with_2": busy[2],
    }
    found = {name: round(value, 2) for name, value in found.items()}
    print(f"cores: {found}", flush=True)
    return found


def cpu_s() -> float:
    """Return the seconds of CPU of this process and of all that it started and that have ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def again(folder: Path, kind: str, n: int) -> dict[str, float]:
    """Return seconds of a first and of a second run, of bare decoding, and of the command both times."""
    places = media_of(kind, n, folder)
    catalog = catalog_of(places, kind, folder)
    seconds = []
    for _ in range(1 + SECOND_RUNS):
        started_s = time.perf_counter()
        done = encode_catalog(catalog, FeatureStore(folder / "features"))
        seconds.append(time.perf_counter() - started_s)
    assert all(report.encoded == 0 for report in done.report.blocks.values())
    first_s, second_s = seconds[0], median(seconds[1:])
    command_s = commands_s(folder, kind, places)
    found = {
        "media": n,
        "first_s": round(first_s, 3),
        "second_s": round(second_s, 4),
        "times_faster": round(first_s / second_s),
        "decoding_s": round(decoding_s(kind, places), 3),
        "command_first_s": round(command_s[0], 2),
        "command_second_s": round(command_s[1], 2),
    }
    print(f"{kind}: {found}", flush=True)
    return found


def commands_s(folder: Path, kind: str, places: Sequence[str]) -> list[float]:
    """Return the seconds of `sensorium encode` twice over the same workspace, as a user types it."""
    frame = pl.DataFrame({"item_id": range(len(places)), kind: places})
    frame.write_csv(folder / "items.csv")
    (folder / "events.csv").write_text("user_id,item_id\nu,0\nu,1\n", encoding="utf-8")
    text = f'[catalog]\nitems = "items.csv"\n{ROLES[kind]} = "{kind}"\n[events]\nfile = "events.csv"\n'
    (folder / "sensorium.toml").write_text(text, encoding="utf-8")
    seconds = []
    for _ in range(2):
        started_s = time.perf_counter()
        command = [sys.executable, "-m", "sensorium.cli.main", "encode", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started_s)
    return seconds


def decoding_s(kind: str, places: Sequence[str]) -> float:
    """Return the seconds of reading and decoding alone, by two processes that are there already."""
    with ProcessPoolExecutor(2, get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        list(pool.map(partial(decode, kind), places[:4]))
        started_s = time.perf_counter()
        list(pool.map(partial(decode, kind), places, chunksize=8))
        return time.perf_counter() - started_s


def decode(kind: str, place: str) -> None:
    """Read and decode one medium."""
    DECODERS[kind](Path(place).read_bytes())


def catalog_of(places: Sequence[str], kind: str, base: Path) -> Catalog:
    """Return a catalogue with one medium an item."""
    frame = pl.DataFrame({"item_id": range(len(places)), "medium": places})
    return Catalog.from_frame(frame, base=base, **{ROLES[kind]: "medium"})


def write_pictures(folder: Path, n: int) -> None:
    """Write `n` small JPEGs, all different, as if they had been there for long."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(n):
        coarse = rng.integers(0, 256, (10, 10, 3), dtype=np.uint8)
        pixels = cv2.resize(coarse, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
        place = folder / f"{index:06}.jpg"
        place.write_bytes(cv2.imencode(".jpg", pixels)[1].tobytes())
        os.utime(place, (1, 1))


if __name__ == "__main__":
    main()
