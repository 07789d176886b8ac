"""One name for one setting: which blocks count is `blocks`; what was saved under other names still opens."""

import dataclasses

import numpy as np
import pytest

from sensorium.core.component import State
from sensorium.core.errors import FormerNameWarning
from sensorium.models.registry import make_model
from sensorium.testing.recommender_contract import world

BLOCKS = {"image:picture": 2.0, "audio:sound": 1.0}


@pytest.mark.parametrize("name", ["multimodal-knn", "joint-content"])
def test_the_former_name_works_and_says_the_new_one(name):
    with pytest.warns(FormerNameWarning, match="`weights` is now called `blocks`"):
        former = make_model(name, {"weights": BLOCKS})
    assert former.config == make_model(name, {"blocks": BLOCKS}).config


def test_joint_content_with_named_blocks_is_fitted_again_without_one_of_them():
    known = world()
    model = make_model("joint-content", {"blocks": BLOCKS})
    fewer = model.without_blocks(["image"])
    assert fewer.reads_blocks() == ("audio:sound",)
    again = fewer.fit(known.data.without_blocks(["image"]))
    alone = make_model("joint-content", {"blocks": {"audio:sound": 1.0}}).fit(known.data)
    np.testing.assert_array_equal(again.score(known.queries), alone.score(known.queries))


@pytest.mark.parametrize("name", ["smoothed-graph-filter", "ease-prior"])
def test_the_state_of_a_graph_stands_beside_the_model_s_own_as_in_former_bundles(name):
    known = world()
    model = make_model(name).fit(known.data)
    state = model.state()
    assert {"weights"} <= set(state.values)
    assert {"edges.data", "degrees", "seen"} <= set(state.arrays)
    longer = make_model(name).restore(State(state.arrays, dataclasses.asdict(state)["values"]))
    np.testing.assert_array_equal(longer.score(known.queries), model.score(known.queries))
