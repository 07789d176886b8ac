"""What a search found late tells what more time would bring."""

from types import SimpleNamespace

import pytest

from sensorium.fusion.hyperparameter_search import ChosenSettings, Trial
from sensorium.fusion.outlook import late_gain


def choice(name, *reached, each_s=10.0):
    trials = tuple(Trial({}, ndcg, each_s, 5, each_s * (n + 1)) for n, ndcg in enumerate(reached))
    return ChosenSettings(name, name, {}, max(reached), 0.0, trials, "")


def fit(weights, *choices):
    return SimpleNamespace(choices=choices, fusion=SimpleNamespace(weights=weights))


def test_only_what_was_found_in_the_second_half_counts():
    assert late_gain(fit({"a": 1.0}, choice("a", 0.1, 0.2, 0.15, 0.22))) == pytest.approx(0.1)
    assert late_gain(fit({"a": 1.0}, choice("a", 0.1, 0.2, 0.2, 0.1))) == 0.0


def test_members_count_as_they_do_in_the_fusion():
    both = choice("a", 0.1, 0.1, 0.2), choice("b", 0.1, 0.1, 0.1)
    assert late_gain(fit({"a": 0.25, "b": 0.75}, *both)) == pytest.approx(0.25)
    assert late_gain(fit({}, *both)) == pytest.approx(0.5), "all alike where none has a weight"


def test_who_was_tried_once_says_nothing_and_the_defaults_are_no_gain():
    assert late_gain(fit({"a": 1.0}, choice("a", 0.1))) is None
    assert late_gain(fit({"a": 1.0, "b": 1.0}, choice("a", 0.1), choice("b", 0.1, 0.2, each_s=1.0))) == 1.0
    assert late_gain(fit({"a": 1.0}, choice("a", 0.0, 0.1))) == 0.0
