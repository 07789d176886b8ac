"""The folds of a cross-validation are evaluations of their own, taken together."""

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.judging import BLOCKS, SEED, K
from tests.experiments.rated_world import rated_events

from sensorium.evaluation import splits
from sensorium.evaluation.pooling import pooled
from sensorium.experiments.cross_validation import cross_validate
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions


@pytest.fixture(scope="module")
def folds():
    """The evaluation of all folds together, and of each."""
    parts = splits.folds(rated_events(), 3, seed=1)
    options = EvaluationOptions(model="image:a", seconds=0, seed=SEED, k=K, mask="train", ratings=True)
    return cross_validate(parts, BLOCKS, options), [evaluate_split(split, BLOCKS, options) for split in parts]


def same(found, expected):
    assert (found.metrics, found.intervals, found.protocol) == (
        expected.metrics, expected.intervals, expected.protocol
    )  # fmt: skip


def test_every_result_is_that_of_all_folds_pooled(folds):
    together, each = folds
    same(together.result, pooled([fold.result for fold in each], seed=SEED))
    for part in ("baselines", "members", "without"):
        found = getattr(together, part)
        assert found.keys() == getattr(each[0], part).keys()
        for name, result in found.items():
            same(result, pooled([getattr(fold, part)[name] for fold in each], seed=SEED))


def test_errors_of_ratings_are_means_over_the_folds(folds):
    together, each = folds
    assert together.ratings.keys() >= {"rmse", "mae", "rmse_floor", "mae_floor", "rating_accuracy"}
    for name, value in together.ratings.items():
        assert value == pytest.approx(np.mean([fold.ratings[name] for fold in each]))


def test_seconds_are_added_up_and_the_examples_are_those_of_the_first_fold(folds):
    together, each = folds
    assert together.fit_seconds > 0
    assert together.split.protocol == each[0].split.protocol
    np.testing.assert_array_equal(together.known.toarray(), each[0].known.toarray())


def test_a_fold_whose_test_part_has_no_ratings_costs_the_errors_of_ratings_alone():
    first, last = splits.folds(rated_events(), 3, seed=1)[:2]
    unrated = replace(last.test, value=np.full(len(last.test), np.nan, dtype=np.float32))
    options = EvaluationOptions(model="popularity", seconds=0, seed=SEED, k=K, mask="train", ratings=True)
    parts = [first, replace(last, test=unrated)]
    together = cross_validate(parts, {}, options)
    assert together.ratings == {}
    each = [evaluate_split(split, {}, options) for split in parts]
    assert each[0].ratings
    same(together.result, pooled([fold.result for fold in each], seed=SEED))
