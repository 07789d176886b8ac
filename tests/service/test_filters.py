"""Filters and feeds equal brute force: a small `bench_service_filters.py`."""

import sys
from pathlib import Path

import pytest

from sensorium.core.progress import SILENT

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def questions(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import service_questions

    yield service_questions
    sys.modules.pop("service_questions", None)


@pytest.fixture
def shop(service, tenant, tmp_path, questions):
    """What asks a service of 90 items, and what it was given."""
    from sensorium.service.engine.first_bundle import take_over_bundle
    from sensorium.service.engine.holder import forget_views
    from sensorium.service.running.workspace_import import import_workspace
    from sensorium.workspace.commands import fit_workspace
    from sensorium.workspace.workspace import Workspace

    forget_views()
    world = questions.make_world(tmp_path, 90, 12)
    workspace = Workspace.open(tmp_path)
    fit_workspace(workspace, model="multimodal-knn", seconds=1)
    import_workspace(tenant, workspace, SILENT)
    take_over_bundle(tenant, workspace)
    return lambda path, body: service.post(path, body).ok(), world


def test_filters_and_feeds_equal_brute_force(shop, questions):
    ask, world = shop
    assert questions.compare_filters(ask, world, 300) > 200
    assert questions.walk_feeds(ask, world, 4, 40, 3) > 4 * 30


def test_a_question_that_is_answered_otherwise_is_found(shop, questions):
    ask, world = shop

    def forgetful(path, body):
        return ask(path, {**body, "deny": []} if "deny" in body else body)

    with pytest.raises(ValueError, match="and not"):
        questions.compare_filters(forgetful, world, 50)

    def restarting(path, body):
        kept = (
            {name: told for name, told in body.items() if name != "cursor"} if "recommend" in path else body
        )
        return ask(path, kept) | {"next_cursor": "again"}

    with pytest.raises(ValueError, match="repeats"):
        questions.walk_feeds(restarting, world, 1, 3, 3)
