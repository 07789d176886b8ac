"""How `auto` fits a large catalogue: 200,000 items and 20 million generated events, seconds and memory.

    python benchmarks/bench_scale_fit.py [--items 200000] [--events 20000000] [--seconds 120]

Popularity follows a power law; each user has tastes, a few of many clusters of items, and some chance to
leave them. The last events of 3,000 users are held back to tune on. Nothing tells `auto` that the data is
large. The second fit, of what is to be served, is part of the numbers.
"""

import argparse
import time

import numpy as np
from scipy import sparse

from real_data import write_result
from sensorium.core.arrays import IntVector
from sensorium.core.memory import peak_memory_mb
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, QueryBatch, TrainingData, ValidationData
from sensorium.models.popularity import Popularity
from sensorium.training.fit_model import refit, without_unused_members

N_TASTES = 3
"""Clusters that a user likes."""
ITEMS_EACH = 400
"""Items of a cluster."""
STRAYS = 0.2
"""The share of events outside the clusters of a user."""
EVENTS_EACH = 80
"""Events of a user, on average."""
N_JUDGED = 3_000
DAY_S = 86_400.0


def drawn(n_items: int, n_events: int, seed: int = 0) -> tuple[IntVector, IntVector]:
    """Return the user and the item of each event, in the order of time for each user."""
    rng = np.random.default_rng(seed)
    n_users = n_events // EVENTS_EACH
    activity = rng.pareto(2.0, n_users) + 0.3
    users = np.sort(rng.choice(n_users, size=n_events, p=activity / activity.sum())).astype(np.int32)
    popularity = np.arange(1, n_items + 1) ** -0.8
    popularity /= popularity.sum()
    n_clusters = max(n_items // ITEMS_EACH, 1)
    cluster_of = rng.integers(n_clusters, size=n_items)
    by_cluster = np.lexsort((np.arange(n_items), cluster_of))
    starts = np.searchsorted(cluster_of[by_cluster], np.arange(n_clusters + 1))
    summed = np.concatenate([[0.0], np.cumsum(popularity[by_cluster])])
    tastes = rng.integers(n_clusters, size=(n_users, N_TASTES))
    liked = tastes[users, rng.integers(N_TASTES, size=n_events)]
    low, high = summed[starts[liked]], summed[starts[liked + 1]]
    place = np.searchsorted(summed, low + (high - low) * rng.random(n_events), side="right") - 1
    items = by_cluster[np.clip(place, 0, n_items - 1)].astype(np.int32)
    strays = rng.random(n_events) < STRAYS
    items[strays] = rng.choice(n_items, size=int(strays.sum()), p=popularity)
    return users, items


def held_back(users: IntVector, items: IntVector, n_items: int) -> tuple[TrainingData, ValidationData]:
    """Return the events but for the last of some users, and those users with what they went on to like."""
    shape = int(users[-1]) + 1, n_items
    last = np.flatnonzero(np.diff(users, append=-1))
    judged = np.sort(np.random.default_rng(1).choice(last, size=min(N_JUDGED, len(last)), replace=False))
    kept = np.ones(len(users), dtype=bool)
    kept[judged] = False
    found = sparse.csr_array((np.ones(len(judged), np.float32), (users[judged], items[judged])), shape=shape)
    clicks = sparse.csr_array(
        (np.ones(int(kept.sum()), dtype=np.float32), (users[kept], items[kept])), shape=shape
    )
    clicks.sum_duplicates()
    clicks.data[:] = 1
    days = np.random.default_rng(2).random(clicks.nnz) * 365
    times = sparse.csr_array((days * DAY_S, clicks.indices, clicks.indptr), shape=shape)
    data = TrainingData(clicks, times)
    rows = users[judged].astype(np.int64)
    queries = QueryBatch.of_users(data, rows)
    return data, ValidationData(queries, sparse.csr_array(found[rows]), queries.history)


def main() -> None:
    """Generate, fit, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--seconds", type=float, default=120)
    asked = parser.parse_args()
    data, validation = held_back(*drawn(asked.items, asked.events), asked.items)
    print(f"{data.n_items:,} items, {data.n_users:,} users, {data.interactions.nnz:,} distinct events; "
          f"{peak_memory_mb() / 1e3:.1f} GB to make them", flush=True)  # fmt: skip
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    config = AutoConfig(seconds=asked.seconds)
    fit = fit_auto(data, validation, FitOptions(), config, clock=time.process_time)
    for choice in fit.choices:
        print(f"  {choice.name:24} {fit.fusion.weights[choice.name]:.3f}  {choice.ndcg:.4f}  {choice.why}")
    for name, why in fit.left_out.items():
        print(f"  {name:24} left out: {why}")
    served = refit(without_unused_members(fit.fusion), data, FitOptions())
    seconds, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    few = validation.rows(np.arange(300))
    reached = {
        "auto": mean_ndcg(served, few),
        "popularity": mean_ndcg(Popularity().fit(data), few),
    }
    print(f"{seconds:.0f} s, {cpu_s:.0f} s of the processor, peak {peak_memory_mb() / 1e3:.1f} GB; "
          f"NDCG@20 {reached['auto']:.4f}, popularity {reached['popularity']:.4f}")  # fmt: skip
    write_result(
        "scale_fit",
        {
            "items": data.n_items,
            "users": data.n_users,
            "events": data.interactions.nnz,
            "seconds": round(seconds),
            "cpu_seconds": round(cpu_s),
            "peak_gb": round(peak_memory_mb() / 1e3, 1),
            "ndcg@20": {name: round(value, 4) for name, value in reached.items()},
            "weights": {name: round(weight, 3) for name, weight in fit.fusion.weights.items()},
            "left_out": dict(fit.left_out),
        },
    )


if __name__ == "__main__":
    main()
