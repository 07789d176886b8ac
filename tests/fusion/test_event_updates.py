"""Of a fusion that takes new events in, what counts is counted anew and the rest is shared."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.fusion.event_updates import refresh_counts
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import TrainingData
from sensorium.models.registry import make_model

WEIGHTS = {"ease": 0.5, "image:picture": 0.3, "recent-popularity": 0.2}


@pytest.fixture
def fusion(known):
    names = ("popularity", "recent-popularity", "ease", "rp3")
    members = {name: make_model(name).fit(known.data) for name in names}
    members["image:picture"] = make_model("content-knn", {"block": "image:picture"}).fit(known.data)
    config = LateFusion.from_members(members, WEIGHTS, cold_weights={"image:picture": 1.0}).config
    described = tuple(
        m.model_copy(update={"cold_weight": float(m.name == "image:picture")}) for m in config.members
    )
    config = config.model_copy(update={"members": described})
    return LateFusion.fitted(config, members, known.data.n_events, item_ages(known.data))


@pytest.fixture
def more(known):
    """The same data and, later, the last item liked by everybody."""
    clicks, times = known.data.interactions.toarray(), known.data.times.toarray()
    clicks[:, -1] = 1
    times[:, -1] = times.max() + 86_400 * 10
    data = TrainingData(sparse.csr_array(clicks), sparse.csr_array(times), blocks=known.data.blocks)
    return dataclasses.replace(data)


def test_counts_ages_and_popularity_are_those_of_all_events(fusion, more):
    found = refresh_counts(fusion, more).fusion
    np.testing.assert_array_equal(found.n_events, more.n_events)
    np.testing.assert_array_equal(found.ages, item_ages(more))
    for name in ("popularity", "recent-popularity"):
        expected = make_model(name).fit(more).popularity
        np.testing.assert_array_equal(found.members[name].popularity, expected)
    assert found.config == fusion.config


def test_what_learns_between_items_is_shared_and_waits(fusion, more):
    counted = refresh_counts(fusion, more)
    for name in ("ease", "rp3", "image:picture"):
        assert counted.fusion.members[name] is fusion.members[name]
    assert counted.waiting == ("ease",), "content waits for nothing, and what has no say is not named"
    assert counted.counted == ("popularity", "recent-popularity"), "the fallback has a say"


def changed(fusion, name, **changes):
    """Return the fusion with other settings of one member."""
    members = tuple(m.model_copy(update=changes if m.name == name else {}) for m in fusion.config.members)
    n_lengths = len(changes.get("weights_by_history", ()))
    lengths = tuple(float(1 + n) for n in range(n_lengths))
    moving = {"members": members, "history_lengths": lengths}
    config = fusion.config.model_copy(update=moving)
    return LateFusion.fitted(config, fusion.members, fusion.n_events, fusion.ages)


def test_a_source_that_long_histories_alone_hear_waits_too(fusion, more):
    moving = changed(fusion, "rp3", weights_by_history=(0.0, 0.4))
    assert refresh_counts(moving, more).waiting == ("ease", "rp3")


def test_a_cold_weight_gives_behaviour_no_say(fusion, more):
    assert refresh_counts(changed(fusion, "rp3", cold_weight=1.0), more).waiting == ("ease",)
