import dataclasses
import itertools

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import DataError
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.fusion.followers import leader_of
from sensorium.fusion.hyperparameter_search import FEWEST_TRIALS, QUERIES_EACH
from sensorium.fusion.member_selection import MemberSpec, untuned_fallback
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, QueryBatch, TrainingData, ValidationData
from sensorium.models.content_knn import ContentKNN
from sensorium.models.registry import make_model


def stopped() -> float:
    """A clock that never strikes, so that every machine tries the same."""
    return 0.0


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


def test_it_beats_popularity_and_scores_everything(known, validation):
    fit = fit_auto(known.data, validation)
    floor = make_model("popularity").fit(known.data)
    assert mean_ndcg(fit.fusion, validation) > mean_ndcg(floor, validation) + 0.1
    assert np.isfinite(fit.fusion.score(known.queries)).all()
    assert fit.tuning is not None
    assert set(fit.fusion.weights) == {choice.name for choice in fit.choices}


def test_two_runs_with_one_seed_agree(known, validation):
    first, second = (fit_auto(known.data, validation, FitOptions(seed=3), clock=stopped) for _ in range(2))
    assert first.fusion.config == second.fusion.config
    np.testing.assert_array_equal(first.fusion.score(known.queries), second.fusion.score(known.queries))


def test_each_choice_is_the_best_of_its_trials_or_the_default(known, validation):
    for choice in fit_auto(known.data, validation).choices:
        reached = [trial.ndcg for trial in choice.trials]
        taken = next(trial for trial in choice.trials if trial.settings == choice.settings)
        given = {"block": choice.name} if choice.model == "content-knn" else {}
        given |= {name: value for name, value in choice.settings.items() if name == "blocks"}
        by_default = dict(choice.settings) == given
        if choice.model not in ("popularity", "recent-popularity"):
            assert choice.ndcg == taken.ndcg
            assert by_default or taken.ndcg == max(reached)
        if not leader_of(MemberSpec(choice.name, choice.model, {})):
            assert choice.why.startswith("best of") != by_default
        assert len({str(sorted(trial.settings.items())) for trial in choice.trials}) == len(choice.trials)


def test_without_time_every_member_is_fitted_once_with_its_defaults(known, validation):
    fit = fit_auto(known.data, validation, config=AutoConfig(seconds=0))
    assert [len(choice.trials) for choice in fit.choices] == [1] * len(fit.choices)
    assert any("no time for more" in choice.why for choice in fit.choices)


def test_a_slow_machine_is_stopped_by_the_clock_and_says_so(known, validation):
    ticks = itertools.count()
    fit = fit_auto(known.data, validation, config=AutoConfig(seconds=40), clock=lambda: float(next(ticks)))
    assert sum(len(choice.trials) for choice in fit.choices) < 40
    assert any("no time for more" in choice.why for choice in fit.choices)


def test_a_busy_machine_that_keeps_the_plan_tries_the_same(known, validation):
    config = AutoConfig(seconds=1)
    ticks = itertools.count()
    slow = fit_auto(known.data, validation, config=config, clock=lambda: next(ticks) / 10_000)
    fast = fit_auto(known.data, validation, config=config, clock=stopped)
    assert [len(choice.trials) for choice in slow.choices] == [len(choice.trials) for choice in fast.choices]
    assert slow.fusion.config == fast.fusion.config


def test_without_validation_the_defaults_and_fixed_weights_serve(known):
    fit = fit_auto(known.data, None)
    assert fit.tuning is None
    assert all(weight > 0 for weight in fit.fusion.weights.values())
    assert fit.fusion.config.fallback == "recent-popularity"
    assert known.colour_auc(fit.fusion.score(known.queries)).mean() > 0.95


