"""Kill -9 of web processes, workers and the database under load: what was acknowledged is stored once.

    python benchmarks/bench_service_kill.py [--kills 3]                             (full: --kills 20)

`sensorium serve` over a PostgreSQL takes events, items, pictures and fits, and is asked, all at once. Each
round kills one web process, one worker and the database, which is started again. What is not acknowledged is
sent again, as a client would. In the end: every acknowledged event, item and picture is stored exactly once,
what events come to by user counts each once, every job has ended, every picture has features, no row of
features stands in two segments, and every bundle opens and is whole. Fails if any of this does not hold.
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg

from real_data import write_result
from sensorium.serving.engine_view import EngineView
from sensorium.serving.segment import Segment
from service_load import Load
from service_world import (
    Cluster,
    Connection,
    Serving,
    closing_all,
    job_processes,
    served,
    until,
    web_processes,
)

BETWEEN_S = (0.3, 1.2)
SAME_PROCESS_S = 11.0
"""A worker that ends five times, each time within ten seconds, is not started again: see `Processes`."""
SETTLED_S = 180.0
LIVE = ("waiting", "running")
UNSETTLED = """
    SELECT (SELECT count(*) FROM service_job WHERE state IN ('waiting', 'running'))
         + (SELECT count(*) FROM service_media WHERE status = 'pending')
         + (SELECT count(*) FROM service_enginestate AS state JOIN service_bundle AS bundle
            ON bundle.tenant_id = state.tenant_id AND bundle.version = state.bundle
            WHERE bundle.encoded_sequence < state.item_sequence)
