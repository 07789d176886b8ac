"""Kill -9 while a workspace is encoded, again and again: what is lost, and what comes out in the end.

    python benchmarks/bench_kill.py [--kills 20] [--pictures 1500] [--sounds 240] [--clips 40]

Runs the real `sensorium encode DIR` over a workspace of pictures, sound and clips (real ones where the data
folder is there, else made ones), kills its whole process group at random moments, and looks into the store
after each kill: it must open, and every row that was there before must be there still, bit for bit. Where all
is encoded before the last kill, it begins anew. Then one run goes to the end, and all blocks must be those of
a run that nobody disturbed. Fails if any of this does not hold.
"""

import argparse
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

import numpy as np
import psutil

from real_data import DATA, write_result
from sensorium.features.store import FeatureStore
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.workspace import Workspace

KINDS = {"picture": "clothing-photos/photos", "sound": "esc10/audio", "clip": "fight-clips/clips"}
MAKERS = {
    "picture": (red_or_blue_picture, "png"),
    "sound": (red_or_blue_sound, "wav"),
    "clip": (red_or_blue_clip, "mp4"),
}
TOML = """\
[catalog]
items = "items.csv"
image = "picture"
audio = "sound"
video = "clip"
[events]
file = "events.csv"
"""
MAX_RUNS = 60
"""Runs that end before they are killed do not count; more than this many mean that all is encoded."""
ANY_MOMENT = 0.2
"""Share of kills that may fall before anything is encoded; others come after the run has kept something."""

Rows = dict[tuple[str, str], bytes]
"""Encoder's folder and content hash -> row or reason."""


def main() -> None:
    """Kill, look, kill; then compare, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    for kind, n in (("pictures", 1500), ("sounds", 240), ("clips", 40)):
        parser.add_argument(f"--{kind}", type=int, default=n)
    options = parser.parse_args()
    counts = {"picture": options.pictures, "sound": options.sounds, "clip": options.clips}
    chance = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        disturbed, undisturbed = Path(scratch) / "disturbed", Path(scratch) / "undisturbed"
        for folder in (disturbed, undisturbed):
            write_workspace(folder, counts)
        started_s = time.perf_counter()
        subprocess.run(command(undisturbed), check=True, capture_output=True)
        whole_s = time.perf_counter() - started_s
        print(f"undisturbed: {whole_s:.1f} s, {len(rows_in(undisturbed))} rows", flush=True)
        kept = killed(disturbed, options.kills, len(rows_in(undisturbed)), whole_s, chance)
        final = json.loads(
            subprocess.run([*command(disturbed), "--json"], check=True, capture_output=True).stdout
        )
        reused = sum(block["reused"] for block in final["blocks"].values())
        compare(disturbed, undisturbed)
    facts = {
        "kills": len(kept),
        "media": sum(counts.values()),
        "undisturbed_s": round(whole_s, 1),
        "rows_after_each_kill": kept,
        "reused_by_the_last_run": reused,
        "lost": 0,
        "differences": 0,
        "seed": options.seed,
    }
    print(f"{len(kept)} kills: nothing lost, {reused} rows reused, all blocks as in the undisturbed run")
    write_result("kill", facts)


def killed(
    folder: Path, n_kills: int, n_media: int, whole_s: float, chance: np.random.Generator
) -> list[int]:
    """Kill `n_kills` runs; return how many rows were there after each."""
    known: Rows = {}
    kept: list[int] = []
    for _ in range(MAX_RUNS):
        if len(known) == n_media:  # nothing is left that a kill could disturb: from the beginning
            shutil.rmtree(folder / ".sensorium")
            known = {}
        process = subprocess.Popen(
            command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started_s = time.perf_counter()
        if chance.random() < ANY_MOMENT:
            time.sleep(chance.uniform(0, 4))
        else:
            wait_for_new_rows(process, folder)
            time.sleep(chance.uniform(0, whole_s / n_kills / 2))
        if process.poll() is not None:
            continue  # it was done before it could be killed
        kill(process)
        moment_s = time.perf_counter() - started_s
        found = rows_in(folder)
        lost = [key for key, row in known.items() if found.get(key) != row]
        assert not lost, f"{len(lost)} rows lost or changed"
        known = found
        kept.append(len(found))
        print(f"killed after {moment_s:.2f} s: {len(found)} rows", flush=True)
        if len(kept) == n_kills:
            return kept
    raise AssertionError(f"only {len(kept)} of {n_kills} kills hit a run; give it more media")


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process group, and wait until the processes that encode are gone too."""
    helpers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(helpers, timeout=20)
    assert not [helper for helper in helpers if helper.is_running()], "a worker outlived the run"