def test_what_the_data_has_not_is_left_out_with_its_reason(known, validation):
    dark = dataclasses.replace(
        known.data.blocks["video:clip"],
        values=np.zeros_like(known.data.blocks["video:clip"].values),
        present=np.zeros(known.data.n_items, dtype=bool),
    )
    data = TrainingData(known.data.interactions, blocks={"video:clip": dark})
    fit = fit_auto(data, validation, config=AutoConfig(max_dense_items=20))
    assert fit.left_out["recent-popularity"] == "events have no times"
    assert fit.left_out["video:clip"] == "no item has it"
    assert fit.left_out["ease"] == "60 items are more than 20"
    assert {"popularity", "user-knn", "item-knn", "rp3"} <= set(fit.fusion.weights)
    assert not set(fit.left_out) & set(fit.fusion.weights)


def test_beyond_the_limit_of_items_nothing_quadratic_is_tried(known, validation):
    fit = fit_auto(known.data, validation, config=AutoConfig(max_dense_items=20))
    trials = {choice.name: choice.trials for choice in fit.choices}
    assert "ease" not in trials
    assert [dict(trial.settings) for trial in trials["image:picture"]] == [
        {"block": "image:picture", "neighbours": None}
    ]


def test_validation_of_new_users_only_falls_back_to_fixed_weights(known, validation):
    empty = sparse.csr_array(validation.queries.history.shape, dtype=np.float32)
    new_users = ValidationData(
        QueryBatch(empty, validation.queries.users), validation.relevant, validation.masked
    )
    fit = fit_auto(known.data, new_users)
    assert fit.tuning is None
    assert set(fit.fusion.paths(new_users.queries)) == {"popularity"}


def test_nothing_to_learn_from_is_said():
    empty = TrainingData(sparse.csr_array((3, 4), dtype=np.float32))
    with pytest.raises(DataError, match="no events, and nothing that tells which items are alike"):
        fit_auto(empty, None)


def test_what_was_chosen_is_told(known, validation):
    lines = []

    class Listening(type(DEFAULT_OPTIONS.progress)):
        def say(self, line):
            lines.append(line)

    fit = fit_auto(known.data, validation, FitOptions(progress=Listening()))
    assert [line.partition(": weight")[0] for line in lines[: len(fit.choices)]] == list(fit.fusion.weights)
    assert lines[-1].startswith("weights by ")


def test_one_item_and_one_user_are_enough():
    data = TrainingData(sparse.csr_array(np.ones((1, 1), dtype=np.float32)))
    fit = fit_auto(data, None)
    assert np.isfinite(fit.fusion.score(QueryBatch.of_users(data, np.asarray([0])))).all()


def half_strange(validation):
    """Return the queries, of which every other one has no history."""
    history = validation.queries.history.toarray()
    history[::2] = 0
    queries = QueryBatch(sparse.csr_array(history), validation.queries.users)
    return ValidationData(queries, validation.relevant, validation.masked)


def test_every_member_is_judged_in_the_end_on_those_who_have_a_history(known, validation):
    mixed = half_strange(validation)
    asking = mixed.with_history()
    fit = fit_auto(known.data, mixed, config=AutoConfig(seconds=0))
    for choice in fit.choices:
        if choice.name in ("popularity", "recent-popularity", "ease", "rp3", "image:picture"):
            assert choice.ndcg == pytest.approx(mean_ndcg(fit.fusion.members[choice.name], asking))
    assert set(fit.tuning.asked.users) == set(asking.queries.users)


@pytest.mark.parametrize("recent_is_better", [True, False])
def test_the_popularity_that_does_better_is_the_fallback(recent_is_better, known):
    rng = np.random.default_rng(0)
    clicks, times = np.zeros((40, 30), dtype=np.float32), np.zeros((40, 30))
    clicks[:, :10], times[:, :10] = rng.random((40, 10)) < 0.9, 1e9
    clicks[:, 10:20], times[:, 10:20] = rng.random((40, 10)) < 0.3, 1e9 + 86_400 * 3000
    data = TrainingData(sparse.csr_array(clicks), sparse.csr_array(times * clicks))
    liked = np.zeros((40, 30), dtype=np.float32)
    liked[:, 12 if recent_is_better else 2] = 1
    nothing = sparse.csr_array(liked.shape, dtype=np.float32)
    queries = QueryBatch.of_users(data, np.arange(40))
    asked = ValidationData(queries, sparse.csr_array(liked), nothing)
    fit = fit_auto(data, asked, config=AutoConfig(seconds=0))
    assert fit.fusion.config.fallback == ("recent-popularity" if recent_is_better else "popularity")


