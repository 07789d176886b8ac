"""Each method of a comparison is the fusion that its name says, and its numbers are those of judging it."""

import pytest
from tests.experiments.judging import BLOCKS, SEED, K, assert_same, judged_by_hand, learnt_from
from tests.experiments.rated_world import rated_events

from sensorium.evaluation import splits
from sensorium.evaluation.result import paired_difference
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.fusion_levels import TAKEN, compare_levels
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankScorer
from sensorium.models.base import FitOptions
from sensorium.models.joint_content import JointContent, JointContentConfig
from sensorium.training.fit_model import fit_model
from sensorium.training.training_data import validation_data


@pytest.fixture(scope="module")
def by_hand():
    """Options, the split, the comparison without time to tune, and the fusion that it must be made of."""
    split = splits.time(rated_events(), 0.2, 0.2)
    options = EvaluationOptions(seconds=0, seed=SEED, k=K, mask="train")
    train = learnt_from(split, options)
    asking = validation_data(train, split.tuning)
    fitted = fit_model("auto", train, asking, FitOptions(seed=SEED), 0)
    return options, split, compare_levels(split, BLOCKS, options), fitted.fusion


def weighted(fusion, weights, half_warm_events=0.0):
    """Return `fusion` with `weights` that move with nothing."""
    still = {"weights_by_history": (), "factors_by_age": ()}
    members = tuple(
        member.model_copy(update={**still, "weight": weights[member.name]})
        for member in fusion.config.members
    )
    changes = {"history_lengths": (), "item_ages": (), "half_warm_events": half_warm_events}
    config = fusion.config.model_copy(update={**changes, "members": members})
    return LateFusion.fitted(config, fusion.members, fusion.n_events, fusion.ages)


def test_every_method_is_the_fusion_that_its_name_says_judged_as_by_hand(by_hand):
    options, split, levels, fusion = by_hand
    found = {method.name: method.result for method in levels.methods}
    members, even = fusion.members, dict.fromkeys(fusion.members, 1.0)
    half = fusion.config.half_warm_events
    expected = {
        TAKEN: fusion,
        "z-scores, equal": weighted(fusion, even),
        "z-scores, learnt": weighted(fusion, fusion.weights),
        "by events of item": weighted(fusion, fusion.weights, half),
        "reciprocal rank, equal": RankScorer.of(members, method="reciprocal-rank"),
        "reciprocal rank, learnt": RankScorer.of(members, fusion.weights, method="reciprocal-rank"),
        "rank average, equal": RankScorer.of(members, method="rank-average"),
        "rank average, learnt": RankScorer.of(members, fusion.weights, method="rank-average"),
    }
    assert expected.keys() <= found.keys()
    for name, model in expected.items():
        assert_same(found[name], judged_by_hand(model, split, options))


def alone(model, fusion):
    """Return `model`, with the fusion's fallback where it cannot score."""
    fallback = fusion.config.fallback
    members = {"own": model, fallback: fusion.members[fallback]}
    return LateFusion.from_members(members, {"own": 1}, cold_weights={"own": 1}, fallback=fallback)


def test_the_one_source_is_the_best_member_alone(by_hand):
    options, split, levels, fusion = by_hand
    (one,) = [method for method in levels.methods if method.level == "one source"]
    reached = {
        name: judged_by_hand(alone(member, fusion), split, options).metrics[f"ndcg@{K}"]
        for name, member in fusion.members.items()
    }
    assert one.name == max(reached, key=reached.get)
    assert one.result.metrics[f"ndcg@{K}"] == pytest.approx(max(reached.values()))


def test_content_alone_is_a_joint_block_of_the_space_that_its_name_says(by_hand):
    options, split, levels, fusion = by_hand
    found = {method.name: method.result for method in levels.methods}
    train = learnt_from(split, options)
    own = {name: weight for name, weight in fusion.cold_weights.items() if name in train.blocks}
    for space in ("concatenation", "whitened"):  # the others take seconds, and are chosen in the same way
        tried = [
            judged_by_hand(
                alone(
                    JointContent(JointContentConfig(fusion=space, blocks=weights)).fit(
                        train, FitOptions(seed=SEED)
                    ),
                    fusion,
                ),
                split,
                options,
            ).metrics[f"ndcg@{K}"]
            for weights in ({}, own)
        ]
        assert min(abs(found[f"{space}, content alone"].metrics[f"ndcg@{K}"] - one) for one in tried) < 1e-9


def test_each_method_is_set_against_what_auto_takes_by_the_metric_asked_for(by_hand):
    _, _, levels, _ = by_hand
    assert levels.metric == f"ndcg@{K}"
    (taken,) = [method for method in levels.methods if method.name == TAKEN]
    for method in levels.methods:
        if method is not taken:
            assert method.against == paired_difference(method.result, taken.result, f"ndcg@{K}")
