"""A generated world in which what one answer costs is measured, member by member."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from bench_scale_fit import DAY_S, drawn
from sensorium.core.arrays import IntVector
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.models.graph_filter import GraphFilter, damped_walk, step_weights
from sensorium.models.ials_ensemble import IALSEnsemble
from sensorium.models.registry import make_model
from sensorium.ranking.top_k import top_k
from sensorium.serving.item_features import ItemFeatures

BLOCK = "image:picture"
MEMBERS: Mapping[str, dict[str, Any]] = {
    "popularity": {},
    "recent-popularity": {},
    "item-knn": {},
    "rp3": {},
    "transitions": {},
    "graph-filter": {},
    "user-knn": {},
    "pure-svd": {},
    "ials": {"iterations": 2},
    "ials-ensemble": {"iterations": 1},
    "ease": {"max_items": 10_000},
    "content-factors": {},
    "content-knn": {"block": BLOCK},
}
"""What `auto` fuses, but for what costs items squared; few rounds, since an answer costs the same."""
OF_MANY_EVENTS = frozenset({"graph-filter", "user-knn"})
"""Members whose form or size depends on how many events there are."""
MOST_EVENTS = 3_000_000
"""Of which the others are fitted."""
HISTORY = (20, 40)
"""How long the histories of those are who ask."""


@dataclass(frozen=True)
class AnswerWorld:
    """Events and features."""

    data: TrainingData
    fewer: TrainingData
    """At most `MOST_EVENTS`."""
    item_features: ItemFeatures

    @classmethod
    def made(cls, n_items: int, n_events: int, d: int) -> Self:
        """Return a world of `n_items` with `d` features each."""
        rng = np.random.default_rng(0)
        values = rng.normal(size=(n_items, d)).astype(np.float32)
        raw = FeatureBlock(BLOCK, values, np.ones(n_items, dtype=bool))
        scaling = Scaling.fit(raw)
        features = ItemFeatures({BLOCK: scaling.scaled(raw)}, {}, {BLOCK: scaling})
        users, items = drawn(n_items, n_events)
        shape = int(users[-1]) + 1, n_items
        clicks = sparse.csr_array((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
        clicks.sum_duplicates()
        clicks.data[:] = 1
        days = rng.random(clicks.nnz) * 365
        times = sparse.csr_array((days * DAY_S, clicks.indices, clicks.indptr), shape=shape)
        data = TrainingData(clicks, times, blocks=features.blocks)
        n_users = int(np.searchsorted(clicks.indptr, MOST_EVENTS))
        fewer = TrainingData(clicks[:n_users], times[:n_users], blocks=features.blocks)
        return cls(data, fewer, features)

    def members(self) -> dict[str, Recommender[Any]]:
        """Return the members by name, fitted."""
        found: dict[str, Recommender[Any]] = {}
        for name, settings in MEMBERS.items():
            begun_s = time.process_time()
            data = self.data if name in OF_MANY_EVENTS else self.fewer
            found[name] = make_model(name, settings).fit(data)
            print(f"{name} fitted in {time.process_time() - begun_s:.0f} s of the processor", flush=True)
        return found

    def asking(self, n: int) -> IntVector:
        """Return users with histories of usual length, drawn at random."""
        lengths = np.diff(self.data.interactions.indptr)
        usual = np.flatnonzero((lengths >= HISTORY[0]) & (lengths <= HISTORY[1]))
        return np.random.default_rng(1).choice(usual, size=min(n, len(usual)), replace=False)

    def losses(self, members: Mapping[str, Recommender[Any]], asking: IntVector) -> dict[str, float]:
        """Return for members with a form that answers quickly what share of the best 20 the plain one has."""
        queries = QueryBatch.of_users(self.data, asking[:50])
        graph, ensemble = members["graph-filter"], members["ials-ensemble"]
        assert isinstance(graph, GraphFilter)
        assert isinstance(ensemble, IALSEnsemble)
        walk = damped_walk(self.data.interactions, graph.config)
        reached = queries.history.T.toarray() * graph.before[:, None]
        walked = np.zeros_like(reached)
        for weight in step_weights(graph.config):
            reached = walk.T @ (walk @ reached)
            walked += np.float32(weight) * reached
        plain = {
            "graph-filter": (walked * graph.after[:, None]).T,
            "ials-ensemble": in_all_dimensions(ensemble, queries),
        }
        return {
            name: in_common(members[name].score(queries), scores, queries) for name, scores in plain.items()
        }


def in_all_dimensions(model: IALSEnsemble, queries: QueryBatch) -> "np.ndarray[Any, Any]":
    """Return the scores of all models of an ensemble, without the reduction of their factors."""
    parts = [
        ridge.users(queries.history) @ model.joined[:, ridge.columns.ravel()].T for _, ridge in model._ridges
    ]
    return np.asarray(sum(parts), dtype=np.float32)


def in_common(found: "np.ndarray[Any, Any]", plain: "np.ndarray[Any, Any]", queries: QueryBatch) -> float:
    """Return what share of the best 20 by `found` are among those by `plain`."""
    best, same = (top_k(scores, 20, exclude=queries.history)[0] for scores in (found, plain))
    shares = [len(np.intersect1d(a, b)) / 20 for a, b in zip(best, same, strict=True)]
    return round(float(np.mean(shares)), 4)


def processor_ms(ask: Callable[[int], object], asking: IntVector) -> float:
    """Return the processor milliseconds of a question, on average."""
    for user in asking[:5].tolist():
        ask(user)
    begun_s = time.process_time()
    for user in asking.tolist():
        ask(user)
    return (time.process_time() - begun_s) * 1000 / len(asking)


def member_cost(model: Recommender[Any], data: TrainingData, asking: IntVector) -> dict[str, float]:
    """Return the milliseconds of one query and the megabytes that the model holds."""
    queries = {int(user): QueryBatch.of_users(data, np.asarray([user])) for user in asking}
    milliseconds = processor_ms(lambda user: model.score(queries[user]), asking)
    held = sum(array.nbytes for array in model.state().arrays.values())
    return {"ms": round(milliseconds, 3), "mb": round(held / 1e6, 1)}
