"""How long the command takes to start: `sensorium --help`, and one answer on the demo catalogue.

    python benchmarks/bench_start.py [--rounds 11] [--demo FOLDER]

Each is a process of its own, as a user types it; they take turns. Medians of seconds and of processor
seconds, with bytecode and files in the cache. Without a folder the demo catalogue is made and fitted
first. The goals are 0.4 s for the help and 1.2 s for an answer.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from real_data import write_result

GOALS_S = {"help": 0.4, "answer": 1.2}


def timed(words: Sequence[str]) -> tuple[float, float]:
    """Return wall and processor seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started_s = time.perf_counter()
    subprocess.run([sys.executable, "-m", "sensorium", *words], check=True, stdout=subprocess.DEVNULL)
    wall_s = time.perf_counter() - started_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure both commands in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--demo", type=Path, help="a demo catalogue that is fitted already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        demo = asked.demo or Path(scratch) / "demo"
        if asked.demo is None:
            subprocess.run([sys.executable, "-m", "sensorium", "demo", str(demo)], check=True)
        commands = {"help": ["--help"], "answer": ["recommend", str(demo), "--history", "card-006"]}
        for words in commands.values():
            timed(words)
        taken = [{name: timed(words) for name, words in commands.items()} for _ in range(asked.rounds)]
    facts: dict[str, object] = {}
    for name, goal_s in GOALS_S.items():
        wall_s, processor_s = (median(one[name][part] for one in taken) for part in (0, 1))
        facts[name] = {"s": round(wall_s, 3), "processor_s": round(processor_s, 3), "goal_s": goal_s}
        print(f"{name:<8} {wall_s:.2f} s, {processor_s:.2f} s of processor time; asked {goal_s} s")
    write_result("start", facts)


if __name__ == "__main__":
    main()