def test_few_queries_do_not_pay_for_many_trials(known, validation):
    for choice in fit_auto(known.data, validation, config=AutoConfig(seconds=60)).choices:
        assert len(choice.trials) <= max(len(validation) // QUERIES_EACH, FEWEST_TRIALS)


def test_without_validation_all_content_together_has_a_fixed_weight(known):
    fit = fit_auto(known.data, None)
    content = [name for name in fit.fusion.weights if fit.fusion.kind(name) == "content"]
    assert len(content) == len(known.data.blocks)
    assert sum(fit.fusion.weights[name] for name in content) == pytest.approx(ContentKNN.auto.untuned_weight)


@pytest.mark.parametrize(
    ("names", "fallback"),
    [
        (["popularity", "recent-popularity", "ease"], "recent-popularity"),
        (["popularity", "ease"], "popularity"),
        (["ease", "item-knn", "popularity"], "popularity"),
        (["ease", "popularity", "item-knn", "recent-popularity"], "recent-popularity"),
    ],
)
def test_untuned_the_fallback_needs_no_history_whoever_comes_first(names, fallback):
    assert untuned_fallback([MemberSpec(name, name, {}) for name in names]) == fallback


def choice_of(fit, name):
    return next(choice for choice in fit.choices if choice.name == name)


def test_a_follower_takes_the_settings_that_were_chosen_for_its_leader(known, validation):
    config = AutoConfig(seconds=30, settings={"ials": {"factors": 8, "alpha": 7.0}})
    fit = fit_auto(known.data, validation, config=config, clock=stopped)
    leader, follower = choice_of(fit, "ials"), choice_of(fit, "ials-ensemble")
    assert dict(follower.trials[0].settings) == dict(leader.settings)
    assert (follower.trials[0].settings["factors"], follower.settings["alpha"]) == (8, 7.0)
    assert follower.why.endswith("with the settings of ials")
    assert dict(follower.trials[1].settings) == {**leader.settings, "factors": 128, "dimensions": 256}
    best = max(follower.trials, key=lambda trial: trial.ndcg)
    assert follower.ndcg in (best.ndcg, follower.trials[0].ndcg)
    assert list(fit.fusion.members)[: len(fit.choices)] == [choice.name for choice in fit.choices]


def test_given_settings_of_a_follower_stay(known, validation):
    config = AutoConfig(seconds=30, settings={"ials-ensemble": {"fits": 3, "alpha": 7.0}})
    follower = choice_of(fit_auto(known.data, validation, config=config, clock=stopped), "ials-ensemble")
    assert follower.settings["alpha"] == 7.0
    assert follower.settings["fits"] == 3


def test_a_follower_is_made_smaller_where_all_of_it_takes_too_long(known, validation):
    whole = fit_auto(known.data, validation, config=AutoConfig(seconds=30), clock=stopped)
    assert "fits" not in choice_of(whole, "ials-ensemble").settings
    given = {"ials": {"factors": 256}}
    config = AutoConfig(seconds=1, settings=given)
    ticks = itertools.count()
    slow = fit_auto(known.data, validation, config=config, clock=lambda: next(ticks) / 10)
    small = choice_of(slow, "ials-ensemble")
    assert small.settings["factors"] == 256
    assert small.settings["fits"] in (2, 4)


def test_a_follower_that_would_take_most_of_the_time_is_left_out_with_the_reason(known, validation):
    fit = fit_auto(known.data, validation, config=AutoConfig(seconds=0))
    assert "ials-ensemble" not in fit.fusion.members
    assert "too large a part of the time" in fit.left_out["ials-ensemble"]
