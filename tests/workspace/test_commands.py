"""What a workspace's settings say about judging reaches the evaluation."""

import pytest
from tests.experiments.rated_world import rated_events

from sensorium.evaluation import splits
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.workspace.commands import split_workspace
from sensorium.workspace.settings import Settings
from sensorium.workspace.workspace import Workspace


def workspace(folder, **evaluation):
    settings = Settings.parse(
        {
            "catalog": {"items": "items.csv"},
            "events": {"file": "events.csv"},
            "features": {"impute": "neighbours"},
            "model": {"name": "ease", "seconds": 7, "seed": 4},
            "evaluation": evaluation,
        },
        where="test",
    )
    return Workspace(folder, settings)


def test_model_seconds_seed_length_and_imputing_are_as_set(tmp_path):
    _, options = split_workspace(workspace(tmp_path, k=13), rated_events())
    assert options == EvaluationOptions(model="ease", seconds=7, seed=4, k=13, impute="neighbours")


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("random", lambda log: splits.random(log, 0.2, 0.15, seed=4)),
        ("user-time", lambda log: splits.per_user(log, 0.2, 0.15)),
        ("cold-items", lambda log: splits.cold_items(log, 0.35, seed=4)),
    ],
)
def test_events_are_divided_as_set(split, expected, tmp_path):
    log = rated_events()
    (found,), _ = split_workspace(workspace(tmp_path, split=split, test=0.2, validation=0.15), log)
    assert found.protocol == expected(log).protocol


def test_as_many_folds_as_set_are_drawn_by_the_seed(tmp_path):
    log = rated_events()
    found, _ = split_workspace(workspace(tmp_path, split="folds", folds=4), log)
    assert [one.protocol for one in found] == [one.protocol for one in splits.folds(log, 4, seed=4)]