"""
"""How much is to be done yet: jobs, pictures that nobody has read, bundles that lack changes."""


def kill_a_web_process(shop: Serving, rng: np.random.Generator) -> None:
    """Kill a process that answers; gunicorn starts another one."""
    processes = web_processes(shop)
    processes[rng.integers(len(processes))].kill()


def kill_a_worker(shop: Serving, rng: np.random.Generator) -> None:
    """Kill a process that does jobs, that for fits or the other one, and whatever it has started."""
    processes = job_processes(shop)
    processes[rng.integers(len(processes))].kill()


def kill_the_database(cluster: Cluster) -> None:
    """Kill the server of PostgreSQL with all that serves its clients, and start it again."""
    assert cluster.process is not None
    backends = psutil.Process(cluster.process.pid).children()
    cluster.stop(kill=True)
    psutil.wait_procs(backends, timeout=20)
    cluster.start()


def kill_again_and_again(shop: Serving, cluster: Cluster, n_rounds: int, rng: np.random.Generator) -> None:
    """Do `n_rounds` rounds of one kill of each."""
    for n in range(n_rounds):
        started_s = time.monotonic()
        for kill in (
            lambda: kill_a_web_process(shop, rng),
            lambda: kill_a_worker(shop, rng),
            lambda: kill_the_database(cluster),
        ):
            time.sleep(rng.uniform(*BETWEEN_S))
            kill()
            until(lambda: web_processes(shop) and len(job_processes(shop)) >= 2)
        if n_rounds >= 5:
            time.sleep(max(0.0, SAME_PROCESS_S - (time.monotonic() - started_s)))
        print(f"round {n + 1} of {n_rounds}", flush=True)


def settle(cluster: Cluster) -> float:
    """Wait until nothing is to be done any more; return the seconds."""
    started_s = time.monotonic()
    with psycopg.connect(cluster.url("shop"), autocommit=True) as connection:
        until(lambda: connection.execute(UNSETTLED).fetchall() == [(0,)], SETTLED_S)
    return time.monotonic() - started_s


def stored(cluster: Cluster) -> dict[str, Any]:
    """Return what the database holds, asked for without the service."""
    statements = {
        "events": "SELECT event_id FROM service_event",
        "totals": "SELECT user_id, sum(events) FROM service_useritem GROUP BY user_id",
        "by_user": "SELECT user_id, count(*) FROM service_event GROUP BY user_id",
        "items": "SELECT item_id, attributes ->> 'title' FROM service_item WHERE NOT deleted",
        "media": "SELECT item_id, sha256, status, why FROM service_media",
        "jobs": "SELECT kind, state, error FROM service_job",
    }
    with psycopg.connect(cluster.url("shop")) as connection:
        return {name: connection.execute(text).fetchall() for name, text in statements.items()}


def require_once(load: Load, held: dict[str, Any]) -> None:
    """Fail unless all that was acknowledged is stored, and once."""
    assert not load.faults, load.faults[:5]
    events = Counter(row[0] for row in held["events"])
    assert max(events.values()) == 1, "an event is stored twice"
    assert set(load.events) <= set(events), "an acknowledged event is lost"
    assert dict(held["totals"]) == dict(held["by_user"]), "what events come to is not what they are"
    items = dict(held["items"])
    assert load.items.items() <= items.items(), "an acknowledged item is lost"
    media = {row[0]: row[1:] for row in held["media"]}
    wrong = {name: media.get(name) for name, sha in load.media.items() if media.get(name, [""])[0] != sha}
    assert not wrong, f"acknowledged pictures that are not there: {wrong}"
    unread = {name: media[name] for name in load.media if media[name][1] != "ready"}
    assert not unread, f"pictures without features: {unread}"
    failed = [row for row in held["jobs"] if row[1] not in ("done", *LIVE)]
    assert not failed, f"jobs that failed: {failed}"


def written_twice(folder: Path) -> list[str]:
    """Return what stands in two segments of the bundle in `folder` (below `segments`) as the same."""
    found: list[str] = []
    held: dict[str, tuple[Any, ...]] = {}
    starts = Counter[str]()
    for path in sorted(folder.glob("[0-9]*-[0-9]*"), key=lambda each: each.name):
        first, _, _ = path.name.partition("-")
        starts[first] += 1
        if starts[first] > 1:
            if int(first):  # of those from the very beginning all but one put together what others hold
                found.append(f"two segments go on from {int(first)}")
            continue
        segment = Segment.open(path)
        for row, cells in enumerate(segment.rows.iter_rows()):
            features = [
                block.values[row].tobytes() for block in segment.features.values() if block.present[row]
            ]
            item = str(cells[segment.rows.columns.index("item_id")])
            if held.get(item) == (*cells, *features):
                found.append(f"the item {item} in {path.name}")
            held[item] = (*cells, *features)
    return found


def require_whole(shop_folder: Path, asking: Connection, items: set[str]) -> dict[str, int]:
    """Fail unless every bundle opens and is whole, and the active one has all items; return counts."""
    made = shop_folder / ".service" / "tenants" / "1" / ".sensorium"
    bundles = asking.ok("GET", "/api/bundles")["bundles"]
    segments, twice = 0, list[str]()
    for bundle in bundles:
        view = EngineView.open(made / "bundles" / bundle["version"]).caught_up(made / "segments")
        folder = made / "segments" / bundle["version"]
        segments += len(list(folder.glob("[0-9]*-[0-9]*")))
        twice += written_twice(folder)
        if bundle["is_active"]:
            lost = [item for item in items if item not in view.model.catalog.items]
            assert not lost, f"items that the active bundle lacks: {lost}"
    assert not twice, f"written twice: {twice}"
    return {"bundles": len(bundles), "segments": segments}


def killed(folder: Path, n_rounds: int, seed: int = 0) -> dict[str, object]:
    """Serve a shop, kill, look; return what was counted."""
    with served(folder, "postgresql") as (shop, cluster):
        assert cluster is not None
        load = Load(shop)
        load.start(load.send_events, load.send_events, load.add_item, load.ask, load.ask, load.fit)
        try:
            kill_again_and_again(shop, cluster, n_rounds, np.random.default_rng(seed))
        finally:
            load.stop()
        settled_s = settle(cluster)
        require_once(load, stored(cluster))
        with closing_all([Connection(shop.port, shop.key)]) as (asking,):
            whole = require_whole(folder, asking, set(load.items))
    return {
        "kills_of_each": n_rounds,
        "events": len(load.events),
        "items": len(load.items),
        "pictures": len(load.media),
        "answers": dict(load.statuses),
        "settled_s": round(settled_s, 1),
        **whole,
    }


def main() -> None:
    """Kill, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=3, help="of each: web process, worker, database")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        facts = killed(Path(scratch) / "shop", options.kills, options.seed)
    for name, value in facts.items():
        print(f"{name:16}{value}")
    print("all that was acknowledged is stored once; no job is stranded; nothing was encoded twice")
    write_result("service_kill", facts | {"seed": options.seed})


if __name__ == "__main__":
    main()
