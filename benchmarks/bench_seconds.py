"""Seconds asked and taken by `fit`, where they went, and how many settings each member saw.

    python benchmarks/bench_seconds.py [--data tiktok amazon-baby] [--seconds 120]

Each data set is fitted in a process of its own, on its train and validation parts together. Needs the
folder of real data.
"""

import argparse
import json
import subprocess
import sys
import time

import polars as pl

import sensorium as sn
from real_data import data_folder, write_result

DATA = ("tiktok", "amazon-baby", "amazon-clothing", "ml-1m", "gowalla")


def measured(name: str, seconds: float) -> dict[str, object]:
    """Return what a fit of the data set `name` took."""
    folder = data_folder(name)
    parts = [pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation")]
    log = pl.concat([part.select(pl.col("user_id", "item_id").cast(pl.String)) for part in parts])
    catalog = sn.Catalog.from_frame(log.select(pl.col("item_id").unique().sort()))
    events = sn.Events.from_frame(log, items=catalog.items)
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    record = sn.fit(catalog, events, seconds=seconds).record
    return {
        "asked": seconds,
        "taken": round(time.perf_counter() - begun_s, 1),
        "processor": round(time.process_time() - begun_cpu_s, 1),
        "steps": dict(record.taken),
        "settings": {member.name: member.trials for member in record.members},
        "weights": {member.name: round(member.weight, 3) for member in record.members},
        "late_gain": record.late_gain,
        "left_out": {name: record.left_out[name] for name in record.out_of_time},
    }


def main() -> None:
    """Measure each data set in a process of its own, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(DATA))
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--one", action="store_true", help="measure in this process and print JSON")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.data[0], asked.seconds)))
        return
    found: dict[str, object] = {}
    for name in asked.data:
        command = [sys.executable, __file__, "--one", "--data", name, "--seconds", str(asked.seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        if not done.stdout.startswith("{"):  # no real data
            print(done.stdout.strip())
            continue
        one = json.loads(done.stdout)
        found[name] = one
        steps = ", ".join(f"{step} {seconds:.0f}" for step, seconds in one["steps"].items())
        print(f"{name}: asked {one['asked']:.0f} s, took {one['taken']:.0f} ({steps})")
        print(f"  settings: {', '.join(f'{member} {n}' for member, n in one['settings'].items())}")
    if found:
        write_result("seconds", found)


if __name__ == "__main__":
    main()
