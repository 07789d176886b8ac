"""Whether a second level, which orders the fusion's best items anew, helps on queries that it has not seen.

    python benchmarks/bench_second_level.py [--datasets tiktok amazon-baby] [--queries 3000]

Members with settings that did well are fitted on train, and fused as `auto` would do it. Of each validation
query the best `DEPTH` items are taken. On half of the queries a second level learns which of them are
relevant, from the members' z-scores and ranks, the sum, the item's popularity and age and the length of the
history; what it says and the sum, both standardised within the list, are added, with the weight that is best
on the learning half (out of fold). The other half judges: NDCG@20 with and without, paired by user. Then the
halves change places. Ways: boosted trees, and logistic regression on the inputs with their squares and
products; "alone" is what they say without the sum. "Fitted again": once the second level has learnt, members
are fitted on train and what was held back of the half that it learnt from, as a product does. Needs the
folder of real data.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from real_data import data_folder, write_result
from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.sparse import merge_entries, row_counts
from sensorium.evaluation.intervals import bootstrap
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.second_level import within_list
from sensorium.fusion.tuning_metric import CUTOFF, unmasked
from sensorium.index.largest import largest_per_row
from sensorium.metrics.ranking import ndcg_of_scores
from sensorium.models.base import QueryBatch, Recommender, TrainingData, ValidationData
from sensorium.models.registry import make_model

DEPTH = 200
"""Items of each query that the second level orders."""
MOST_QUERIES = 6_000
"""Queries of both halves together."""
AT_ONCE = 500
"""Queries scored at a time."""
NEGATIVES = 60
"""Items of each list, that are not relevant, from which logistic regression learns."""
STRENGTHS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""How much the second level may count beside the sum."""

BOOSTED, LOGISTIC = "boosted trees", "logistic regression"
ALONE = ", alone"

Settings = Mapping[str, Mapping[str, Any]]
Found = dict[str, NDArray[np.float64]]
"""Way -> NDCG@20 of each query."""

MEMBERS: Mapping[str, Settings] = {
    "movielens-100k": {
        "ease": {"regularization": 323, "user_exponent": 0.385, "item_exponent": 0.074, "dropout": 0.0662},
        "pure-svd": {
            "factors": 32,
            "user_exponent": 0.878,
            "item_exponent": 0.0164,
            "history_exponent": 0.47,
        },
        "rp3": {"user_exponent": 1.33, "from_exponent": 0.903, "to_exponent": 0.34, "neighbours": 937},
        "graph-filter": {},
        "ials": {},
    },
    "ml-1m": {
        "ease": {"regularization": 432, "user_exponent": 0.8, "item_exponent": 0.134, "dropout": 0.342},
        "pure-svd": {
            "factors": 56,
            "user_exponent": 0.316,
            "item_exponent": 0.164,
            "history_exponent": 0.494,
        },
        "rp3": {"user_exponent": 0.401, "from_exponent": 1.05, "to_exponent": 0.542, "neighbours": 38},
        "item-knn": {"neighbours": 10, "shrinkage": 30.0},
        "ials": {},
    },
    "tiktok": {
        "ease": {"regularization": 4230, "user_exponent": 0.816, "item_exponent": 0.179, "dropout": 0.264},
        "rp3": {"user_exponent": 1.15, "from_exponent": 0.0763, "to_exponent": 0.0609, "neighbours": 28},
        "graph-filter": {"user_exponent": 0.684, "item_exponent": 0.107, "second": 550.0, "third": 208.0},
        "ials": {},
        "content-knn": {"block": "image"},
    },
    "amazon-baby": {
        "ease": {"regularization": 4230, "user_exponent": 0.816, "item_exponent": 0.179, "dropout": 0.264},
        "rp3": {"user_exponent": 0.753, "from_exponent": 0.235, "to_exponent": 0.0131, "neighbours": 779},
        "graph-filter": {},
        "item-knn": {"neighbours": 452, "shrinkage": 100.0},
        "ials": {},
    },
    "amazon-clothing": {
        "rp3": {"user_exponent": 0.0288, "from_exponent": 0.241, "to_exponent": 0.0236, "neighbours": 84},
        "graph-filter": {"user_exponent": 0.158, "item_exponent": 0.161, "history_exponent": 0.292},
        "item-knn": {"neighbours": 452, "shrinkage": 100.0},
        "ials": {},
    },
    "gowalla": {
        "rp3": {"user_exponent": 0.645, "from_exponent": 0.489, "to_exponent": 0.324, "neighbours": 904},
        "graph-filter": {"user_exponent": 0.428, "item_exponent": 0.355, "history_exponent": 0.117},
        "item-knn": {"neighbours": 12, "shrinkage": 30.0},
        "ials": {},
    },
}
"""Data set -> model -> settings; popularity is always there. EASE only where its matrix is small."""


