"""Event, then question, at two processes in turn: no answer may be without what was just said.

    python benchmarks/bench_service_stale.py [--pairs 1000] [--database sqlite]     (full: --pairs 10000)

One process of `sensorium serve` takes an event, the other one is asked as soon as that is acknowledged: an
item that was met must not be recommended any more. Each user is asked about before and after, at both
processes. Every tenth pair hides or shows an item instead. Fails if one answer is stale.
"""

import argparse
import tempfile
import time
from itertools import cycle
from pathlib import Path

from real_data import write_result
from service_world import DATABASES, Connection, closing_all, ids_of, one_to_each, percentiles, served

N_MET = 20
"""A user meets the items 0 to 19 one after another, then the next user comes."""
OTHER, HIDDEN = "i58", "i59"
"""An item that nobody meets; one that is hidden and shown."""
HIDE_EVERY = 10


def is_stale(n: int, first: Connection, second: Connection) -> bool:
    """Tell `first` something and ask `second`; return whether it answered as if it had not heard of it."""
    if n % HIDE_EVERY == HIDE_EVERY - 1:
        hidden = (n // HIDE_EVERY) % 2 == 0
        first.ok("PATCH", f"/api/items/{HIDDEN}", {"hidden": hidden})
        found = ids_of(second.ok("POST", "/api/recommend", {"history": ["i0"], "allow": [HIDDEN]}))
        return found != ([] if hidden else [HIDDEN])
    user, met = f"pair-{n // N_MET}", f"i{n % N_MET}"
    question = {"user_id": user, "allow": [met, OTHER]}
    event = {"event_id": f"pair-{n}", "user_id": user, "item_id": met}
    if first.ok("POST", "/api/events", event)["stored"] != 1:
        raise AssertionError(f"the event {n} was not stored")
    return ids_of(second.ok("POST", "/api/recommend", question)) != [OTHER]


def stale_pairs(processes: list[Connection], n_pairs: int) -> tuple[list[int], list[float]]:
    """Return which of the pairs were stale, and the seconds of each."""
    stale: list[int] = []
    taken: list[float] = []
    turns = cycle(zip(processes, [*processes[1:], processes[0]], strict=True))
    for n, (first, second) in zip(range(n_pairs), turns, strict=False):
        started_s = time.perf_counter()
        if is_stale(n, first, second):
            stale.append(n)
        taken.append(time.perf_counter() - started_s)
    return stale, taken


def main() -> None:
    """Ask, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(Path(scratch) / "shop", options.database, "--web", "2") as (shop, _),
        closing_all(one_to_each(shop)) as processes,
    ):
        stale, taken = stale_pairs(processes, options.pairs)
    facts = {"pairs": len(taken), "processes": len(processes), "stale": len(stale), **percentiles(taken)}
    print(
        f"{options.database}: {len(taken):,} pairs, {len(stale)} stale; a pair takes {percentiles(taken)} ms"
    )
    write_result(f"service_stale_{options.database}", facts)
    assert not stale, f"stale pairs: {stale[:20]}"


if __name__ == "__main__":
    main()
