"""Whether every answer is that of the bundle that it names, while bundles take each other's place under load.

    python benchmarks/bench_service_activate.py [--activations 6]                   (full: --activations 50)

`sensorium serve` with a bundle; a second one is fitted while items are added: afterwards all of them must be
there. Then the two are activated in turn, forward and back, while two threads ask each web process and one
adds items. No request may fail. Each answer is compared, items and scores, with what its bundle says offline
with the segments that it may have had by then. Fails if one differs.
"""

import argparse
import json
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from real_data import write_result
from sensorium.serving.asking import Asking
from sensorium.serving.engine_view import EngineView
from sensorium.serving.segment import Segment
from service_load import Load
from service_world import DATABASES, Connection, Serving, closing_all, one_to_each, percentiles, served, until

SECOND_MODEL = "joint-content"
HISTORIES = [[f"i{3 * n + kind}" for n in range(seed, seed + 3)] for seed in range(4) for kind in range(3)]
K = 10
JOB_S = 180.0
BETWEEN_S = 0.3
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Told:
    """An answer that came."""

    history: int
    bundle: str
    view: int
    items: list[tuple[str, float]]


@dataclass
class Kept:
    """What threads that ask were told."""

    told: list[Told] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    taken_s: list[float] = field(default_factory=list)


def ask_until(stop: threading.Event, asking: Connection, kept: Kept, seed: int) -> None:
    """Ask one process again and again, and keep what it says."""
    rng = np.random.default_rng(seed)
    while not stop.is_set():
        n = int(rng.integers(len(HISTORIES)))
        started_s = time.perf_counter()
        try:
            answer = asking.ok("POST", "/api/recommend", {"history": HISTORIES[n], "k": K})
        except Exception as error:
            kept.failed.append(repr(error))
            return
        kept.taken_s.append(time.perf_counter() - started_s)
        kept.told.append(Told(n, answer["bundle"], answer["view"], _scored(answer)))
        stop.wait(0.01)


