"""Items without any event: `auto` on MovieLens-100K with all events of a fifth of the items hidden.

Three draws. All events are dealt at random: train, validation (a tenth), test (a tenth); then the events of a
fifth of the items are taken out of train and validation. Three questions.

- cold: which of the hidden items did the user like? All their events are asked for, they alone are ranked.
- overall: what next, of everything not known? The test events; hidden items have their natural share of them.
- overall, all hidden: the same with all events of hidden items asked for, most of the test interactions then.

Beside the fusion stand each source alone; popularity by category (a hidden item counts as popular as the mean
film of its genres, the same for all; and the same weighted by how often the user liked the genre); and the
fusion without cold weights: content has one set of weights, and its scores stand as they are.
Needs the folder of real data.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from real_data import data_folder, write_result
from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatMatrix, IntVector
from sensorium.evaluation import splits
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.pooling import pooled
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.splits import TuningView, known_items
from sensorium.features.block import FeatureBlock
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.serving.item_features import ItemFeatures
from sensorium.training.training_data import training_data, validation_data
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

SEEDS = (0, 1, 2)
HIDDEN_SHARE = 0.2
NDCG = "ndcg@20"
BY_CATEGORY, BY_TASTE = "popularity by category", "popularity by category and taste"
PLAIN = "auto without cold weights"


Scores = Callable[[QueryBatch], FloatMatrix]


class Question:
    """A draw of hidden items, what is known, and what is asked."""

    def __init__(self, events: Events, seed: int) -> None:
        used = np.unique(events.item)
        drawn = np.random.default_rng(seed).permutation(used)[: round(HIDDEN_SHARE * len(used))]
        self.hidden = np.zeros(len(events.items), dtype=np.bool_)
        self.hidden[drawn] = True
        whole = splits.random(events, seed=seed)
        train, validation = (part.where(~self.hidden[part.item]) for part in (whole.train, whole.validation))
        self.view = TuningView(train, validation)
        known = Events.concat(train, validation)
        self.histories = training_data(known, {})
        hidden = events.where(self.hidden[events.item])
        before = Events.concat(whole.train, whole.validation)
        test = Events.concat(whole.test.where(~self.hidden[whole.test.item]), hidden).interactions()
        self.judges = {
            "cold": Judge(hidden.interactions(), known_items(known), ks=(20,)),
            "overall": Judge(whole.test.interactions(), known_items(before), ks=(20,)),
            "overall, all hidden": Judge(test, known_items(known), ks=(20,)),
        }

    def asked(self, name: str, score: Scores) -> dict[str, EvaluationResult]:
        """Return the result of each question for a model."""

        def scores(rows: IntVector) -> FloatMatrix:
            return score(QueryBatch.of_users(self.histories, rows))

        def among_hidden(rows: IntVector) -> FloatMatrix:
            return np.where(self.hidden, scores(rows), np.float32(np.nan))

        return {
            asked: judge.fresh().add_all(among_hidden if asked == "cold" else scores).result(name)
            for asked, judge in self.judges.items()
        }


def by_category(train: TrainingData, labels: FloatMatrix) -> dict[str, Scores]:
    """Return the two scores by category, from `labels` [n_items, n_categories]."""
    counts = train.n_events.astype(np.float32)
    has = (labels > 0).astype(np.float32)
    seen = has * train.seen_items[:, None]
    popular = (counts @ seen) / np.maximum(seen.sum(axis=0), 1)
    profile = has / np.maximum(has.sum(axis=1, keepdims=True), 1)
    plain = profile @ popular

    def same_for_all(queries: QueryBatch) -> FloatMatrix:
        return np.tile(plain, (len(queries), 1)).astype(np.float32)

    def by_taste(queries: QueryBatch) -> FloatMatrix:
        taste = queries.history @ profile
        taste /= np.maximum(taste.sum(axis=1, keepdims=True), 1e-9)
        return ((taste * popular) @ profile.T).astype(np.float32)

    return {BY_CATEGORY: same_for_all, BY_TASTE: by_taste}


def without_cold_weights(fusion: LateFusion) -> LateFusion:
    """Return the fusion in which content has one set of weights."""
    members = tuple(
        member.model_copy(update={"cold_weight": member.weight}) for member in fusion.config.members
    )
    plain = {"members": members, "cold_scale": 1.0, "cold_offset": 0.0, "half_warm_events": 0.0}
    return LateFusion.fitted(fusion.config.model_copy(update=plain), fusion.members, fusion.n_events)


def draw(
    events: Events, blocks: Mapping[str, FeatureBlock], seed: int
) -> dict[str, dict[str, EvaluationResult]]:
    """Return contestant -> question -> result for one draw."""
    question = Question(events, seed)
    train = training_data(question.view.train, blocks)
    fit = fit_auto(train, validation_data(train, question.view), config=AutoConfig(seconds=60))
    print(f"draw {seed}: {fit.tuning.cold if fit.tuning else None}", flush=True)
    models = {"auto": fit.fusion.score, PLAIN: without_cold_weights(fit.fusion).score}
    models |= by_category(train, blocks["category:genres"].values)
    models |= {name: fit.fusion.members[name].score for name in blocks if name in fit.fusion.members}
    return {name: question.asked(name, model) for name, model in models.items()}


def main() -> None:
    """Evaluate and print."""
    films = data_folder("movielens-100k")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "films"
        initialize_workspace(folder, items=films / "items.csv", events=films / "events.csv")
        workspace = Workspace.open(folder)
        _, events = training_tables(workspace)
        blocks = ItemFeatures.of(encode_workspace(workspace)).blocks
    draws = [draw(events, blocks, seed) for seed in SEEDS]
    found: dict[str, object] = {}
    for asked in ("cold", "overall", "overall, all hidden"):
        results = {name: pooled([one[name][asked] for one in draws]) for name in draws[0]}
        print(f"\n{asked}: {results['auto'].n_users} users")
        for name, result in sorted(results.items(), key=lambda item: item[1].metrics[NDCG]):
            gain = paired_difference(results["auto"], result, NDCG)
            print(
                f"  {name:34}{result.metrics[NDCG]:8.4f}   {gain.mean:+.4f} [{gain.low:.4f}, {gain.high:.4f}]"
            )
        found[asked] = {name: round(result.metrics[NDCG], 4) for name, result in results.items()}
        found[f"{asked}, auto minus"] = {
            name: [round(value, 4) for value in (gain.mean, gain.low, gain.high)]
            for name, result in results.items()
            if name != "auto"
            for gain in [paired_difference(results["auto"], result, NDCG)]
        }
    write_result("cold", found)


if __name__ == "__main__":
    main()
