"""How fast a fitted model answers one person at a time, beside the least that NumPy must do for it.

    python benchmarks/bench_recommend.py [--items 100000] [--dimension 256] [--asked 200]

The catalogue, its features and the events are generated. The model is a fusion of the neighbours in one
block of features and popularity. The peer, in the same run, is `features @ profile` and `argpartition`:
no seen items, no filters, no fusion, no titles. Answers are checked against the plain scores first.
The product is bound by memory: on a machine that others use too, one BLAS thread is faster than two.

    python benchmarks/bench_recommend.py --members [--items 50000] [--events 2000000] [--dimension 128]

What one answer costs with content and all behaviour members of `auto`: processor milliseconds and megabytes
of each member and of the whole, and how far the form that answers quickly agrees with the plain one. Members
that keep the same for each item, however many events there were, are fitted on at most 3 million of them.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from threadpoolctl import threadpool_limits

from answer_world import BLOCK, AnswerWorld, member_cost, processor_ms
from real_data import write_result
from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatMatrix
from sensorium.core.memory import peak_memory_mb
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import TrainingData
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.popularity import Popularity
from sensorium.ranking.top_k import best_items
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures

WARM = 20
"""Answers before those that are measured: what makes them quick is made in between."""
N_USERS = 2_000
HISTORY = 30
RESULTS = Path(__file__).parent / "results" / "recommend.json"


def made_catalog(n_items: int, rng: np.random.Generator) -> Catalog:
    """Return a generated catalogue."""
    frame = pl.DataFrame(
        {
            "item_id": [f"item-{index}" for index in range(n_items)],
            "title": [f"Title of item {index}" for index in range(n_items)],
            "kind": rng.choice(["shirt", "shoe", "hat", "bag"], n_items),
            "year": rng.integers(1950, 2025, n_items),
        }
    )
    return Catalog.from_frame(frame, text="title", category="kind", number="year")


def made_model(n_items: int, d: int) -> FittedModel:
    """Return a fitted model of a generated catalogue."""
    rng = np.random.default_rng(0)
    catalog = made_catalog(n_items, rng)
    raw = FeatureBlock(BLOCK, rng.normal(size=(n_items, d)).astype(np.float32), np.ones(n_items, dtype=bool))
    scaling = Scaling.fit(raw)
    item_features = ItemFeatures({BLOCK: scaling.scaled(raw)}, {}, {BLOCK: scaling})
    popular = rng.zipf(1.3, (N_USERS, HISTORY)) % n_items
    rows = np.repeat(np.arange(N_USERS), HISTORY)
    clicks = sparse.csr_array(
        (np.ones(rows.size, dtype=np.float32), (rows, popular.ravel())), shape=(N_USERS, n_items)
    )
    clicks.sum_duplicates()
    clicks.data[:] = 1.0
    data = TrainingData(clicks, blocks=item_features.blocks)
    members = {
        BLOCK: ContentKNN(ContentKNNConfig(block=BLOCK)).fit(data),
        "popularity": Popularity().fit(data),
    }
    fusion = LateFusion.from_members(members, {BLOCK: 0.7, "popularity": 0.3})
    users = Vocabulary([f"user-{index}" for index in range(N_USERS)], name="user")
    return FittedModel(catalog, users, data, item_features, fusion)


def plain_answer(features: FloatMatrix, history: list[int], k: int = 10) -> "np.ndarray[Any, Any]":
    """Return the k items nearest to the sum of the history's features."""
    scores = features @ features[history].sum(axis=0)
    best = np.argpartition(-scores, k)[:k]
    return best[np.argsort(-scores[best])]


def assert_exact(model: FittedModel, user: str) -> None:
    """Check an answer against a full sort of the model's own scores."""
    answer = model.recommend(user, k=10)
    query = model.data.interactions[[model.users.index(user)]]
    scores = model.fusion.scored(model._query(user, None, ())).scores[0].copy()
    scores[query.indices] = -np.inf
    assert answer.indices.tolist() == np.argsort(-scores, kind="stable")[:10].tolist()


def milliseconds(ask: Callable[[int], object], n: int) -> dict[str, float]:
    """Return percentiles of the time that each of `n` questions took."""
    for index in range(5):
        ask(index)
    taken = np.empty(n)
    for index in range(n):
        started_s = time.perf_counter()
        ask(index)
        taken[index] = (time.perf_counter() - started_s) * 1000
    return {f"p{q}_ms": round(float(np.percentile(taken, q)), 2) for q in (50, 95, 99)}


