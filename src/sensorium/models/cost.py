"""What fitting and scoring cost, estimated from the size of the data and not from a clock.

Estimates decide how many settings `auto` tries, so that two runs with one seed try the same ones however
busy the machine is. They are meant for two slow cores: most machines are done earlier. Each model says what
it costs in these terms; see `Recommender.fit_cost` and `Recommender.score_cost`. The seconds were fitted to
measurements on TikTok, Amazon Baby and MovieLens-1M (`benchmarks/bench_costs.py`).
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from sensorium.models.data import TrainingData, ValidationData

LEAST = 0.01
"""Seconds that anything takes."""
PRODUCT = 1e-10
"""Seconds of a multiplication in a dense product."""
INVERSION = 9e-12
"""Seconds for each n^3 of the inversion of a dense matrix."""
SQUARING, CUBING = 7e-12, 2e-11
"""Seconds for each n^2 m of the square of a dense matrix [n, m], and for each n^3 of a dense polynomial."""
SPARSE = 2e-8
"""Seconds of reading an event from where it is stored and putting it elsewhere."""
PAIRING = 4.5e-9
"""Seconds of a multiplication in a product of sparse matrices."""
FILLING = 3e-8
"""Seconds of an entry of such a product, which is filled by one multiplication or by many."""
SPREAD = 5e-10
"""Seconds of a multiplication of a sparse with a dense matrix."""
STEPPING, REACHING = 3e-10, 2.6e-9
"""Seconds of a multiplication in such a product for few columns, and of one of its entries."""
ANSWERS = 2_000
"""Queries that a model is expected to answer at least: those of a trial."""
SLOW_S = 0.002
"""Seconds of an answer from which on a graph is not walked over the events."""
EDGES, FOLLOWED = 100, 200
"""The strongest edges of an item, which are kept then, and the items that a step goes on from."""
FOLLOWING = 1e-8
"""Seconds of following an edge."""
MAX_PAIRS = 1e9
"""Pairs of items of one user that are compared at most; beyond, the longest histories are sampled."""
KEPT_BYTES = 256e6
"""The largest dense matrix of items by items that is made to save time."""
HANDING = 5e-9
"""Seconds of a score that is made dense and handed over."""
ALTERNATING, SOLVING = 7e-10, 2.2e-10
"""Seconds of a multiplication over the events and over the rows, in alternating least squares."""
FOLDING, ANSWERING = 4e-11, 8e-6
"""Seconds of a multiplication and of a query, where the vector of a user is solved for."""
SELECTING = 1.2e-8
"""Seconds for an entry of which the largest are sought."""
FACTORS = 64
"""Of a low-rank model."""
ROUNDS = 40
"""Of alternating least squares or its like."""


@dataclass(frozen=True)
class Size:
    """Everything that costs depend on."""

    n_items: int
    n_users: int
    n_events: int
    n_pairs: int
    """Sum over users of the square of their number of events: products of a sparse item-item matrix."""
    n_met: int
    """Sum over items of the square of their number of events: products of a sparse user-user matrix."""
    n_queries: int
    n_asked: int
    """Events in the histories of all queries."""
    columns: Mapping[str, int] = field(default_factory=dict[str, int])
    """Number of columns of each feature block."""

    @classmethod
    def of(cls, data: TrainingData, validation: ValidationData | None = None) -> Self:
        """Return the size of `data` and of the queries of `validation`."""
        lengths = np.diff(data.interactions.indptr).astype(np.float64)
        degrees = np.bincount(data.interactions.indices, minlength=1).astype(np.float64)
        asked = 0 if validation is None else validation.queries.history.nnz
        return cls(
            n_items=data.n_items,
            n_users=data.n_users,
            n_events=data.interactions.nnz,
            n_pairs=int((lengths**2).sum()),
            n_met=int((degrees**2).sum()),
            n_queries=0 if validation is None else len(validation),
            n_asked=int(asked),
            columns={name: block.dimension for name, block in data.blocks.items()},
        )

    @property
    def dense_bytes(self) -> int:
        """What one dense float32 matrix [n_items, n_items] takes."""
        return 4 * self.n_items**2

    @property
    def n_scores(self) -> int:
        """Number of scores of all queries."""
        return self.n_queries * self.n_items

    def n_columns(self, blocks: Collection[str] | None) -> int:
        """Return the number of columns of `blocks` together; of all if None."""
        return sum(n for name, n in self.columns.items() if blocks is None or name in blocks)


def one_pass(size: Size) -> float:
    """Return the seconds of counting or copying the events."""
    return SPARSE * size.n_events


def sparse_item_products(size: Size) -> float:
    """Return the seconds of comparing every two items that share a user."""
    n_pairs = min(size.n_pairs, MAX_PAIRS)
    return PAIRING * n_pairs + FILLING * min(n_pairs, size.n_items**2)


def dense_inverse(size: Size, n_dense: int | None = None) -> float:
    """Return the seconds of a dense Gram matrix of the items, or of `n_dense` of them, and its inverse."""
    n = size.n_items if n_dense is None else n_dense
    return dense_gram(size, n) + INVERSION * n**3


def dense_gram(size: Size, n_dense: int) -> float:
    """Return the seconds of a dense Gram matrix of `n_dense` of the items, by sparse or by dense products."""
    return min(PAIRING * size.n_pairs, SQUARING * size.n_users * n_dense**2)


def largest_inverse(size: Size, memory_bytes: float, seconds: float) -> int:
    """Return of how many items a dense matrix can be inverted in `seconds` and within `memory_bytes`."""
    held = min(int(max(memory_bytes, 0) / 4) ** 0.5, size.n_items)
    return bisect_right(range(1, int(held) + 1), seconds, key=lambda n: dense_inverse(size, n))


def low_rank(size: Size) -> float:
    """Return the seconds of a factorisation into `FACTORS` by alternating least squares or its like."""
    rows = size.n_items + size.n_users
    return ROUNDS * FACTORS * (ALTERNATING * size.n_events + SOLVING * FACTORS * rows)


def alternating(size: Size, factors: int) -> float:
    """Return the seconds of alternating least squares by conjugate gradients: linear in `factors`."""
    return low_rank(size) * (1 + factors / FACTORS) / 2


def nearest_in_content(size: Size, n_columns: int) -> float:
    """Return the seconds of finding the nearest of each item among all others, by `n_columns` features."""
    return size.n_items**2 * (PRODUCT * n_columns + SELECTING)


def dense_products(size: Size, n_columns: int = FACTORS) -> float:
    """Return the seconds of scoring all queries by vectors of `n_columns`, and of no fewer than `FACTORS`."""
    return PRODUCT * size.n_scores * max(n_columns, FACTORS)


def solved_histories(size: Size, factors: int = FACTORS) -> float:
    """Return the seconds of solving for all queries under `factors` that are fixed."""
    each = size.n_asked / max(size.n_queries, 1)
    equations = min(each, factors)
    multiplications = each * factors**2 + 2.5 * equations**3
    return size.n_queries * (ANSWERING + FOLDING * multiplications)


def dense_rows(size: Size, n_dense: int | None = None) -> float:
    """Return the seconds of scoring all queries by a dense row for each item of a history.

    It is of all items, or of `n_dense` of them.
    """
    width = size.n_items if n_dense is None else n_dense
    return SPREAD * size.n_asked * width + HANDING * size.n_scores


def through_users(size: Size) -> float:
    """Return the seconds of scoring all queries by the users who share an item with them."""
    met = size.n_asked * size.n_met / max(size.n_events, 1)
    return 2 * PAIRING * met + FILLING * min(met, size.n_queries * size.n_users) + HANDING * size.n_scores


def walks(size: Size, n_queries: int | None = None) -> float:
    """Return the seconds of scoring all queries, or so many, by three steps over all events and back."""
    reached = REACHING * (size.n_users + size.n_items)
    return 6 * (size.n_queries if n_queries is None else n_queries) * (STEPPING * size.n_events + reached)


def dense_polynomial(size: Size) -> float:
    """Return the seconds of a dense matrix of the items that holds all steps."""
    return dense_gram(size, size.n_items) + CUBING * size.n_items**3


def edges_followed(size: Size, n_edges: int = EDGES) -> float:
    """Return the seconds of scoring all queries by three steps over the strongest edges of items."""
    from_items = size.n_asked + 2 * FOLLOWED * size.n_queries
    return FOLLOWING * n_edges * from_items + HANDING * size.n_scores


def form_of_steps(size: Size) -> Literal["walk", "matrix", "edges"]:
    """Return how several steps from item to item are best made.

    By a dense matrix, where it is small, and cheaper to make than `ANSWERS` answers by walking over the
    events; else by walking; but over the strongest edges alone where an answer would take too long.
    """
    if size.dense_bytes <= KEPT_BYTES and dense_polynomial(size) < walks(size, ANSWERS):
        return "matrix"
    return "walk" if walks(size, 1) < SLOW_S else "edges"