def _scored(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return [(item["item_id"], item["score"]) for item in answer["items"]]


def await_job(asking: Connection, job: dict[str, Any]) -> None:
    """Wait until a job has ended; it must have been done."""
    until(lambda: asking.ok("GET", f"/api/jobs/{job['id']}")["state"] in ENDED, JOB_S)
    done = asking.ok("GET", f"/api/jobs/{job['id']}")
    assert done["state"] == "done", done


def fit_beside(shop: Serving) -> dict[str, Any]:
    """Fit a second bundle while items are added; fail unless all are there, in every process."""
    load, asking = Load(shop), Connection(shop.port, shop.key)
    load.start(load.add_item)
    try:
        until(lambda: load.items)
        job = asking.ok("POST", "/api/fit", {"model": SECOND_MODEL, "seconds": 1})
        started_s = time.monotonic()
        await_job(asking, job)
        took_s = time.monotonic() - started_s
    finally:
        load.stop()
    assert not load.faults, load.faults
    names = sorted(load.items)
    with closing_all([asking, *one_to_each(shop)]) as processes:
        for process in processes:
            until(lambda process=process: _ranked(process, names) == names, 60)
    return {"added_during_a_refit": len(names), "refit_s": round(took_s, 1)}


def _ranked(process: Connection, names: list[str]) -> list[str]:
    answer = process.ok("POST", "/api/recommend", {"history": HISTORIES[0], "allow": names, "k": len(names)})
    return sorted(item["item_id"] for item in answer["items"])


def activate_in_turn(shop: Serving, n_activations: int) -> tuple[list[str], Kept]:
    """Activate the bundles in turn under load; return their versions and what was said meanwhile."""
    kept, load, stop = Kept(), Load(shop, seed=1), threading.Event()
    asking = Connection(shop.port, shop.key)
    with closing_all([asking, *one_to_each(shop), *one_to_each(shop)]) as connections:
        threads = [
            threading.Thread(target=ask_until, args=(stop, connection, kept, seed))
            for seed, connection in enumerate(connections[1:])
        ]
        for thread in threads:
            thread.start()
        load.start(load.add_item, load.send_events)
        try:
            versions = [one["version"] for one in asking.ok("GET", "/api/bundles")["bundles"]]
            for n in range(n_activations):
                version = versions[(n + 1) % len(versions)]  # the first of them answers already
                await_job(asking, asking.ok("POST", f"/api/bundles/{version}/activate"))
                time.sleep(BETWEEN_S)
        finally:
            stop.set()
            load.stop()
            for thread in threads:
                thread.join()
    kept.failed += load.faults
    return versions, kept


class Offline:
    """What a bundle says with the first so many of its segments."""

    def __init__(self, made: Path, version: str) -> None:
        views = [EngineView.open(made / "bundles" / version)]
        chain: dict[int, tuple[int, Path]] = {}
        for path in (made / "segments" / version).glob("[0-9]*-[0-9]*"):
            first, last = map(int, path.name.split("-"))
            chain[first] = min(chain.get(first, (last, path)), (last, path))
        while (after := views[-1].last_segment) in chain:
            views.append(views[-1].with_segments([Segment.open(chain[after][1])]))
        self.views = views
        self.says = cache(self._says)

    def _says(self, level: int, history: int) -> list[tuple[str, float]]:
        answer = self.views[level].recommend(Asking(liked=HISTORIES[history]), k=K)
        return [
            (item["item_id"], item["score"]) for item in json.loads(json.dumps(answer.to_json()))["items"]
        ]

    def level_of(self, told: Told) -> int | None:
        """Return with how many segments the answer is that of this bundle; None: it is not at all."""
        # Changes are numbered as they come, a segment after its last one: of those numbered at most as the
        # view, some may not have been written yet, and a later one may have been.
        until_view = sum(view.last_segment <= told.view for view in self.views) - 1
        levels = sorted(range(len(self.views)), key=lambda level: abs(level - until_view))
        return next((level for level in levels if self.says(level, told.history) == told.items), None)


def compared(made: Path, versions: list[str], kept: Kept) -> dict[str, Any]:
    """Return counts of answers that are those of their bundle offline, and of others."""
    offline = {version: Offline(made, version) for version in versions}
    levels = [offline[told.bundle].level_of(told) for told in kept.told]
    by_bundle = {version: sum(told.bundle == version for told in kept.told) for version in versions}
    first, second = (offline[version] for version in versions[:2])
    alike = sum(first.says(0, n) == second.says(0, n) for n in range(len(HISTORIES)))
    return {
        "answers": len(kept.told),
        "of_each_bundle": list(by_bundle.values()),
        "differ_from_their_bundle": sum(level is None for level in levels),
        "numbers_of_segments_seen": len(set(levels)),
        "questions_both_answer_alike": alike,
    }


def activated(shop: Serving, folder: Path, n_activations: int) -> dict[str, Any]:
    """Fit again, activate, compare; return what was counted. `folder` is the shop's workspace."""
    refit = fit_beside(shop)
    versions, kept = activate_in_turn(shop, n_activations)
    counts = compared(folder / ".service" / "tenants" / "1" / ".sensorium", versions, kept)
    return {
        "activations": n_activations,
        "errors": len(kept.failed),
        "first_errors": kept.failed[:3],
        **refit,
        **counts,
        **percentiles(kept.taken_s),
    }


def require_right(facts: dict[str, Any]) -> None:
    """Fail unless no request failed and every answer is its bundle's."""
    assert not facts["errors"], facts["first_errors"]
    assert not facts["differ_from_their_bundle"], facts
    assert min(facts["of_each_bundle"]) > 0, "a bundle never answered"
    assert facts["questions_both_answer_alike"] < len(HISTORIES), "the bundles cannot be told apart"


def main() -> None:
    """Activate, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--activations", type=int, default=6)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shop"
        with served(folder, options.database) as (shop, _):
            facts = activated(shop, folder, options.activations)
    for name, value in facts.items():
        print(f"{name:30}{value}")
    write_result(f"service_activate_{options.database}", facts)
    require_right(facts)


if __name__ == "__main__":
    main()
