"""An evaluation reports what its parts, asked one by one, give: which events, which users, which fit."""

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.judging import (
    BLOCKS,
    SEED,
    K,
    asked_with,
    assert_same,
    assert_same_data,
    judged_by_hand,
    learnt_from,
)
from tests.experiments.rated_world import rated_events

from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError
from sensorium.evaluation import splits
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.insight.ablation import leave_one_out
from sensorium.metrics.ratings import mae, rmse
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.models.rating_bias import RatingBias
from sensorium.models.registry import make_model
from sensorium.training.rating_prediction import predictions
from sensorium.training.training_data import training_data, validation_data

WAYS = {
    "plain": {},
    "refit": {"refit": True},
    "refit, imputed, mask train": {"refit": True, "impute": "neighbours", "mask": "train"},
    "imputed, mask train": {"impute": "neighbours", "mask": "train"},
}


@pytest.fixture(scope="module")
def split():
    return splits.time(rated_events(), 0.2, 0.2)


@pytest.fixture(scope="module", params=WAYS)
def judged(request, split):
    """Options, and the evaluation of one model under them."""
    options = EvaluationOptions(
        model="item-knn", seconds=0.5, seed=SEED, k=K, ratings=True, **WAYS[request.param]
    )
    return options, evaluate_split(split, BLOCKS, options)


@pytest.fixture(scope="module", params=["refit"])
def of_auto(request, split):
    """Options, and the evaluation of `auto` under them."""
    options = EvaluationOptions(seconds=0, seed=SEED, k=K, **WAYS[request.param])
    return options, evaluate_split(split, BLOCKS, options)


class TestOneModel:
    def test_who_is_judged_on_what_is_counted_by_hand(self, judged, split):
        options, found = judged
        known, asked = asked_with(split, options), split.test.where(split.test.positive)
        barred = set(zip(known.user.tolist(), known.item.tolist(), strict=True))
        wanted = set(zip(asked.user.tolist(), asked.item.tolist(), strict=True)) - barred
        assert found.result.n_relevant == len(wanted)
        assert found.result.n_users == len({user for user, _ in wanted})
        cells = np.argwhere(found.known.toarray() > 0)
        assert {tuple(cell) for cell in cells.tolist()} == barred

    def test_what_was_learnt_from_is_train_alone_or_with_validation_if_refitted(self, judged, split):
        options, found = judged
        expected = learnt_from(split, options)
        assert_same_data(found.train, expected)
        again = LateFusion(found.fitted.fusion.config).fit(expected, FitOptions(seed=SEED))
        queries = QueryBatch.of_users(found.histories, np.arange(found.histories.n_users))
        np.testing.assert_array_equal(found.fitted.fusion.score(queries), again.score(queries))

    def test_users_are_asked_with_what_the_mask_says_and_no_more(self, judged, split):
        options, found = judged
        assert_same_data(found.histories, training_data(asked_with(split, options), {}))

    def test_its_settings_were_chosen_on_validation_alone(self, judged, split):
        options, found = judged
        train = learnt_from(split, replace(options, refit=False))
        (choice,) = found.fitted.choices
        chosen = make_model(choice.model, choice.settings).fit(train, FitOptions(seed=SEED))
        assert choice.ndcg == pytest.approx(mean_ndcg(chosen, validation_data(train, split.tuning)))
        assert len(choice.trials) > 1

    def test_every_number_is_that_of_judging_the_refitted_config_by_hand(self, judged, split):
        options, found = judged
        model = LateFusion(found.fitted.fusion.config).fit(learnt_from(split, options), FitOptions(seed=SEED))
        assert_same(found.result, judged_by_hand(model, split, options))
        assert found.metric == f"ndcg@{K}"

    def test_the_baselines_learn_from_what_the_model_learns_from(self, judged, split):
        options, found = judged
        assert found.baselines.keys() == {"popularity", "recent-popularity"}
        train = learnt_from(split, options)
        assert_same(found.baselines["recent-popularity"], judged_by_hand(
            RecentPopularity().fit(train), split, options
        ))  # fmt: skip
        alone = LateFusion.from_members({"popularity": Popularity().fit(train)}, {"popularity": 1})
        assert_same(found.baselines["popularity"], judged_by_hand(alone, split, options))

    def test_errors_of_ratings_are_those_of_the_test_part(self, judged, split):
        options, found = judged
        train = learnt_from(split, options)
        predicted, actual = predictions(RatingBias().fit(train), train, split.test)
        assert len(actual) == len(split.test)
        assert found.ratings["rmse_floor"] == rmse(predicted, actual)
        assert found.ratings["mae_floor"] == mae(predicted, actual)
        assert found.to_json()["metrics"].keys() >= found.ratings.keys()

    def test_the_protocol_says_what_was_done(self, judged, split):
        options, found = judged
        told = found.result.protocol
        assert (told["mask"], told["refit"], told["seed"]) == (options.mask, options.refit, SEED)
        assert {name: told[name] for name in ("split", "n_events")} == {
            name: split.protocol[name] for name in ("split", "n_events")
        }


