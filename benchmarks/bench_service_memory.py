"""Whether the memory of web processes and workers grows with requests.

    python benchmarks/bench_service_memory.py [--requests 2000] [--database sqlite] (full: --requests 100000)

A shop is asked by eight threads: recommendations of known and new users, feeds, orders, similar items,
searches, explanations, events, items that come and change, pictures, lists, and questions that are refused.
The memory of each process is read as the system counts it (`own_mb`: what no other process shares). Growth is
from the middle of the requests to their end, when all that is made once has been made.
"""

import argparse
import itertools
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from real_data import write_result
from service_world import (
    DATABASES,
    PNG,
    Connection,
    Serving,
    job_processes,
    made_picture,
    served,
    web_processes,
)

THREADS = 8
LOOKS = 20
N_ITEMS, N_LATE = 60, 300
FLAT = 0.05
"""Growth over the second half, as a share, that counts as flat."""
EXPECTED = frozenset({200, 202, 204, 404, 409, 422})


def question(n: int, rng: np.random.Generator) -> tuple[str, str, Any, str]:
    """Return method, path, body and media type of the n-th request."""
    item, user = f"i{rng.integers(N_ITEMS)}", f"u{rng.integers(400)}"
    late = f"late-{rng.integers(N_LATE)}"
    words = [{"kind": "words", "value": f"lamp number {n % 50}"}]
    event = [{"user_id": f"u{rng.integers(400)}", "item_id": f"i{rng.integers(N_ITEMS)}"} for _ in range(5)]
    row = {"id": late, "attributes": {"title": f"mug {n % 7} that came late", "kind": "mug"}}
    kinds: list[tuple[str, str, Any, str]] = [
        ("POST", "/api/recommend", {"user_id": user, "k": 10}, ""),
        ("GET", f"/api/users/{user}/recommendations?k=10", None, ""),
        ("POST", "/api/recommend", {"history": [item], "where": ["kind=mug"], "language": "en"}, ""),
        ("POST", "/api/recommend", {"user_id": user, "feed": True, "k": 3}, ""),
        ("POST", "/api/rank", {"user_id": user, "candidates": [item, "i1", "i2", "nowhere"]}, ""),
        ("GET", f"/api/items/{item}/similar", None, ""),
        ("POST", "/api/search", {"parts": words, "user_id": user}, ""),
        ("GET", f"/api/explain?user_id={user}&item_id={item}", None, ""),
        ("POST", "/api/events", event, ""),
        ("GET", f"/api/users/{user}/events", None, ""),
        ("GET", "/api/items?limit=20", None, ""),
        ("POST", "/api/recommend", {"k": 0}, ""),
    ]
    if n % 200 == 0:
        return "POST", "/api/items", row, ""
    if n % 200 == 100:
        return "PUT", f"/api/items/{late}/media/picture", made_picture(int(rng.integers(1 << 30))), PNG
    return kinds[n % len(kinds)]


@dataclass
class Asked:
    """What was asked so far, by all threads."""

    counter: Any = field(default_factory=itertools.count)
    failed: list[str] = field(default_factory=list)


def ask_until(shop: Serving, asked: Asked, until_n: int, seed: int) -> None:
    """Ask until so many requests were made by all threads."""
    asking, rng = Connection(shop.port, shop.key), np.random.default_rng(seed)
    while (n := next(asked.counter)) < until_n:
        method, path, body, media_type = question(n, rng)
        try:
            status, said = asking.ask(method, path, body, media_type)
        except Exception as error:
            asked.failed.append(f"{method} {path}: {error!r}")
            break
        if status not in EXPECTED:
            asked.failed.append(f"{method} {path}: {status} {said}")
    asking.close()


def own_mb(process: psutil.Process) -> float:
    """Return the memory that is the process's alone."""
    return process.memory_full_info().uss / 2**20


def watched(shop: Serving, n_requests: int) -> dict[str, list[float]]:
    """Ask; return the megabytes of each process at even distances."""
    processes = {f"web {n}": one for n, one in enumerate(web_processes(shop))}
    processes |= {f"jobs {n}": one for n, one in enumerate(job_processes(shop))}
    found: dict[str, list[float]] = {name: [] for name in processes}
    for look in range(1, LOOKS + 1):
        asked = Asked()
        threads = [
            threading.Thread(target=ask_until, args=(shop, asked, n_requests // LOOKS, look * THREADS + seed))
            for seed in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not asked.failed, asked.failed[:5]
        for name, process in processes.items():
            found[name].append(round(own_mb(process), 1))
        print(look * n_requests // LOOKS, {name: row[-1] for name, row in found.items()}, flush=True)
    return found


def growth(row: list[float]) -> float:
    """Return by which share a line through the second half of `row` rises over that half."""
    half = row[len(row) // 2 :]
    slope, start = np.polyfit(np.arange(len(half)), half, 1)
    return round(float(slope * (len(half) - 1) / start), 4)


def main() -> None:
    """Ask, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(Path(scratch) / "shop", options.database) as (shop, _),
    ):
        found = watched(shop, options.requests)
    grown = {name: growth(row) for name, row in found.items()}
    for name, row in found.items():
        print(f"{name:8}{row[0]:8.1f}{row[len(row) // 2]:8.1f}{row[-1]:8.1f} MB{grown[name]:+9.1%}")
    write_result(
        f"service_memory_{options.database}", {"requests": options.requests, "own_mb": found, "growth": grown}
    )
    if options.requests >= 100_000:
        assert max(grown.values()) < FLAT, grown


if __name__ == "__main__":
    main()
