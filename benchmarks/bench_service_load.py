"""How quickly the service answers under load, and what a request costs.

    python benchmarks/bench_service_load.py [--items 2000] [--events 50000] [--seconds 10] [--database sqlite]
    full: --items 50000 --events 2000000 --seconds 60

A generated catalogue with 128 features an item and content and all behaviour members of `auto`, served by
two web processes. A generator, a process of its own on the same machine, sends each request at its random
moment, whether earlier ones were answered or not: waiting counts. Three loads, one after another: 100
recommendations a second; 500 events a second in batches of 50 beside them; a fit beside both. Processor
milliseconds are those of the web processes, divided by all requests that they answered.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from real_data import write_result
from service_catalogue import write_catalogue
from service_generator import Plan
from service_world import (
    DATABASES,
    Connection,
    Serving,
    closing_all,
    one_to_each,
    percentiles,
    served,
    until,
    web_processes,
)

D = 128
QUESTIONS, EVENTS, IN_A_BATCH = 100.0, 500.0, 50
WARM_S = 3.0
IMPORTED_S = 1800.0
FIT_S = 60.0
"""A fit lasts so much longer than the load twice, so that no other bundle answers before it ends."""


def processor_s(processes: list[psutil.Process]) -> float:
    """Return the seconds of a processor that the processes have taken."""
    times = [one.cpu_times() for one in processes]
    return sum(each.user + each.system for each in times)


def loaded(shop: Serving, plan: Plan, scratch: Path) -> dict[str, Any]:
    """Send the requests of a plan; return times, failures and what they cost."""
    file = scratch / "plan.json"
    file.write_text(json.dumps(asdict(plan)), encoding="utf-8")
    web = web_processes(shop)
    web_s = processor_s(web)
    command = [sys.executable, str(Path(__file__).parent / "service_generator.py"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    tally = json.loads(done.stdout)
    answered = len(tally["questions_s"]) + len(tally["batches_s"])
    found = {
        "questions": len(tally["questions_s"]),
        "batches": len(tally["batches_s"]),
        "events": tally["events"],
        "failed": tally["failed"],
        "ms": percentiles(tally["questions_s"]),
        "web_processor_ms_a_request": round(1000 * (processor_s(web) - web_s) / max(1, answered), 2),
        "generator_processor_s": round(tally["processor_s"], 1),
    }
    return found | ({"batches_ms": percentiles(tally["batches_s"])} if tally["batches_s"] else {})


def await_quiet(asking: Connection) -> float:
    """Wait until workers have brought everything to the bundle; return the seconds."""
    started_s = time.monotonic()

    def is_quiet() -> bool:
        busy = any(asking.ok("GET", f"/api/jobs?state={state}")["jobs"] for state in ("waiting", "running"))
        return not busy and asking.ok("GET", "/api/bundles")["bundles"][0]["lacks"] == 0

    until(is_quiet, IMPORTED_S)
    return time.monotonic() - started_s


def measured(folder: Path, users: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Serve the workspace, let all three loads run; return what was found."""
    found: dict[str, Any] = {}
    with served(folder, options.database, "--web", str(options.web)) as (shop, _):
        with closing_all([Connection(shop.port, shop.key)]) as (asking,):
            found["quiet_after_s"] = round(await_quiet(asking), 1)
        with closing_all(one_to_each(shop)) as processes:
            started_s = time.perf_counter()
            for process in processes:
                process.ok("POST", "/api/recommend", {"user_id": users[0]})
            found["first_answers_s"] = round(time.perf_counter() - started_s, 2)
        plan = Plan(shop.port, shop.key, users, options.items, WARM_S, QUESTIONS)
        loaded(shop, plan, folder.parent)
        loads = {"questions": (0.0, False), "and events": (EVENTS, False), "and a fit": (EVENTS, True)}
        for seed, (name, (events, with_fit)) in enumerate(loads.items(), start=1):
            if with_fit:
                with closing_all([Connection(shop.port, shop.key)]) as (asking,):
                    asking.ok("POST", "/api/fit", {"model": "auto", "seconds": 2 * options.seconds + FIT_S})
            plan = Plan(
                shop.port, shop.key, users, options.items, options.seconds, options.rate,
                events / IN_A_BATCH, IN_A_BATCH, seed,
            )  # fmt: skip
            found[name] = loaded(shop, plan, folder.parent)
            print(name, json.dumps(found[name]), flush=True)
    return found


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=QUESTIONS, help="questions a second")
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "catalogue"
        users = write_catalogue(folder, options.items, options.events, D)
        found = measured(folder, users, options)
    facts = {"items": options.items, "dimension": D, "web": options.web, "rate": options.rate, **found}
    write_result(f"service_load_{options.database}", facts)
    print(f"{'load':14}{'p50':>9}{'p95':>9}{'p99 ms':>9}{'processor ms a request':>25}{'failed':>8}")
    for name in ("questions", "and events", "and a fit"):
        row = found[name]
        cells = "".join(f"{value:9.1f}" for value in row["ms"].values())
        print(f"{name:14}{cells}{row['web_processor_ms_a_request']:25.2f}{sum(row['failed'].values()):8}")


if __name__ == "__main__":
    main()