class TestAuto:
    def test_it_is_tuned_on_train_and_validation_alone(self, of_auto, split):
        tuning = of_auto[1].fitted.tuning
        train = training_data(split.train, BLOCKS)
        assert_same_data(tuning.data, train)
        asking = validation_data(train, split.tuning).with_history()
        first = tuning.asked.rows(0, len(asking))
        np.testing.assert_array_equal(first.users, asking.queries.users)
        np.testing.assert_array_equal(first.history.toarray(), asking.queries.history.toarray())
        np.testing.assert_array_equal(
            tuning.scores.n_relevant[: len(asking)], np.diff(asking.relevant.indptr)
        )
        members = {c.name: make_model(c.model, c.settings) for c in of_auto[1].fitted.choices}
        members = {name: model.fit(train, FitOptions(seed=SEED)) for name, model in members.items()}
        again = FusionTuning.of(members, asking, fallback=tuning.fallback, seed=SEED, data=train)
        assert again.fusion.config == of_auto[1].fitted.fusion.config

    def test_every_source_is_judged_as_by_hand(self, of_auto, split):
        options, found = of_auto
        data = learnt_from(split, options)
        fusion = LateFusion(found.fitted.fusion.config).fit(data, FitOptions(seed=SEED))
        assert_same(found.result, judged_by_hand(fusion, split, options))
        fallback = fusion.config.fallback
        assert found.members.keys() == fusion.members.keys() - {"popularity"}
        for name in ("ease", "image:a", "recent-popularity", "popularity"):
            both = {member: fusion.members[member] for member in dict.fromkeys((name, fallback))}
            alone = LateFusion.from_members(both, {name: 1}, cold_weights={name: 1}, fallback=fallback)
            expected = judged_by_hand(alone, split, options)
            assert_same({**found.members, **found.baselines}[name], expected)

    def test_each_ablation_is_the_fusion_relearnt_without_the_modality_on_the_same_data(self, of_auto, split):
        options, found = of_auto
        assert found.without.keys() == {"image", "audio"}
        for modality, result in found.without.items():
            fewer = found.fitted.tuning.without([modality])
            blocks = {name: block for name, block in BLOCKS.items() if not name.startswith(modality)}
            if options.refit:
                data = learnt_from(split, options, blocks)
                fewer = LateFusion(fewer.config).fit(data, FitOptions(seed=SEED))
            assert_same(result, judged_by_hand(fewer, split, options))
        assert found.ablations() == leave_one_out(found.result, found.without, f"ndcg@{K}")

    def test_what_is_printed_is_what_was_found(self, of_auto):
        _, found = of_auto
        printed = found.to_json()
        for key, results in (("sources", found.members), ("without", found.without)):
            assert printed[key] == {name: dict(result.metrics) for name, result in results.items()}
        assert printed["baselines"] == {name: dict(r.metrics) for name, r in found.baselines.items()}
        assert printed["weights"] == found.fitted.fusion.weights
        gains = {
            name: found.result.metrics[f"ndcg@{K}"] - result.metrics[f"ndcg@{K}"]
            for name, result in found.without.items()
        }
        assert {name: told["mean"] for name, told in printed["adds"].items()} == pytest.approx(gains)

    def test_it_is_set_against_popularity_and_the_best_of_its_sources(self, of_auto):
        _, found = of_auto
        printed = found.to_json()["against"]
        reached = {name: result.metrics[f"ndcg@{K}"] for name, result in found.members.items()}
        best = max(reached, key=reached.get)
        own = found.result.metrics[f"ndcg@{K}"]
        assert printed["the best single source"]["model"] == best
        assert printed["the best single source"]["mean"] == pytest.approx(own - reached[best])
        floor = found.baselines["popularity"].metrics[f"ndcg@{K}"]
        assert printed["popularity"]["mean"] == pytest.approx(own - floor)
        floors = {name: result.metrics[f"ndcg@{K}"] for name, result in found.baselines.items()}
        assert printed.keys() == {*floors, "the best single source"}
        assert found.verdict().comparisons[0].other == max(floors, key=floors.get)

    def test_one_model_is_no_source_of_itself(self, judged):
        _, found = judged
        assert found.members == {}
        assert found.to_json()["sources"] == {}
        assert found.result.model == "item-knn"


def test_a_block_named_as_its_modality_is_evaluated_and_refitted_too(split):
    blocks = {"image": replace(BLOCKS["image:a"], name=BlockName("image"))}
    options = EvaluationOptions(model="image", seconds=0, seed=SEED, k=K, refit=True)
    found = evaluate_split(split, blocks, options)
    data = learnt_from(split, options, blocks)
    again = LateFusion(found.fitted.fusion.config).fit(data, FitOptions(seed=SEED))
    assert found.result.per_user[f"ndcg@{K}"] == pytest.approx(
        judged_by_hand(again, split, options).per_user[f"ndcg@{K}"], nan_ok=True
    )


def test_what_the_command_line_says_goes_into_the_options_and_nothing_else_changes():
    base = EvaluationOptions(model="ease", seconds=5, seed=2, k=9, impute="neighbours")
    said = EvaluationOptions.checked(base, mask="train", refit=True, model="rp3", seconds=7.0)
    assert said == replace(base, mask="train", refit=True, model="rp3", seconds=7.0)
    silent = EvaluationOptions.checked(base, mask="train+validation", refit=False, model=None, seconds=None)
    assert silent == base
    with pytest.raises(ConfigError, match="^mask: unknown mask"):
        EvaluationOptions.checked(base, mask="all", refit=False, model=None, seconds=None)


@pytest.mark.parametrize(
    ("model", "asked", "learnt"), [("ease", None, False), ("auto", None, True), ("auto", False, False)]
)
def test_ratings_are_learnt_where_they_are_wanted_and_with_auto(model, asked, learnt, split):
    found = evaluate_split(
        split, {}, EvaluationOptions(model=model, seconds=0, seed=SEED, k=K, ratings=asked)
    )
    assert bool(found.ratings) is learnt
