"""Ten million events from a Parquet file: seconds and peak memory of a fresh process.

Run with `python benchmarks/bench_ingest.py`; writes `results/ingest.json` beside this file.
The goal is under 60 s and under 2 GB on two cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

GOAL_SECONDS, GOAL_GB = 60.0, 2.0


def write_events(path: Path, *, n_events: int, n_users: int, n_items: int, seed: int = 0) -> None:
    """Write made-up events: items by a Zipf-like law, ratings from 1 to 5, ten years of timestamps."""
    rng = np.random.default_rng(seed)
    item = np.minimum((n_items ** rng.random(n_events)).astype(np.int64), n_items) - 1
    columns = {
        "user_id": rng.integers(n_users, size=n_events),
        "item_id": item,
        "rating": rng.integers(1, 6, size=n_events).astype(np.float64),
        "timestamp": rng.integers(1_400_000_000, 1_700_000_000, size=n_events),
    }
    pl.DataFrame(columns).write_parquet(path)


def ingest(path: Path, n_items: int) -> dict[str, float]:
    """Read the events and make their matrices in this process; return what it cost."""
    from sensorium.catalog.events import Events
    from sensorium.core.memory import peak_memory_mb
    from sensorium.core.vocabulary import Vocabulary

    items = Vocabulary(pl.int_range(n_items, eager=True))
    before = peak_memory_mb() / 1e3
    start = time.perf_counter()
    events = Events.from_file(path, items=items, positive=["rating >= 4"])
    read = time.perf_counter()
    interactions = events.interactions()
    done = time.perf_counter()
    peak = peak_memory_mb() / 1e3
    times, ratings = events.times(), events.ratings()
    assert times is not None
    assert times.nnz == interactions.nnz
    assert ratings is not None
    return {
        "events": len(events),
        "users": len(events.users),
        "nonzeros": int(interactions.nnz),
        "read_seconds": round(read - start, 2),
        "interactions_seconds": round(done - read, 2),
        "times_and_ratings_seconds": round(time.perf_counter() - done, 2),
        "import_peak_gb": round(before, 3),
        "peak_gb": round(peak, 3),
        "peak_gb_with_times_and_ratings": round(peak_memory_mb() / 1e3, 3),
    }


def main() -> int:
    """Make the file, ingest it in a fresh process, print and keep the numbers; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--ingest", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ingest:
        print(json.dumps(ingest(options.ingest, options.items)))
        return 0
    load = os.getloadavg()[0]  # seconds mean little on a machine that is busy with other work
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        write_events(path, n_events=options.events, n_users=options.users, n_items=options.items)
        command = [sys.executable, __file__, "--ingest", str(path), "--items", str(options.items)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(answer) | {"cores": os.cpu_count(), "load_average_before": round(load, 1)}
    width = max(map(len, result))
    for name, value in result.items():
        print(f"{name:<{width}}  {value:>14,}")
    kept = Path(__file__).parent / "results" / "ingest.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    seconds = result["read_seconds"] + result["interactions_seconds"]
    return int(seconds > GOAL_SECONDS or result["peak_gb"] > GOAL_GB)


if __name__ == "__main__":
    raise SystemExit(main())
