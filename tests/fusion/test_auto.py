import dataclasses
import itertools

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import DataError
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import DEFAULT_OPTIONS, FitOptions, QueryBatch, TrainingData, ValidationData
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
        assert choice.ndcg in (max(reached), reached[0])
        assert "default" not in choice.why or choice.ndcg >= reached[0]
        assert len({str(sorted(trial.settings.items())) for trial in choice.trials}) == len(choice.trials)


def test_without_time_every_member_is_fitted_once_with_its_defaults(known, validation):
    fit = fit_auto(known.data, validation, config=AutoConfig(seconds=0))
    assert [len(choice.trials) for choice in fit.choices] == [1] * len(fit.choices)
    assert any("no time for more" in choice.why for choice in fit.choices)


def test_a_slow_machine_is_stopped_by_the_clock_and_says_so(known, validation):
    ticks = itertools.count()
    fit = fit_auto(known.data, validation, config=AutoConfig(seconds=40), clock=lambda: float(next(ticks)))
    assert sum(len(choice.trials) for choice in fit.choices) < 40
    assert any("the clock struck" in choice.why for choice in fit.choices)


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
    strangers = ValidationData(
        QueryBatch(empty, validation.queries.users), validation.relevant, validation.masked
    )
    fit = fit_auto(known.data, strangers)
    assert fit.tuning is None
    assert set(fit.fusion.paths(strangers.queries)) == {"popularity"}


def test_nothing_to_learn_from_is_said():
    empty = TrainingData(sparse.csr_array((3, 4), dtype=np.float32))
    with pytest.raises(DataError, match="no positive events"):
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
