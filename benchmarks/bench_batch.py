"""Everybody's best 100 items under a factor model: `largest_products` beside `implicit`'s batch recommend.

Factors are drawn at random; both get the same ones, the same events to leave out, and all cores, and take
turns in one run. Every list is compared: they may differ only where float32 rounding decides a tie.
"""

import argparse
import time

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from real_data import write_result
from sensorium.index.largest import largest_per_row
from sensorium.index.products import largest_products

K = 100


def seconds(answer) -> tuple[float, float, np.ndarray]:
    """Return wall and processor seconds of a call, and the indices it gave."""
    wall_s, processor_s = time.perf_counter(), time.process_time()
    found = answer()[0]
    return time.perf_counter() - wall_s, time.process_time() - processor_s, found


def compared(d: int, seen: sparse.csr_matrix, rounds: int) -> dict[str, float]:
    """Return the best seconds of both with `d` factors, and in what share of places the lists agree."""
    from implicit.cpu.als import AlternatingLeastSquares

    rng = np.random.default_rng(d)
    users = rng.normal(size=(seen.shape[0], d)).astype(np.float32)
    items = rng.normal(size=(seen.shape[1], d)).astype(np.float32)
    with threadpool_limits(1, "blas"):
        peer = AlternatingLeastSquares(factors=d)
    peer.user_factors, peer.item_factors = users, items
    everybody = np.arange(len(users))
    ours, theirs, mine, yours = [], [], users, users
    for _ in range(rounds):
        *measured, mine = seconds(lambda: largest_products(users, items, K, exclude=seen))
        ours.append(measured)
        *measured, yours = seconds(lambda: peer.recommend(everybody, seen, N=K))
        theirs.append(measured)
    some = rng.choice(len(users), 200, replace=False)
    products = users[some] @ items.T
    products[seen[some].toarray() != 0] = np.nan
    row = {
        "same_as_implicit": float((mine == yours).mean()),
        "same_as_plain_twin": float((mine[some] == largest_per_row(products, K)[0]).mean()),
    }
    for name, times in {"sensorium": ours, "implicit": theirs}.items():
        row[f"{name}_s"], row[f"{name}_processor_s"] = np.min(times, axis=0).round(2).tolist()
    return row


def main() -> None:
    """Print a table and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    n_events = 20 * options.users
    entries = rng.integers(options.users, size=n_events), rng.integers(options.items, size=n_events)
    ones = np.ones(n_events, dtype=np.float32)
    seen = sparse.csr_matrix((ones, entries), shape=(options.users, options.items))
    found: dict[str, object] = {"users": options.users, "items": options.items, "k": K}
    for d in (64, 128):
        found[f"{d} factors"] = row = compared(d, seen, options.rounds)
        print(d, row, flush=True)
    write_result("batch", found)


if __name__ == "__main__":
    main()
