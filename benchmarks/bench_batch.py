"""Everybody's best 100 items under a factor model: ours beside `implicit`'s own batch recommend, in one run.

    python benchmarks/bench_batch.py [--users 20000] [--items 50000] [--rounds 3] [--fitted]

Both get the same item factors, the same likes to leave out, and all cores, and take turns. Two things are
measured. *ranking*: vectors of users are given, drawn at random; lists may differ only where
float32 rounding decides a tie. *answering*: users are made of their histories first, as for people whom the
model does not know (`recalculate_user=True` in implicit). With `--fitted` also everybody's table from
`FittedModel.recommend_batch`. Memory is what the process holds at its peak beyond what it held before.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

import sensorium as sn
from peak_memory import PeakMemory
from real_data import write_result
from sensorium.index.largest import largest_per_row
from sensorium.index.products import largest_products

K = 100
FACTORS = (64, 128)


def measured(answer: Callable[[], object]) -> tuple[dict[str, float], object]:
    """Return wall and processor seconds and peak memory of a call, and what it gave."""
    import psutil

    before = psutil.Process().memory_info().rss
    with PeakMemory() as peak:
        wall_s, processor_s = time.perf_counter(), time.process_time()
        found = answer()
        spent = {"s": time.perf_counter() - wall_s, "processor_s": time.process_time() - processor_s}
    return spent | {"peak_mb": max(0, peak.alone_bytes - before) / 2**20}, found


def in_turns(
    contestants: dict[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, float], list[object]]:
    """Return the least that each of the contestants took in `rounds`, and what each gave last."""
    least: dict[str, float] = {}
    given: dict[str, object] = {}
    for _ in range(rounds):
        for name, answer in contestants.items():
            spent, given[name] = measured(answer)
            for what, value in spent.items():
                key = f"{name}_{what}"
                least[key] = round(min(least.get(key, np.inf), value), 2)
    return least, list(given.values())


def likes_of(n_users: int, n_items: int) -> sparse.csr_matrix:
    """Return 20 likes a user, drawn at random."""
    rng = np.random.default_rng(0)
    n_events = 20 * n_users
    entries = rng.integers(n_users, size=n_events), rng.integers(n_items, size=n_events)
    likes = sparse.csr_matrix((np.ones(n_events, np.float32), entries), shape=(n_users, n_items))
    likes.data[:] = 1
    return likes


def peer_of(users: np.ndarray, items: np.ndarray, **settings: float):
    """Return a model of `implicit` with these factors."""
    from implicit.cpu.als import AlternatingLeastSquares

    with threadpool_limits(1, "blas"):  # what implicit advises
        peer = AlternatingLeastSquares(factors=users.shape[1], **settings)
    peer.user_factors, peer.item_factors = users, items
    return peer


def ranking(d: int, likes: sparse.csr_matrix, rounds: int) -> dict[str, float]:
    """Return what ranking takes where all vectors are there, and in what share of places the lists agree."""
    rng = np.random.default_rng(d)
    users = rng.normal(size=(likes.shape[0], d)).astype(np.float32)
    items = rng.normal(size=(likes.shape[1], d)).astype(np.float32)
    peer, everybody = peer_of(users, items), np.arange(len(users))
    contestants = {
        "sensorium": lambda: largest_products(users, items, K, exclude=likes),
        "implicit": lambda: peer.recommend(everybody, likes, N=K),
    }
    row, ((mine, _), (yours, _)) = in_turns(contestants, rounds)
    some = rng.choice(len(users), 200, replace=False)
    products = users[some] @ items.T
    products[likes[some].toarray() != 0] = np.nan
    row["same_as_implicit"] = round(float((mine == yours).mean()), 5)
    row["same_as_plain_twin"] = float((mine[some] == largest_per_row(products, K)[0]).mean())
    return row


def answering(d: int, likes: sparse.csr_matrix, rounds: int) -> dict[str, float]:
    """Return what it takes where each user is made of the history first; both have the same item factors."""
    model = sn.models.IALS(factors=d, iterations=2, item_exponent=0).fit(likes)
    config = model.config
    peer = peer_of(
        np.zeros((likes.shape[0], d), np.float32),
        model.item_factors,
        alpha=config.alpha,
        regularization=config.regularization,
    )
    everybody = np.arange(likes.shape[0])
    contestants = {
        "sensorium": lambda: model.recommend(likes, K),
        "implicit": lambda: peer.recommend(everybody, likes, N=K, recalculate_user=True),
    }
    row, ((mine, _), (yours, _)) = in_turns(contestants, rounds)
    row["same_as_implicit"] = round(float((mine == yours).mean()), 5)
    return row


def table_of_everybody(d: int, likes: sparse.csr_matrix, rounds: int) -> dict[str, float]:
    """Return what `FittedModel.recommend_batch` takes under iALS alone, and implicit beside it."""
    import polars as pl

    users, items = likes.nonzero()
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [str(item) for item in range(likes.shape[1])]}))
    log = pl.DataFrame({"user_id": users.astype(str), "item_id": items.astype(str)})
    events = sn.Events.from_frame(log, items=catalog.items)
    settings = {"ials": {"factors": d, "iterations": 2}}
    model = sn.fit(catalog, events, model="ials", settings=settings, seconds=1e-3)
    factors = model.fusion.members["ials"].item_factors
    peer = peer_of(np.zeros((likes.shape[0], d), np.float32), factors)
    everybody = np.arange(likes.shape[0])
    contestants = {
        "sensorium": lambda: model.recommend_batch(k=K),
        "implicit": lambda: peer.recommend(everybody, likes, N=K, recalculate_user=True),
    }
    return in_turns(contestants, rounds)[0]


def main() -> None:
    """Print a table and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fitted", action="store_true", help="also FittedModel.recommend_batch")
    options = parser.parse_args()
    likes = likes_of(options.users, options.items)
    found: dict[str, object] = {"users": options.users, "items": options.items, "k": K}
    parts = [ranking, answering, *([table_of_everybody] if options.fitted else [])]
    for d in FACTORS:
        for part in parts:
            found[f"{d} factors, {part.__name__.replace('_', ' ')}"] = row = part(d, likes, options.rounds)
            print(d, part.__name__, row, flush=True)
    write_result("batch", found)


if __name__ == "__main__":
    main()
