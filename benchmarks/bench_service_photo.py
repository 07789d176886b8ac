"""How long it takes from a photo until every process answers with it.

    python benchmarks/bench_service_photo.py [--photos 10] [--database sqlite]      (full: --photos 200)

An item is added to `sensorium serve` and its picture put; then each web process is asked, again and again, by
a connection of its own: until the item is recommended, and until what looks like it can be said. Seconds are
counted from the moment before the picture is sent, in the process that comes last. The same while models are
fitted, one after another. Asked: under two seconds in 95 of 100 cases, under four beside a fit.
"""

import argparse
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from real_data import write_result
from service_load import Load
from service_world import DATABASES, PNG, Connection, Serving, made_picture, one_to_each, percentiles, served

LOOK_S = 0.02
BETWEEN_S = 0.5
MOST_S = 60.0
ASKED_S = {"alone": 2.0, "beside a fit": 4.0}
FIT = {"model": "auto", "seconds": 20}


@dataclass
class Watched:
    """When a process recommended an item, and knew its picture; seconds since the picture was sent."""

    recommended_s: float | None = None
    looked_alike_s: float | None = None
    failed: list[str] = field(default_factory=list)


def watch(asking: Connection, item: str, started_s: float, found: Watched) -> None:
    """Ask one process until it knows item and picture."""
    while time.perf_counter() - started_s < MOST_S:
        if found.recommended_s is None:
            status, said = asking.ask("POST", "/api/recommend", {"history": ["i0"], "allow": [item], "k": 1})
            if status != 200:
                found.failed.append(f"{status} {said}")
            elif said["items"]:
                found.recommended_s = time.perf_counter() - started_s
        if found.looked_alike_s is None:
            status, said = asking.ask("GET", f"/api/items/{item}/similar?by=image&k=1")
            if status == 200 and said["items"]:
                found.looked_alike_s = time.perf_counter() - started_s
            elif status not in (200, 409):  # the item, or its picture, is not known yet
                found.failed.append(f"{status} {said}")
        if found.recommended_s is not None and found.looked_alike_s is not None:
            return
        time.sleep(LOOK_S)
    found.failed.append(f"not known after {MOST_S:g} s")


def one_photo(shop: Serving, n: int) -> list[Watched]:
    """Send an item and its picture; return when each process knew of it."""
    item = f"photo-{n}"
    row = {"id": item, "attributes": {"title": f"mug with a bird {n}", "kind": "mug"}}
    processes, sending = one_to_each(shop), Connection(shop.port, shop.key)
    sending.ok("POST", "/api/items", row)
    found = [Watched() for _ in processes]
    started_s = time.perf_counter()
    sending.ok("PUT", f"/api/items/{item}/media/picture", made_picture(1000 + n), PNG)
    threads = [
        threading.Thread(target=watch, args=(asking, item, started_s, each))
        for asking, each in zip(processes, found, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for asking in (*processes, sending):
        asking.close()
    return found


def photos(shop: Serving, first: int, n: int) -> dict[str, Any]:
    """Send `n` photos; return percentiles over photos of the process that came last."""
    watched: list[list[Watched]] = []
    for number in range(first, first + n):
        watched.append(one_photo(shop, number))
        time.sleep(BETWEEN_S)
    failed = [said for some in watched for one in some for said in one.failed]
    assert not failed, failed[:5]
    recommended = [max(one.recommended_s or MOST_S for one in some) for some in watched]
    alike = [max(one.looked_alike_s or MOST_S for one in some) for some in watched]
    return {
        "photos": n,
        "processes": len(watched[0]),
        "recommended_s": percentiles(recommended, 1.0),
        "looks_like_s": percentiles(alike, 1.0),
        "longest_s": round(max(alike), 2),
    }


def measured(folder: Path, database: str, n: int, fit: dict[str, Any]) -> dict[str, Any]:
    """Return the seconds, alone and beside fits that follow one another."""
    with served(folder, database) as (shop, _):
        one_photo(shop, 0)  # opens the view, and starts the processes that read pictures
        found = {"alone": photos(shop, 1, n)}
        load = Load(shop, fit_body=fit)
        load.start(load.fit)
        try:
            found["beside a fit"] = photos(shop, 1 + n, n)
        finally:
            load.stop()
    return found


def main() -> None:
    """Send, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=10, help="alone, and as many beside fits")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = measured(Path(scratch) / "shop", options.database, options.photos, FIT)
    for name, row in found.items():
        print(f"{name:14}{row}, asked: p95 under {ASKED_S[name]} s")
    write_result(f"service_photo_{options.database}", found)


if __name__ == "__main__":
    main()
