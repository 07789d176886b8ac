from dataclasses import replace

import numpy as np
import pytest

from sensorium.fusion.age_weights import AgeFactors
from sensorium.fusion.auto import AutoFit, fit_auto, fit_in_words
from sensorium.fusion.hyperparameter_search import ChosenSettings
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.weights import LEARNERS
from sensorium.models.base import FitOptions, ValidationData
from sensorium.models.registry import make_model
from sensorium.testing.recommender_contract import world
from sensorium.training.fit import fit_record
from sensorium.training.fit_model import fit_model, refit, without_unused_members


@pytest.fixture(scope="module")
def known():
    return world()


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


@pytest.fixture(scope="module")
def chosen(known, validation):
    return fit_auto(known.data, validation)


@pytest.fixture(scope="module")
def half_idle(known):
    """A fusion in which one model of behaviour has no weight and one block counts for cold items only."""
    settings = {"popularity": {}, "rp3": {}, "ease": {}, "content-knn": {"block": "image:picture"}}
    members = {name: make_model(name, given).fit(known.data) for name, given in settings.items()}
    return LateFusion.from_members(members, {"ease": 1.0}, cold_weights={"content-knn": 1.0})


def test_what_is_served_has_no_member_without_a_say(half_idle):
    assert set(without_unused_members(half_idle).weights) == {"popularity", "ease", "content-knn"}


def test_leaving_idle_members_out_changes_no_score(known, half_idle):
    served = refit(without_unused_members(half_idle), known.data, FitOptions())
    np.testing.assert_allclose(
        served.score(known.queries), half_idle.score(known.queries), rtol=1e-5, atol=1e-6
    )


def test_the_record_tells_who_serves_what_was_tried_and_how_weights_were_learnt(chosen):
    record = fit_record(chosen, "auto", 0)
    assert [member.serves for member in record.members if member.weight] != []
    assert [member.trials for member in record.members] == [len(c.trials) for c in chosen.choices]
    assert max(member.trials for member in record.members) > 1
    assert all(member.why for member in record.members)
    assert record.weights.method in LEARNERS
    assert record.left_out["bpr"].startswith("only if asked")


def test_the_record_and_the_steps_tell_what_weights_move_with(chosen):
    ageing = AgeFactors((1.0, 9.0), np.ones((len(chosen.tuning.members), 2)))
    told = replace(chosen, tuning=replace(chosen.tuning, by_history=None, by_age=ageing))
    assert fit_record(told, "auto", 0).weights.moving_with == ("the age of the item",)
    assert "moving with the age of the item; NDCG@20" in fit_in_words(told)[-1]


def test_one_model_is_tuned_and_stands_before_popularity(known, validation):
    fit = fit_model("rp3", known.data, validation, FitOptions(), effort=5, clock=lambda: 0.0)
    assert fit.fusion.weights == {"rp3": 1.0, "popularity": 0.0}
    assert len(fit.choices[0].trials) > 1


def test_without_anybody_to_tune_on_a_model_has_its_defaults(known, validation):
    nobody = validation.rows(np.zeros(0, dtype=np.int64))
    for empty in (nobody, None):
        (choice,) = fit_model("rp3", known.data, empty, FitOptions(), effort=5).choices
        assert (choice.trials, choice.settings) == ((), {})
        assert choice.why == "default settings, there is nothing to tune on"


def test_the_record_keeps_the_weights_that_move_with_the_history(chosen):
    name = chosen.fusion.config.members[0].name
    members = tuple(
        member.model_copy(update={"weight": 0.0, "weights_by_history": (0.0, 0.4)})
        if member.name == name
        else member.model_copy(update={"weights_by_history": ()})
        for member in chosen.fusion.config.members
    )
    config = chosen.fusion.config.model_copy(update={"members": members, "history_lengths": (1.0, 9.0)})
    moving = LateFusion.fitted(config, chosen.fusion.members)
    kept = {each.name: each for each in fit_record(replace(chosen, fusion=moving), "auto", 0).members}
    assert (kept[name].serves, kept[name].weights_by_history) == (True, (0.0, 0.4))
    assert {each.weights_by_history for each in kept.values() if each.name != name} == {()}


def test_the_record_keeps_the_seed_and_both_weights_of_each_member(known, half_idle):
    settings = {"popularity": {}, "ease": {}, "content-knn": {"block": "image:picture"}}
    choices = tuple(ChosenSettings(name, name, given, 0.1, 0.0, (), "") for name, given in settings.items())
    record = fit_record(AutoFit(half_idle, choices, {}, None), "auto", 7)
    assert record.seed == 7
    assert [(m.weight, m.cold_weight) for m in record.members] == [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    assert record.weights is None
