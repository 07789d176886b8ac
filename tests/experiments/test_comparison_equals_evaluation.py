"""A comparison asks and judges exactly as an evaluation does."""

import pytest
from tests.experiments.judging import BLOCKS, SEED, K, assert_same, judged_by_hand, learnt_from
from tests.experiments.rated_world import rated_events

from sensorium.evaluation import splits
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_comparison import ModelComparison, with_members
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.shared_scorer import shared_scorers
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.ease import EASE
from sensorium.models.popularity import Popularity


@pytest.fixture(scope="module")
def split():
    return splits.time(rated_events(), 0.2, 0.2)


@pytest.mark.parametrize("mask", ["train", "train+validation"])
def test_every_model_is_judged_as_by_hand(mask, split):
    options = EvaluationOptions(mask=mask, seed=SEED, k=K)
    data = learnt_from(split, options)
    models = {"ease": EASE().fit(data), "popularity": Popularity().fit(data)}
    comparison = ModelComparison.of(split, data, options)
    found = comparison.results(models)
    assert found.keys() == models.keys()
    for name, model in models.items():
        assert_same(found[name], judged_by_hand(model, split, options))
        assert found[name].model == name


def test_the_protocol_is_that_of_the_evaluation(split):
    options = EvaluationOptions(model="popularity", seconds=0, mask="train", seed=SEED, k=K)
    evaluation = evaluate_split(split, BLOCKS, options)
    assert ModelComparison.of(split, evaluation.train, options).protocol == evaluation.result.protocol


def test_a_fusion_over_shared_members_scores_as_before(split):
    options = EvaluationOptions(seed=SEED, k=K)
    data = learnt_from(split, options)
    members = {
        "ease": EASE().fit(data),
        "image:a": ContentKNN(ContentKNNConfig(block="image:a")).fit(data),
        "popularity": Popularity().fit(data),
    }
    config = LateFusion.from_members(members, {"ease": 0.6, "image:a": 0.4}).config
    fusion = LateFusion.fitted(config.model_copy(update={"half_warm_events": 2.0}), members, data.n_events)
    shared = with_members(fusion, shared_scorers(members))
    assert_same(judged_by_hand(shared, split, options), judged_by_hand(fusion, split, options))
    assert shared.config == fusion.config
