"""Fusions fitted again together: as each would be alone, and nothing twice."""

from sensorium.experiments.refitted_fusions import refitted_fusions
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import FitOptions
from sensorium.models.content_knn import ContentKNN
from sensorium.models.ease import EASE
from sensorium.models.popularity import Popularity
from sensorium.testing.recommender_contract import world
from sensorium.training.fit_model import refit

OPTIONS = FitOptions(seed=4)


def test_members_that_read_nothing_of_what_is_left_out_are_one_model_and_all_learn_as_alone():
    data = world().data
    picture, sound = "image:picture", "audio:sound"
    members = {
        "ease": EASE(regularization=50).fit(data),
        picture: ContentKNN(block=picture).fit(data),
        sound: ContentKNN(block=sound).fit(data),
        "popularity": Popularity().fit(data),
    }
    whole = LateFusion.from_members(members, dict.fromkeys(members, 1.0))
    less = LateFusion.from_members(
        {name: member for name, member in members.items() if name != picture}, {"ease": 0.3, sound: 0.7}
    )
    found = refitted_fusions({"whole": whole, "less": less}, data, {"less": "image"}, OPTIONS)
    for name in ("ease", sound, "popularity"):
        assert found["whole"].members[name] is found["less"].members[name]
        assert found["whole"].members[name] is not members[name]
    alone = {
        "whole": refit(whole, data, OPTIONS),
        "less": refit(less, data.without_blocks(["image"]), OPTIONS),
    }
    for name, fusion in alone.items():
        assert found[name].config == fusion.config
        assert found[name].state().content_hash == fusion.state().content_hash


def test_the_same_model_with_other_settings_is_another_one():
    data = world().data
    floor = Popularity().fit(data)
    fusions = {
        str(ridge): LateFusion.of(EASE(regularization=ridge).fit(data), floor) for ridge in (10.0, 1000.0)
    }
    first, second = refitted_fusions(fusions, data, {}, OPTIONS).values()
    assert first.members["ease"] is not second.members["ease"]
    assert first.members["popularity"] is second.members["popularity"]
