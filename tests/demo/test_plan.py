"""What is tried for the demo world is what models of this version can be."""

import pytest

from sensorium.demo.plan import demo_plan
from sensorium.models.registry import make_model, model_types

PLAN = demo_plan()


def test_it_names_a_model_or_a_block_of_the_demo_world_each():
    blocks = {"text:title", "text:description", "image:picture", "audio:sound", "video:clip"}
    assert blocks <= set(PLAN.trials)
    unknown = [name for name in PLAN.trials if name.partition(":")[0] not in (*model_types(), *KINDS)]
    assert not unknown
    assert not PLAN.left_out
    assert PLAN.model == "auto"


KINDS = ("text", "image", "audio", "video", "category", "number")


@pytest.mark.parametrize("name", PLAN.trials)
def test_its_settings_are_valid_and_few(name):
    model = name if name in model_types() else "content-knn"
    tried = PLAN.trials[name]
    assert 1 <= len(tried) <= 4
    for trial in tried:
        make_model(model, trial.settings)
        assert trial.queries > 0
    assert len({str(sorted(trial.settings.items())) for trial in tried}) == len(tried)
