"""What an engine view costs: opening it, memory by process, who asks, an item that comes.

    python benchmarks/bench_view.py [--items 50000] [--processes 4]

A generated shop with features of 128 numbers and seven members. Each process opens the bundle, takes a
segment of one item in and answers. Memory is as the system counts it (`smaps_rollup`): `own_mb` is what each
process has alone, `shared_mb` what all of them share. Medians of the processes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

import sensorium as sn
from real_data import write_result
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.registry import make_model
from sensorium.serving import Asking, AskingEvent, EngineView
from sensorium.serving.asking import person_who_asks

BLOCK = "image:photo"
MEMBERS: dict[str, dict[str, Any]] = {
    "popularity": {}, "recent-popularity": {}, "item-knn": {}, "rp3": {}, "pure-svd": {},
    "content-knn": {"block": BLOCK}, "smoothed-graph-filter": {},
}  # fmt: skip
D, EVENTS_EACH, HISTORY, ANSWERS = 128, 8, 30, 20


def make_bundle(folder: Path, n_items: int) -> None:
    """Save a model of a generated shop."""
    rng, n_events = np.random.default_rng(0), EVENTS_EACH * n_items
    items = {"item_id": [f"i{n}" for n in range(n_items)], "kind": [f"k{n % 40}" for n in range(n_items)]}
    catalog = sn.Catalog.from_frame(pl.DataFrame(items), category="kind")
    log = {
        "user_id": [f"u{n}" for n in (n_items / 2 * rng.random(n_events)).astype(int)],
        "item_id": [f"i{n}" for n in (n_items * rng.random(n_events) ** 2).astype(int)],
        "timestamp": 1.6e9 + rng.random(n_events) * 3e7,
    }
    events = sn.Events.from_frame(pl.DataFrame(log), items=catalog.items)
    photos = rng.normal(size=(n_items, D)).astype(np.float32)
    model = sn.fit(catalog, events, features={BLOCK: photos}, model="popularity", seconds=1)
    members = {name: make_model(name, settings).fit(model.data) for name, settings in MEMBERS.items()}
    config = LateFusion.from_members(members, dict.fromkeys(members, 1.0)).config
    model.fusion = LateFusion.fitted(config, members, model.data.n_events)
    model.save(folder)


def timed_ms(work: Callable[[], Any], times: int = 1) -> float:
    """Return the milliseconds of doing `work`, on average."""
    started_s = time.perf_counter()
    for _ in range(times):
        work()
    return 1000 * (time.perf_counter() - started_s) / times


def memory_mb() -> dict[str, float]:
    """Return what of the memory is this process's alone, and what it shares."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    told = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    own = told["Private_Clean"] + told["Private_Dirty"]
    return {"own_mb": own, "shared_mb": told["Rss"] - own}


def one_process(bundle: Path, segments: Path) -> dict[str, float]:
    """Return what one process takes; it waits for the others before it looks at its memory."""
    EngineView.open(bundle, verify=False)  # imports, and files that nobody has read yet
    before = memory_mb()["own_mb"]
    found = {"open_ms": timed_ms(lambda: EngineView.open(bundle, verify=False))}
    view = EngineView.open(bundle, verify=False)
    n_items, rng = len(view), np.random.default_rng(3)
    events = [
        AskingEvent(f"i{n}", strength=1.0, timestamp_s=1.6e9 + n) for n in rng.integers(0, n_items, HISTORY)
    ]
    asking = Asking(events)
    view.recommend(asking)
    found["who_asks_ms"] = timed_ms(lambda: person_who_asks(asking, view.model), 10 * ANSWERS)
    found["answer_ms"] = timed_ms(lambda: view.recommend(asking), ANSWERS)
    later: list[EngineView] = []
    found["take_in_ms"] = timed_ms(lambda: later.append(view.caught_up(segments)))
    found["next_answer_ms"] = timed_ms(lambda: later[-1].recommend(asking))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    memory = memory_mb()
    return {**found, "own_mb": memory["own_mb"] - before, "shared_mb": memory["shared_mb"]}


def main() -> None:
    """Make a bundle and a segment, and let some processes take them in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--worker", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        print(json.dumps(one_process(*asked.worker)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        bundle, segments = Path(scratch) / "bundle", Path(scratch) / "segments"
        make_bundle(bundle, asked.items)
        view = EngineView.open(bundle)
        row = pl.DataFrame({"item_id": ["new"], "kind": ["k1"]})
        photo = {BLOCK: np.random.default_rng(1).normal(size=(1, D)).astype(np.float32)}
        make_ms = median(timed_ms(lambda: view.segment(row, features=photo)) for _ in range(3))
        folder = view.segment(row, features=photo).save(segments)
        words = [sys.executable, __file__, "--worker", str(bundle), str(segments)]
        pipe = subprocess.PIPE
        running = [
            subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(asked.processes)
        ]
        outputs = [process.stdout for process in running]
        for output in outputs:
            assert output is not None
            output.readline()
        told = [json.loads(process.communicate("go\n")[0]) for process in running]
        size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file())
        facts: dict[str, object] = {
            "items": asked.items,
            "bundle_mb": round(size / 2**20),
            "segment_kb": round(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1024),
            "make_segment_ms": round(make_ms),
            **{name: round(median(one[name] for one in told), 1) for name in told[0]},
        }
    print(json.dumps(facts, indent=2))
    write_result("view", facts)


if __name__ == "__main__":
    main()