def wait_for_new_rows(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Wait until the run has kept something."""
    before = set((folder / ".sensorium").rglob("*.json"))
    while process.poll() is None and set((folder / ".sensorium").rglob("*.json")) <= before:
        time.sleep(0.01)


def rows_in(folder: Path) -> Rows:
    """Return all rows that a store opened now finds, and the reasons for missing ones."""
    store = FeatureStore(folder / ".sensorium" / "features")
    found: Rows = {}
    for place in sorted(store.root.glob("rows/*")):
        if not (place / "spec").exists():  # killed before it was written: nothing can be there
            assert not list(place.glob("*.json")), f"rows without a spec in {place}"
            continue
        spec = json.loads((place / "spec").read_text(encoding="utf-8"))
        rows = store.rows(spec, store.dimension(spec) or 0)
        keys = sorted(set(chain.from_iterable(read_keys(file) for file in place.glob("*.json"))))
        values = np.full((len(keys), rows.dimension), np.nan, dtype=np.float32)
        rows.gather(keys, values)
        for key, row in zip(keys, values, strict=True):
            reason = rows.failure(key)
            assert reason is not None or np.isfinite(row).all(), f"a key without a row in {place}"
            found[place.name, key] = reason.encode() if reason is not None else row.tobytes()
    return found


def read_keys(segment: Path) -> list[str]:
    """Return the content hashes that a segment holds."""
    described = json.loads(segment.read_text(encoding="utf-8"))
    return [*described["keys"], *described["failures"]]


def compare(disturbed: Path, undisturbed: Path) -> None:
    """Fail unless both workspaces give the same blocks, with nothing left to encode."""
    results = [encode_workspace(Workspace.open(folder)) for folder in (disturbed, undisturbed)]
    for result in results:
        assert all(report.encoded == 0 for report in result.report.blocks.values()), "something was left"
    first, second = (result.blocks for result in results)
    assert first.keys() == second.keys()
    for name in first:
        assert np.array_equal(first[name].present, second[name].present), name
        assert np.array_equal(first[name].values, second[name].values), name
        assert first[name].content_hash == second[name].content_hash, name
    assert results[0].report.failures == results[1].report.failures


def write_workspace(folder: Path, counts: dict[str, int]) -> None:
    """Write a workspace whose items have a picture, a sound or a clip each, all of them different."""
    columns = {kind: media_of(kind, n, folder) for kind, n in counts.items()}
    n_items = max(counts.values())
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", *columns])
        for item in range(n_items):
            writer.writerow(
                [item, *(places[item] if item < len(places) else "" for places in columns.values())]
            )
    (folder / "events.csv").write_text("user_id,item_id\nu,0\nu,1\nv,1\n", encoding="utf-8")
    (folder / "sensorium.toml").write_text(TOML, encoding="utf-8")


def media_of(kind: str, n: int, folder: Path) -> list[str]:
    """Return the paths of `n` media: real ones where they are, made ones in `folder` else."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    real = sorted(path for path in (DATA / KINDS[kind]).rglob("*.*") if path.is_file())
    if len(real) >= n:
        return [str(path) for path in real[:: len(real) // n][:n]]
    make, ending = MAKERS[kind]
    places = [folder / kind / f"{index}.{ending}" for index in range(n)]
    for index, place in enumerate(places):
        place.write_bytes(make(index % 2, np.random.default_rng(index)))
        os.utime(place, (1, 1))
    return [str(place) for place in places]


def command(folder: Path) -> list[str]:
    """Return the command line that encodes a workspace."""
    return [sys.executable, "-m", "sensorium.cli.main", "encode", str(folder)]


if __name__ == "__main__":
    main()