@dataclass(frozen=True)
class Lists:
    """The fusion's best items of each query, and what a second level may know of them."""

    inputs: NDArray[np.float32]
    """[n_queries, depth, n_inputs]."""
    sums: FloatMatrix
    """[n_queries, depth]: the fused scores, largest first; minus infinity for padding."""
    relevant: NDArray[np.bool_]
    """[n_queries, depth]."""
    n_relevant: NDArray[np.int64]
    """[n_queries]: relevant items, in the list or not."""

    def __len__(self) -> int:
        return len(self.sums)

    def rows(self, chosen: NDArray[Any]) -> "Lists":
        """Return the queries `chosen`."""
        return Lists(self.inputs[chosen], self.sums[chosen], self.relevant[chosen], self.n_relevant[chosen])

    def ndcg(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Return NDCG@20 of each query in the order of `scores` [n_queries, depth]."""
        scores = np.where(np.isfinite(self.sums), scores, -np.inf).astype(np.float32)
        rows, columns = np.nonzero(self.relevant)
        return ndcg_of_scores(scores, rows, columns, self.n_relevant, CUTOFF)


def load(name: str) -> tuple[TrainingData, ValidationData]:
    """Return train and validation of a data set; MovieLens-100K: ratings of 4 and 5, the last tenth."""
    folder = data_folder(name)
    if name == "movielens-100k":
        liked = pl.read_csv(folder / "events.csv").filter(pl.col("rating") >= 4).sort("timestamp")
        cut = int(0.9 * len(liked))
        liked = liked.with_columns(pl.col("user_id", "item_id").rank("dense").cast(pl.Int64) - 1)
        parts = liked[:cut], liked[cut:]
    else:
        parts = tuple(pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation"))
    arrays = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    largest = [max(int(part[column].to_numpy().max()) for part in parts) for column in ("user_id", "item_id")]
    shape = (largest[0] + 1, max(largest[1] + 1, *map(len, arrays.values()), 0))
    matrices = [as_matrix(part, np.ones(len(part)), shape) for part in parts]
    for matrix in matrices:
        matrix.data[:] = 1
    times = [as_matrix(part, part["timestamp"], shape) for part in parts if "timestamp" in part.columns]
    blocks = {stem: block(stem, values) for stem, values in arrays.items()}
    data = TrainingData(matrices[0].astype(np.float32), times[0] if times else None, blocks=blocks)
    return data, asked(data, matrices[1], times[1] if times else None)


def as_matrix(events: pl.DataFrame, values: Any, shape: tuple[int, ...]) -> SparseMatrix:
    """Return `values`, one an event, by user and item."""
    pairs = events["user_id"].to_numpy(), events["item_id"].to_numpy()
    return sparse.csr_array((np.asarray(values, dtype=np.float64), pairs), shape=shape)


def block(name: str, rows: NDArray[Any]) -> FeatureBlock:
    """Return ready-made features on one scale."""
    raw = FeatureBlock(BlockName(name), rows.astype(np.float32), np.ones(len(rows), dtype=np.bool_))
    return Scaling.fit(raw).scaled(raw)


def asked(data: TrainingData, held: SparseMatrix, times: SparseMatrix | None) -> ValidationData:
    """Return a random `MOST_QUERIES` of the users with a history to whom something was `held` back."""
    users = np.flatnonzero((row_counts(held) > 0) & (row_counts(data.interactions) > 0))
    users = np.sort(np.random.default_rng(0).permutation(users)[:MOST_QUERIES])
    queries = QueryBatch.of_users(data, users)
    relevant = sparse.csr_array(held[users]).astype(np.float32)
    when = None if times is None else sparse.csr_array(times[users])
    return ValidationData(queries, relevant, sparse.csr_array(data.interactions[users]), when)


def fitted(settings: Settings, data: TrainingData) -> dict[str, Recommender[Any]]:
    """Return the members, fitted."""
    return {name: make_model(name, own).fit(data) for name, own in {**settings, "popularity": {}}.items()}


def tuned(members: Mapping[str, Recommender[Any]], queries: ValidationData, data: TrainingData) -> LateFusion:
    """Return the fusion of `members`, weighed as `auto` would on `queries`, without a second level."""
    tuning = FusionTuning.of(members, queries, fallback="popularity", data=data)
    assert tuning is not None
    fusion = replace(tuning, second_level=None).fusion
    print("    " + ", ".join(f"{name} {weight:.2f}" for name, weight in fusion.weights.items()), end="")
    print("".join(f"; moving with {what}" for what in tuning.moving_with), flush=True)
    return fusion


def best_lists(fusion: LateFusion, data: TrainingData, asking: ValidationData) -> Lists:
    """Return the best items of each query under `fusion`, which is fitted on `data`."""
    parts: list[Lists] = []
    for start in range(0, len(asking), AT_ONCE):
        part = asking.rows(np.arange(start, min(start + AT_ONCE, len(asking))))
        sources, blended = fusion.scorer.blended(part.queries)
        items, sums = largest_per_row(unmasked(blended.scores.copy(), part), DEPTH)
        index = np.maximum(items, 0)
        sums = np.where(items < 0, -np.inf, sums).astype(np.float32)
        told = [np.take_along_axis(source.scores.values, index, axis=1) for source in sources]
        relevant = np.take_along_axis(part.relevant.toarray() > 0, index, axis=1) & (items >= 0)
        inputs = all_inputs(told, sums, index, row_counts(part.queries.history), data)
        parts.append(Lists(inputs, sums, relevant, row_counts(part.relevant)))
    return Lists(
        np.concatenate([one.inputs for one in parts]),
        np.concatenate([one.sums for one in parts]),
        np.concatenate([one.relevant for one in parts]),
        np.concatenate([one.n_relevant for one in parts]),
    )


def all_inputs(
    told: list[FloatMatrix], sums: FloatMatrix, items: NDArray[Any], lengths: NDArray[Any], data: TrainingData
) -> NDArray[np.float32]:
    """Return what the second level may know [n_queries, depth, n_inputs]."""
    order = np.arange(sums.shape[1])
    ranks = [np.argsort(np.argsort(-z, axis=1, kind="stable"), axis=1) for z in told if np.ptp(z)]
    floor = np.where(np.isfinite(sums), sums, 0)
    known = [*told, floor, within_list(sums), *(np.log1p(rank) for rank in ranks)]
    known += [np.broadcast_to(np.log1p(order), sums.shape), np.log1p(data.n_events)[items]]
    known.append(np.broadcast_to(np.log1p(lengths)[:, None], sums.shape))
    ages = item_ages(data)
    if len(ages):
        known.append(np.log1p(ages)[items])
    return np.stack(known, axis=-1).astype(np.float32)


def boosted(seed: int = 0) -> Any:
    """Return small boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    no: Any = False  # what scikit-learn calls early stopping is "auto", true or false
    return HistGradientBoostingClassifier(
        learning_rate=0.07,
        max_iter=80,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=5.0,
        early_stopping=no,
        random_state=seed,
    )


def logistic() -> Any:
    """Return logistic regression on the inputs, their squares and products."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    products = PolynomialFeatures(2, include_bias=False)
    return make_pipeline(
        StandardScaler(), products, StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky")
    )


def told_by(way: str, learning: Lists, judging: Lists, seed: int) -> FloatMatrix:
    """Return what a second level learnt on one part says of the other, by list [n_queries, depth]."""
    rng = np.random.default_rng(seed)
    real = np.isfinite(learning.sums)
    if way == LOGISTIC:  # a few of the many that are not relevant say enough
        share = NEGATIVES / learning.sums.shape[1]
        real &= learning.relevant | (rng.random(real.shape) < share)
    model = boosted(seed) if way == BOOSTED else logistic()
    model.fit(learning.inputs[real], learning.relevant[real])
    flat = judging.inputs.reshape(-1, judging.inputs.shape[-1])
    logits = model.decision_function(flat).reshape(judging.sums.shape)
    return within_list(np.where(np.isfinite(judging.sums), logits, -np.inf).astype(np.float32))


def best_strength(way: str, learning: Lists) -> float:
    """Return how much a second level had best count, by what each half of `learning` says of the other."""
    half = np.random.default_rng(1).permutation(len(learning)) % 2
    reached = np.zeros((len(STRENGTHS), len(learning)))
    for part in (0, 1):
        judging = learning.rows(half == part)
        told, sums = told_by(way, learning.rows(half != part), judging, 0), within_list(judging.sums)
        for position, strength in enumerate(STRENGTHS):
            reached[position, half == part] = judging.ndcg(sums + np.float32(strength) * told)
    return STRENGTHS[int(reached.mean(axis=1).argmax())]


def judged(strengths: Mapping[str, float], learning: Lists, judging: Lists) -> Found:
    """Return way -> NDCG@20 of each query of `judging`; "" is the fusion as it is."""
    sums = within_list(judging.sums)
    found = {"": judging.ndcg(judging.sums)}
    for way, strength in strengths.items():
        told = told_by(way, learning, judging, 0)
        found[way] = judging.ndcg(sums + np.float32(strength) * told)
        found[way + ALONE] = judging.ndcg(told)
    return found


def halves(name: str, n_queries: int) -> tuple[Found, Found]:
    """Return way -> NDCG@20 of each query of validation, judged by what was learnt on the other half.

    First with members that are fitted on train, then on train and the half that was learnt from.
    """
    data, validation = load(name)
    validation = validation.sample(n_queries, 0)
    members = fitted(MEMBERS[name], data)
    half = np.random.default_rng(0).permutation(len(validation)) % 2
    parts = [validation.rows(np.flatnonzero(half == part)) for part in (0, 1)]
    found: list[tuple[Found, Found]] = []
    for learning, judging in (parts, parts[::-1]):
        fusion = tuned(members, learning, data)
        lists = best_lists(fusion, data, learning)
        strengths = {way: best_strength(way, lists) for way in (BOOSTED, LOGISTIC)}
        print(
            "    " + ", ".join(f"{way} counts {strength:g}" for way, strength in strengths.items()),
            flush=True,
        )
        more = with_events(data, learning)
        again = LateFusion.fitted(fusion.config, fitted(MEMBERS[name], more), more.n_events, item_ages(more))
        as_fitted, fitted_again = best_lists(fusion, data, judging), best_lists(again, more, judging)
        found.append((judged(strengths, lists, as_fitted), judged(strengths, lists, fitted_again)))
    (one, one_again), (other, other_again) = found
    return joined(one, other), joined(one_again, other_again)


def joined(one: Found, other: Found) -> Found:
    """Return the queries of both."""
    return {way: np.concatenate([one[way], other[way]]) for way in one}


def with_events(data: TrainingData, learning: ValidationData) -> TrainingData:
    """Return `data` with what was held back of the users of `learning`."""
    users = np.repeat(learning.queries.users, row_counts(learning.relevant))

    def joined_by(known: SparseMatrix, values: NDArray[Any]) -> SparseMatrix:
        held = sparse.csr_array((values, (users, learning.relevant.indices)), shape=known.shape)
        return merge_entries(known, held.astype(known.dtype), keep="later")

    events = joined_by(data.interactions, learning.relevant.data)
    times = None
    if data.times is not None and learning.times is not None:
        times = joined_by(data.times, learning.times.data)
    return TrainingData(events, times, blocks=data.blocks)


def compared(found: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """Return way -> its mean NDCG@20 and the difference from the fusion with its interval."""
    base = found[""]
    rows: dict[str, dict[str, float]] = {}
    for way, reached in found.items():
        interval = bootstrap((reached - base)[:, None])[0]
        rows[way or "fusion"] = {
            "ndcg@20": float(reached.mean()),
            "difference": interval.mean,
            "low": interval.low,
            "high": interval.high,
        }
    return rows


def main() -> None:
    """Print and keep what each way reaches on every data set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=list(MEMBERS), choices=MEMBERS)
    parser.add_argument("--queries", type=int, default=MOST_QUERIES, help="of both halves together, at most")
    options = parser.parse_args()
    results: dict[str, object] = {}
    for name in options.datasets:
        begun = time.process_time()
        tables: dict[str, object] = {}
        for how, found in zip(("as fitted", "fitted again"), halves(name, options.queries), strict=True):
            tables[how] = rows = compared(found)
            for way, row in rows.items():
                change = f"{row['difference']:+.4f} [{row['low']:.4f}, {row['high']:.4f}]"
                print(f"{name:16} {how:12} {way:28} {row['ndcg@20']:.4f}  {change}", flush=True)
        seconds = round(time.process_time() - begun, 1)
        results[name] = {"processor_seconds": seconds, **tables}
        print(f"{name:16} {seconds} s of processor time", flush=True)
    write_result("second_level", results)


if __name__ == "__main__":
    main()