def measured(model: FittedModel, n: int) -> dict[str, dict[str, float]]:
    """Return the times of each kind of question."""
    features = np.asarray(model.item_features.blocks[BLOCK].values)
    users = [f"user-{index}" for index in range(N_USERS)]
    histories = [model.data.interactions[[row]].indices.tolist() for row in range(N_USERS)]
    named = [model.catalog.items.ids_at(history) for history in histories]
    return {
        "numpy: features @ profile, argpartition": milliseconds(
            lambda i: plain_answer(features, histories[i % N_USERS]), n
        ),
        "recommend(user)": milliseconds(lambda i: model.recommend(users[i % N_USERS]), n),
        "recommend(history=30 items)": milliseconds(lambda i: model.recommend(history=named[i % N_USERS]), n),
        "recommend(user, explain=True), because": milliseconds(
            lambda i: [
                model.explain_text(r) for r in model.recommend(users[i % N_USERS], explain=True).reasons
            ],
            n,
        ),
        "recommend(user, where=2 conditions)": milliseconds(
            lambda i: model.recommend(users[i % N_USERS], where=["kind=shoe", "year>=1990"]), n
        ),
        "recommend() for a new user": milliseconds(lambda _: model.recommend(), n),
        "similar(item, by=image)": milliseconds(lambda i: model.similar(f"item-{i}", by="image"), n),
    }


def report_members(n_items: int, n_events: int, d: int, n_asked: int) -> None:
    """Print and keep what each member of an answer costs."""
    world = AnswerWorld.made(n_items, n_events, d)
    members, losses = world.members(), {}
    fusion = LateFusion.from_members(members, dict.fromkeys(members, 1 / len(members)))
    catalog = made_catalog(n_items, np.random.default_rng(0))
    users = Vocabulary([f"user-{index}" for index in range(world.data.n_users)], name="user")
    model = FittedModel(catalog, users, world.data, world.item_features, fusion)
    asking = world.asking(n_asked)
    with threadpool_limits(1):
        costs = {name: member_cost(member, world.data, asking) for name, member in members.items()}
        losses = world.losses(members, asking)
        plain = processor_ms(lambda user: all_scored(model, user), asking)
        for user in asking[:WARM].tolist():
            model.recommend(f"user-{user}")
        whole = processor_ms(lambda user: model.recommend(f"user-{user}"), asking)
        same = [
            model.recommend(f"user-{user}").indices.tolist() == all_scored(model, user)
            for user in asking.tolist()
        ]
    print(f"{n_items:,} items x {d}, {world.data.interactions.nnz:,} events, load {os.getloadavg()[0]:.1f}")
    for name, row in costs.items():
        said = f"; {losses[name]:.1%} of the best 20 are those of the plain form" if name in losses else ""
        print(f"{name:20}{row['ms']:8.2f} ms{row['mb']:9.0f} MB{said}")
    held = sum(row["mb"] for row in costs.values())
    print(
        f"{'recommend(user)':20}{whole:8.2f} ms{held:9.0f} MB; peak {peak_memory_mb():,.0f} MB, fits included"
    )
    print(f"{'all items scored':20}{plain:8.2f} ms; {np.mean(same):.1%} of the lists of ten are the same")
    found = {"events": world.data.interactions.nnz, "recommend_ms": round(whole, 2), "members": costs}
    found |= {"all_scored_ms": round(plain, 2), "same_lists": float(np.mean(same))}
    write_result(f"answer_{n_items}", {**found, "mb": round(held), "best_20_in_common": losses})


def all_scored(model: FittedModel, user: int) -> list[int]:
    """Return the best ten items from the scores of all."""
    scores = model.fusion.scored(model._query(f"user-{user}", None, ())).scores
    eligible = np.ones(len(model.catalog), dtype=bool)
    eligible[model.seen[[user]].indices] = False
    return best_items(scores, 10, eligible)[0].tolist()


def main() -> None:
    """Print the table and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--members", action="store_true", help="what each member of auto costs")
    parser.add_argument("--events", type=int, default=2_000_000, help="with --members")
    options = parser.parse_args()
    if options.members:
        report_members(options.items, options.events, options.dimension, options.asked)
        return
    model = made_model(options.items, options.dimension)
    for user in ("user-0", "user-7"):
        assert_exact(model, user)
    times: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{options.items:,} items x {options.dimension}, load {os.getloadavg()[0]:.1f}")
    for n_threads in sorted({1, os.cpu_count() or 1}):
        with threadpool_limits(n_threads):
            times[f"{n_threads} threads"] = rows = measured(model, options.asked)
        print(f"\n{f'question, {n_threads} BLAS threads':42}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
        for question, row in rows.items():
            print(f"{question:42}" + "".join(f"{value:9.2f}" for value in row.values()))
    facts = {
        "items": options.items,
        "dimension": options.dimension,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "times": times,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
