"""Models to ask: as `auto` made it, and one whose sources all have a known say."""

from pathlib import Path

import pytest

import sensorium as sn
from sensorium.fusion.late import LateFusion
from sensorium.models.content_knn import ContentKnn, ContentKnnConfig
from sensorium.models.ease import Ease
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workflow.serving import save
from sensorium.workflow.steps import fit
from sensorium.workflow.workspace import Workspace

WEIGHTS = {"ease": 0.4, "image:picture": 0.2, "audio:sound": 0.2, "popularity": 0.1, "recent-popularity": 0.1}


@pytest.fixture(scope="session")
def model(fitted_workspace):
    """The model of `fitted_workspace`. Do not change it."""
    return sn.load(fitted_workspace)


@pytest.fixture
def own_model(fitted_workspace):
    """The same; a test may add to it."""
    return sn.load(fitted_workspace)


@pytest.fixture(scope="session")
def even_workspace(tmp_path_factory) -> Path:
    """A two-colour workspace whose bundle is a fusion of known weights. Do not change it."""
    folder = tmp_path_factory.mktemp("even")
    two_colour_media(folder)
    workspace = Workspace.open(folder)
    model, _ = fit(workspace, model="popularity")
    members = {
        "ease": Ease().fit(model.data),
        "image:picture": ContentKnn(ContentKnnConfig(block="image:picture")).fit(model.data),
        "audio:sound": ContentKnn(ContentKnnConfig(block="audio:sound")).fit(model.data),
        "popularity": Popularity().fit(model.data),
        "recent-popularity": RecentPopularity().fit(model.data),
    }
    model.fusion = LateFusion.from_members(members, WEIGHTS)
    save(model, workspace.bundles)
    return folder


@pytest.fixture
def even_model(even_workspace):
    """The model of `even_workspace`; a test may add to it."""
    return sn.load(even_workspace)
