import pytest

from sensorium.fusion.hyperparameter_sampler import HyperparameterSampler
from sensorium.models.content_knn import ContentKNN
from sensorium.models.ease import EASE
from sensorium.models.item_knn import ItemKNN
from sensorium.models.popularity import Popularity
from sensorium.models.search_space import KnownSettings


def drawn(settings, n, told=lambda given: 0.0):
    found = []
    while len(found) <= n and (given := settings.next()) is not None:
        settings.tell(told(given))
        found.append(given)
    return found


def test_the_defaults_come_first_with_what_is_given():
    for first in (HyperparameterSampler.defaults, HyperparameterSampler.next):
        assert first(HyperparameterSampler(ContentKNN, {"block": "image"}, seed=0)) == {"block": "image"}


class Known(EASE):
    """Did well elsewhere."""

    portfolio = (
        KnownSettings(5, {"regularization": 7.0}),
        KnownSettings(500, {"dropout": 0.5, "item_exponent": 0.1}),
    )


def test_what_did_well_elsewhere_comes_before_and_after_the_defaults():
    found = drawn(HyperparameterSampler(Known, {}, seed=0), 12, lambda given: given.get("dropout", 0))
    assert found[:3] == [{"regularization": 7.0}, {}, {"dropout": 0.5, "item_exponent": 0.1}]
    assert len({str(sorted(given.items())) for given in found}) == len(found) == 13
    dense = drawn(HyperparameterSampler(Known, {}, seed=0, events_per_user=300), 2)
    assert dense == [found[2], {}, found[0]], "that of the most like data comes first"
    given = drawn(HyperparameterSampler(Known, {"regularization": 3.0}, seed=0), 1)
    assert given == [{"regularization": 3.0}, {"regularization": 3.0, "dropout": 0.5, "item_exponent": 0.1}]
    start = drawn(HyperparameterSampler(Known, {}, {"dropout": 0.2}, seed=0), 3)
    assert start[:3] == [{"dropout": 0.2}, {}, {"regularization": 7.0}]
    assert HyperparameterSampler(Known, {}, seed=0).defaults() == {}


@pytest.mark.parametrize("model", [EASE, ItemKNN])
def test_settings_lie_in_the_space_are_valid_and_come_once(model):
    found = drawn(HyperparameterSampler(model, {}, seed=0), 40)
    assert len({str(sorted(given.items())) for given in found}) == len(found) == 41
    for given in found:
        assert all(value in model.space[name] for name, value in given.items())
        model.config_type.parse(given, where="here")


def test_what_is_given_is_not_drawn():
    found = drawn(HyperparameterSampler(ItemKNN, {"neighbours": 7}, seed=0), 10)
    assert {given["neighbours"] for given in found} == {7}


def test_a_small_space_is_exhausted():
    found = drawn(HyperparameterSampler(ContentKNN, {"block": "image"}, seed=0), 100)
    assert len(found) == len(ContentKNN.space["neighbours"].values)


def test_a_model_without_a_space_has_its_defaults_only():
    assert drawn(HyperparameterSampler(Popularity, {}, seed=0), 5) == [{}]


def test_one_seed_draws_the_same_and_another_does_not():
    first, again, other = (drawn(HyperparameterSampler(EASE, {}, seed=seed), 20) for seed in (1, 1, 2))
    assert first == again != other


def test_what_is_told_guides_what_comes_next():
    def near(given):
        return -abs(given.get("item_exponent", 0.0) - 0.45)

    found = drawn(HyperparameterSampler(EASE, {}, seed=0), 50, near)
    late = [abs(given.get("item_exponent", 0.0) - 0.45) for given in found[30:]]
    assert sum(late) / len(late) < 0.08
