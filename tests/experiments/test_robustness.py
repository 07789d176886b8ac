"""The robustness report on a world whose pictures tell the taste."""

import json
import re

import numpy as np
import polars as pl
import pytest
from tests.experiments.judging import BLOCKS, SEED, K, judged_by_hand, learnt_from
from tests.experiments.rated_world import rated_events

import sensorium as sn
from sensorium.core.errors import DataError
from sensorium.evaluation import splits
from sensorium.evaluation.intervals import Interval
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.robustness import SHARES, _without, measure_robustness
from sensorium.features.block import FeatureBlock
from sensorium.fusion.late_fusion import LateFusion
from sensorium.insight.report import render_report
from sensorium.insight.report_data import ReportData
from sensorium.insight.robustness import Removal, Robustness, plot_robustness
from sensorium.models.base import FitOptions, TrainingData
from sensorium.models.shared.imputation import imputed as filled_in
from sensorium.testing.two_colour import two_colour
from sensorium.training.training_data import split_events


def block(name, d, rng):
    values = np.eye(2, d)[np.arange(60) % 2] + rng.normal(scale=0.1, size=(60, d))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    present = np.arange(60) % 13 != 0
    return FeatureBlock(name, (values * present[:, None]).astype(np.float32), present)


@pytest.fixture(scope="module")
def measured():
    """The evaluation and the robustness of neighbours in pictures, which tell the taste."""
    rng = np.random.default_rng(0)
    liked = [2 * rng.choice(30, size=10, replace=False) + user % 2 for user in range(60)]
    ids = [f"i{n}" for n in np.concatenate(liked)]
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(60)]}))
    log = pl.DataFrame({"user_id": np.repeat(np.arange(60), 10), "item_id": ids})
    events = sn.Events.from_frame(log, items=catalog.items)
    blocks = {"image:a": block("image:a", 5, rng), "audio:b": block("audio:b", 4, rng)}
    options = EvaluationOptions(seconds=1, model="image:a")
    evaluation = evaluate_split(split_events(events, "random"), blocks, options)
    return evaluation, measure_robustness(evaluation, blocks, options)


def test_every_share_of_what_the_model_reads_is_measured_both_ways(measured):
    found = measured[1]
    assert found.modalities == ("image",)
    for imputed in (False, True):
        assert tuple(one.share for one in found.curve("image", imputed=imputed)) == SHARES


def test_accuracy_falls_as_pictures_go_and_imputing_keeps_some_of_it(measured):
    plain, filled = (measured[1].curve("image", imputed=imputed)[-1] for imputed in (False, True))
    assert plain.lost.low > 0
    assert filled.reached.mean > plain.reached.mean


def test_nothing_removed_is_what_was_evaluated(measured):
    evaluation, found = measured
    assert found.whole.mean == pytest.approx(evaluation.result.metrics["ndcg@20"], abs=1e-9)


def test_losses_are_paired_with_the_whole_that_is_treated_alike(measured):
    found = measured[1]
    assert found.whole.mean != found.whole_imputed.mean, "some items have no picture"
    for one in found.removals:
        whole = found.whole_imputed if one.imputed else found.whole
        assert one.lost.mean == pytest.approx(whole.mean - one.reached.mean, abs=1e-9)


@pytest.mark.parametrize("way", [{}, {"refit": True, "mask": "train"}], ids=["plain", "refit, mask train"])
def test_each_removal_is_the_same_fusion_fitted_on_less_and_judged_as_by_hand(way):
    split = splits.time(rated_events(), 0.2, 0.2)
    options = EvaluationOptions(model="image:a", seconds=0, seed=SEED, k=K, **way)
    evaluation = evaluate_split(split, BLOCKS, options)
    found = measure_robustness(evaluation, BLOCKS, options, shares=[0.5])
    assert found.metric == f"ndcg@{K}"
    assert found.whole == evaluation.result.intervals[found.metric]
    assert [(one.share, one.imputed) for one in found.removals] == [(0.5, False), (0.5, True)]
    less = _without(learnt_from(split, options), "image", 0.5, SEED)
    for one in found.removals:
        whole, expected = (
            judged_by_hand(
                LateFusion(evaluation.fitted.fusion.config).fit(
                    filled_in(data) if one.imputed else data, FitOptions(seed=SEED)
                ),
                split,
                options,
            )
            for data in (learnt_from(split, options), less)
        )
        assert one.reached == expected.intervals[found.metric]
        assert one.lost.mean == pytest.approx(whole.metrics[found.metric] - expected.metrics[found.metric])


@pytest.mark.parametrize("impute", ["no", "neighbours"])
def test_nothing_removed_loses_nothing_and_one_of_both_is_what_was_evaluated(impute):
    split = splits.time(rated_events(), 0.2, 0.2)
    options = EvaluationOptions(model="multimodal-knn", seconds=0, seed=SEED, k=K, impute=impute)
    evaluation = evaluate_split(split, BLOCKS, options)
    found = measure_robustness(evaluation, BLOCKS, options, shares=[0.0])
    assert {(one.modality, one.imputed) for one in found.removals} == {
        ("image", False), ("image", True), ("audio", False), ("audio", True)
    }  # fmt: skip
    assert {one.lost.mean for one in found.removals} == {0.0}
    evaluated, other = found.whole, found.whole_imputed
    if impute == "neighbours":
        evaluated, other = other, evaluated
    assert evaluated == evaluation.result.intervals[found.metric]
    assert other != evaluated


def test_the_seed_draws_who_loses_a_modality():
    data: TrainingData = two_colour().data
    first, again, other = (
        _without(data, "image", 0.5, seed).blocks["image:picture"].present for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_model_that_reads_no_features_has_nothing_to_lose():
    split = splits.time(rated_events(), 0.2, 0.2)
    options = EvaluationOptions(model="popularity", seconds=0)
    with pytest.raises(DataError, match="reads no features"):
        measure_robustness(evaluate_split(split, BLOCKS, options), BLOCKS, options)


def test_it_is_json_and_stands_on_the_page(measured):
    evaluation, found = measured
    printed = json.loads(json.dumps(found.to_json()))
    assert set(printed) == {"metric", "whole", "whole_imputed", "removals"}
    assert set(printed["removals"][0]) == {"modality", "share", "imputed", "reached", "lost"}
    page = render_report(ReportData("two kinds", evaluation.result, robustness=found))
    assert re.search(r"When media are missing.*weights renormalised", page, re.DOTALL)


def test_larger_shares_hold_the_smaller_ones_and_other_modalities_stay():
    data: TrainingData = two_colour().data
    some, more = (_without(data, "image", share, 0).blocks["image:picture"].present for share in (0.3, 0.7))
    whole = data.blocks["image:picture"].present
    assert not (more & ~some).any()
    assert np.isclose(some.sum() / whole.sum(), 0.7, atol=0.02)
    assert np.isclose(more.sum() / whole.sum(), 0.3, atol=0.02)
    others = _without(data, "image", 0.7, 0).blocks["audio:sound"]
    assert others is data.blocks["audio:sound"]


def test_seven_modalities_are_drawn_in_rows():
    at = Interval(0.2, 0.1, 0.3, 9)
    names = [f"image{n}" for n in range(7)]
    removals = tuple(Removal(name, share, False, at, at) for name in names for share in SHARES)
    assert len(plot_robustness(Robustness("ndcg@20", at, removals, at)).axes) == 7
