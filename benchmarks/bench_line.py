"""The whole line on MovieLens-100K, command by command, as a user types it: seconds of each and of all.

Needs the folder of real data (`../shared/data` or `$SENSORIUM_DATA`) with `movielens-100k`. The goal is five
minutes in total on two cores.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from real_data import data_folder, write_result

GOAL_S = 300


def main() -> None:
    """Run every command once in a fresh workspace and print how long each took."""
    data = data_folder("movielens-100k")
    with tempfile.TemporaryDirectory() as scratch:
        shop = str(Path(scratch) / "films")
        poster = str(data / "posters" / "50.jpg")
        tables = ("--items", str(data / "items.csv"), "--events", str(data / "events.csv"))
        commands = {
            "init": ("init", shop, *tables),
            "check": ("check", shop),
            "encode": ("encode", shop),
            "encode again": ("encode", shop),
            "fit": ("fit", shop),
            "evaluate": ("evaluate", shop, "--report", str(Path(scratch) / "report.html")),
            "recommend": ("recommend", shop, "--user", "7", "--explain"),
            "similar": ("similar", shop, "--item", "50", "--by", "image"),
            "search text": ("search", shop, "--text", "robots in space"),
            "search image": ("search", shop, "--image", poster),
        }
        seconds: dict[str, float] = {}
        answers: dict[str, dict[str, object]] = {}
        for name, words in commands.items():
            started_s = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "sensorium.cli.main", *words, "--json"],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds[name] = round(time.perf_counter() - started_s, 2)
            answers[name] = json.loads(done.stdout)
            print(f"{name:14} {seconds[name]:7.2f} s", flush=True)
    total = sum(seconds.values())
    print(f"{'all':14} {total:7.2f} s   goal {GOAL_S} s")
    metrics = answers["evaluate"]["metrics"]
    write_result("line", {"seconds": seconds, "total_seconds": round(total, 2), "evaluate": metrics})


if __name__ == "__main__":
    main()
