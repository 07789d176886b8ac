"""Requests that arrive at random moments, whether earlier ones were answered or not: so waiting counts.

A process of its own: `python service_generator.py FILE`, where FILE holds a `Plan` as JSON, prints a `Tally`.
"""

import json
import queue
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from service_world import Connection

THREADS = 48
"""Connections that stay open; more than that wait for one, which counts as waiting."""


@dataclass(frozen=True)
class Plan:
    """What to ask."""

    port: int
    key: str
    users: list[str]
    n_items: int
    seconds: float
    questions_per_second: float
    batches_per_second: float = 0.0
    events_in_a_batch: int = 50
    seed: int = 0


@dataclass
class Tally:
    """What came of it; seconds are from the moment that was meant, until the answer was there."""

    questions_s: list[float] = field(default_factory=list)
    batches_s: list[float] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict[str, int])
    events: int = 0
    processor_s: float = 0.0
    """What the generator itself took."""


def arrivals(rate: float, seconds: float, rng: np.random.Generator) -> list[float]:
    """Return random moments, on average `rate` a second."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(rate * seconds))).tolist()


def generate(plan: Plan) -> Tally:
    """Send all requests of the plan, each at its moment."""
    rng, tally, lock = np.random.default_rng(plan.seed), Tally(), threading.Lock()
    waiting: queue.SimpleQueue[tuple[float, str, Any] | None] = queue.SimpleQueue()
    threads = [threading.Thread(target=_send, args=(plan, waiting, tally, lock)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    moments = [(at, "questions") for at in arrivals(plan.questions_per_second, plan.seconds, rng)]
    moments += [(at, "batches") for at in arrivals(plan.batches_per_second, plan.seconds, rng)]
    begun_s = time.perf_counter() + 0.5
    for at, kind in sorted(moments):
        body = _question(plan, rng) if kind == "questions" else _batch(plan, rng)
        time.sleep(max(0.0, begun_s + at - time.perf_counter()))
        waiting.put((begun_s + at, kind, body))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    tally.processor_s = time.process_time()
    return tally


def _question(plan: Plan, rng: np.random.Generator) -> Any:
    return {"user_id": plan.users[rng.integers(len(plan.users))], "k": 10}


def _batch(plan: Plan, rng: np.random.Generator) -> Any:
    rows = range(plan.events_in_a_batch)
    users, items = rng.integers(len(plan.users), size=len(rows)), rng.integers(plan.n_items, size=len(rows))
    return [{"user_id": plan.users[users[n]], "item_id": f"item-{items[n]}", "type": "view"} for n in rows]


def _send(plan: Plan, waiting: "queue.SimpleQueue[Any]", tally: Tally, lock: threading.Lock) -> None:
    asking = Connection(plan.port, plan.key)
    while (wanted := waiting.get()) is not None:
        due_s, kind, body = wanted
        path = "/api/recommend" if kind == "questions" else "/api/events"
        try:
            status, said = _asked(asking, path, body)
        except (OSError, HTTPException) as error:
            status, said = 0, type(error).__name__
        taken_s = time.perf_counter() - due_s
        with lock:
            if status != 200:
                reason = f"{path} {status} {said if status == 0 else said['code']}"
                tally.failed[reason] = tally.failed.get(reason, 0) + 1
            elif kind == "questions":
                tally.questions_s.append(taken_s)
            else:
                tally.batches_s.append(taken_s)
                tally.events += said["stored"]
    asking.close()


def _asked(asking: Connection, path: str, body: Any) -> tuple[int, Any]:
    """Ask; once more where the server had closed the connection, as nobody had asked for a while."""
    try:
        return asking.ask("POST", path, body)
    except (ConnectionError, HTTPException):
        return asking.ask("POST", path, body)


def main() -> None:
    """Do what the file says."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(json.dumps(asdict(generate(plan))))


if __name__ == "__main__":
    main()
