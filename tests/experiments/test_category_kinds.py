"""Kinds of items: a column for each label, and what evaluation makes of them."""

import numpy as np
import polars as pl
from tests.experiments.rated_world import N_ITEMS, rated_events, telling_blocks

import sensorium as sn
from sensorium.evaluation.splits import time
from sensorium.experiments.category_kinds import category_kinds
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.models.rating_bias import RatingBias
from sensorium.training.rating_prediction import predictions


def test_every_label_is_a_column_of_ones_and_blank_columns_are_left_out():
    frame = pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d"],
            "genres": ["War|Drama", "Drama", None, "War"],
            "tags": [None, None, None, ""],
        }
    )
    catalog = sn.Catalog.from_frame(frame, category=["genres", "tags"])
    found = category_kinds(catalog)
    assert list(found) == ["genres"]
    np.testing.assert_array_equal(found["genres"].toarray(), [[1, 1], [0, 1], [0, 0], [1, 0]])


def test_an_evaluation_measures_kinds_and_what_is_unseen_for_every_model():
    ids = [f"i{n}" for n in range(N_ITEMS)]
    frame = pl.DataFrame({"item_id": ids, "kind": [f"k{n % 6}" for n in range(N_ITEMS)]})
    kinds = category_kinds(sn.Catalog.from_frame(frame, category="kind"))
    options = EvaluationOptions(model="image:a", seconds=0, k=7, more_ks=(1, 3), ratings=True)
    split = time(rated_events(), 0.2, 0.2)
    found = evaluate_split(split, telling_blocks(), options, kinds=kinds)
    for result in (found.result, *found.baselines.values()):
        values = [result.beyond[f"category_diversity@{k}:kind"] for k in (1, 3, 7, 10)]
        assert values[0] == 0
        assert values == sorted(values)
        assert values[-1] <= np.log2(6)
        assert result.beyond["unseen_share@7"] == 1  # what was liked before is not ranked
    told = found.ratings
    assert told["rating_threshold"] == 4
    predicted, _ = predictions(RatingBias().fit(found.train), found.train, split.test)
    assert told["rating_accuracy_floor"] == np.mean((predicted >= 4) == split.test.positive)
    assert told["rating_recall_floor"] == np.mean(predicted[split.test.positive] >= 4)
